//! All that was in a channel at one moment.

use core::fmt;
use core::iter::FusedIterator;
use std::collections::{VecDeque, vec_deque};

/// The values that [`Receiver::drain`](crate::Receiver::drain) took; what is left when it is dropped is dropped.
#[must_use = "the values have left the channel, and are dropped with the iterator"]
pub struct Drain<T> {
    values: vec_deque::IntoIter<T>,
}

impl<T> Drain<T> {
    pub(super) fn new(values: VecDeque<T>) -> Self {
        Self { values: values.into_iter() }
    }
}

impl<T> Iterator for Drain<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.values.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.values.size_hint()
    }
}

impl<T> ExactSizeIterator for Drain<T> {}

impl<T> FusedIterator for Drain<T> {}

impl<T> fmt::Debug for Drain<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Drain").field("len", &self.len()).finish_non_exhaustive()
    }
}
