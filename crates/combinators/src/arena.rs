//! A growing number of futures that never move: chunks of [`Slots`], each as large as all before it.

use crate::slots::Slots;
use core::pin::Pin;

/// The size of the first two chunks; a power of two.
const FIRST: usize = 8;

/// A place in an arena: where, and which of those that were there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Place {
    pub(crate) index: u32,
    generation: u32,
}

impl Place {
    /// A number that no other member has; on small machines, not for long.
    pub(crate) const fn number(self) -> usize {
        (self.index as usize).rotate_right(32) ^ self.generation as usize
    }
}

pub(crate) struct Arena<F> {
    chunks: Vec<Slots<F>>,
    /// For each place that was ever used, how many futures have left it.
    generations: Vec<u32>,
    free: Vec<u32>,
    len: usize,
}

impl<F> Arena<F> {
    pub(crate) const fn new() -> Self {
        Self { chunks: Vec::new(), generations: Vec::new(), free: Vec::new(), len: 0 }
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// All places so far have a lower index.
    pub(crate) fn bound(&self) -> usize {
        self.generations.len()
    }

    pub(crate) fn insert(&mut self, future: F) -> Place {
        let index = self.free.pop().unwrap_or_else(|| self.new_place());
        let (chunk, offset) = locate(index as usize);
        self.chunks[chunk].fill(offset, future);
        self.len += 1;
        Place { index, generation: self.generations[index as usize] }
    }

    fn new_place(&mut self) -> u32 {
        let index = u32::try_from(self.generations.len()).expect("a set has room for 2^32 futures");
        if locate(index as usize).0 == self.chunks.len() {
            let size = if self.chunks.is_empty() { FIRST } else { index as usize };
            self.chunks.push((0..size).map(|_| None).collect());
            // So that a future that leaves needs no memory for that.
            self.free.reserve(index as usize + size);
        }
        self.generations.push(0);
        index
    }

    /// The place that has this index now.
    pub(crate) fn place(&self, index: usize) -> Option<Place> {
        let index = u32::try_from(index).ok()?;
        let generation = *self.generations.get(index as usize)?;
        let place = Place { index, generation };
        self.get(place).map(|_| place)
    }

    pub(crate) fn get(&self, place: Place) -> Option<&F> {
        let (chunk, offset) = self.resolve(place)?;
        self.chunks[chunk].get(offset)
    }

    pub(crate) fn get_pin(&mut self, place: Place) -> Option<Pin<&mut F>> {
        let (chunk, offset) = self.resolve(place)?;
        self.chunks[chunk].get_pin(offset)
    }

    /// Drops the future where it is; whether there was one.
    pub(crate) fn clear(&mut self, place: Place) -> bool {
        let Some((chunk, offset)) =
            self.resolve(place).filter(|&(chunk, offset)| self.chunks[chunk].get(offset).is_some())
        else {
            return false;
        };
        self.release(place);
        self.chunks[chunk].clear(offset);
        true
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (Place, &F)> {
        (0..self.bound()).filter_map(|index| {
            let place = self.place(index)?;
            Some((place, self.get(place)?))
        })
    }

    fn resolve(&self, place: Place) -> Option<(usize, usize)> {
        let generation = *self.generations.get(place.index as usize)?;
        (generation == place.generation).then(|| locate(place.index as usize))
    }

    fn release(&mut self, place: Place) {
        self.len -= 1;
        let generation = &mut self.generations[place.index as usize];
        // The last generation of a place stays, and the place empty: no two futures are ever named the same.
        if let Some(next) = generation.checked_add(1) {
            *generation = next;
            self.free.push(place.index);
        }
    }
}

impl<F: Unpin> Arena<F> {
    pub(crate) fn take(&mut self, place: Place) -> Option<F> {
        let (chunk, offset) = self.resolve(place)?;
        let future = self.chunks[chunk].take(offset)?;
        self.release(place);
        Some(future)
    }
}

/// The chunk of an index, and where in it.
fn locate(index: usize) -> (usize, usize) {
    match (index / FIRST).checked_ilog2() {
        None => (0, index),
        Some(doublings) => (doublings as usize + 1, index - (FIRST << doublings)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_has_had_all_its_generations_is_not_used_again() {
        let mut arena = Arena::new();
        let first = arena.insert(());
        assert!(arena.clear(first));
        arena.generations[0] = u32::MAX;
        let last = arena.insert(());
        assert_eq!(last.index, first.index);
        assert!(arena.clear(last));
        let next = arena.insert(());
        assert_ne!(next.index, last.index);
        assert_eq!((arena.len(), arena.get(last), arena.get(next)), (1, None, Some(&())));
    }
}
