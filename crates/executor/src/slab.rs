//! Values in a vector, named by their places; a place that gets free is used again.

use core::num::NonZeroU32;

/// A vector with holes.
pub(crate) struct Slab<T> {
    places: Vec<Place<T>>,
    /// The first hole; each hole names the next.
    hole: Option<Hole>,
    length: usize,
}

/// A free place, in 32 bits, so that a place is no larger than its value must be.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Hole(NonZeroU32);

impl Hole {
    /// The place, if it can be named: one beyond four thousand million stays empty.
    fn at(key: usize) -> Option<Self> {
        u32::try_from(key).ok().and_then(|key| NonZeroU32::new(key.wrapping_add(1))).map(Self)
    }

    fn key(self) -> usize {
        self.0.get() as usize - 1
    }
}

enum Place<T> {
    Taken(T),
    Free { next: Option<Hole> },
}

impl<T> Slab<T> {
    /// A slab with nothing in it.
    pub(crate) const fn new() -> Self {
        Self { places: Vec::new(), hole: None, length: 0 }
    }

    /// Puts a value in; names its place.
    pub(crate) fn insert(&mut self, value: T) -> usize {
        self.length += 1;
        let Some(hole) = self.hole.map(Hole::key) else {
            self.places.push(Place::Taken(value));
            return self.places.len() - 1;
        };
        if let Place::Free { next } = std::mem::replace(&mut self.places[hole], Place::Taken(value)) {
            self.hole = next;
        }
        hole
    }

    /// Takes a value out.
    pub(crate) fn remove(&mut self, key: usize) -> Option<T> {
        let place = self.places.get_mut(key).filter(|place| matches!(place, Place::Taken(_)))?;
        let Place::Taken(value) = std::mem::replace(place, Place::Free { next: self.hole }) else { return None };
        self.hole = Hole::at(key);
        self.length -= 1;
        if self.length == 0 {
            self.rest();
        }
        Some(value)
    }

    /// The value of a place, to change it.
    pub(crate) fn get_mut(&mut self, key: usize) -> Option<&mut T> {
        match self.places.get_mut(key)? {
            Place::Taken(value) => Some(value),
            Place::Free { .. } => None,
        }
    }

    /// All values, in the order of their places, to change them.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.places.iter_mut().filter_map(|place| match place {
            Place::Taken(value) => Some(value),
            Place::Free { .. } => None,
        })
    }

    /// All values, in the order of their places.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &T> {
        self.places.iter().filter_map(|place| match place {
            Place::Taken(value) => Some(value),
            Place::Free { .. } => None,
        })
    }

    /// Takes every value out.
    pub(crate) fn take_all(&mut self) -> Vec<T> {
        (self.hole, self.length) = (None, 0);
        let taken = |place| match place {
            Place::Taken(value) => Some(value),
            Place::Free { .. } => None,
        };
        std::mem::take(&mut self.places).into_iter().filter_map(taken).collect()
    }

    /// How many values there are.
    #[cfg(all(test, not(motet_loom)))]
    pub(crate) fn len(&self) -> usize {
        self.length
    }

    /// An empty slab forgets its holes, and the memory of a great rush.
    fn rest(&mut self) {
        self.hole = None;
        self.places.clear();
        if self.places.capacity() > 4096 {
            self.places.shrink_to(1024);
        }
    }
}

#[cfg(all(test, not(motet_loom)))]
mod tests {
    use super::Slab;

    #[test]
    fn a_free_place_is_used_again() {
        let mut slab = Slab::new();
        let keys: Vec<usize> = (0..4).map(|n| slab.insert(n)).collect();
        assert_eq!(slab.remove(keys[1]), Some(1));
        assert_eq!(slab.remove(keys[1]), None, "it is out already");
        assert_eq!(slab.remove(keys[2]), Some(2));
        assert_eq!([slab.insert(5), slab.insert(6), slab.insert(7)], [keys[2], keys[1], 4]);
        assert_eq!(slab.iter().copied().collect::<Vec<_>>(), [0, 6, 5, 3, 7]);
        assert_eq!(slab.len(), 5);
        assert_eq!(slab.take_all().len(), 5);
        assert_eq!(slab.len(), 0);
        assert_eq!(slab.insert(8), 0);
        assert_eq!(slab.get_mut(0), Some(&mut 8));
        assert_eq!(slab.get_mut(1), None);
    }
}
