//! Outputs that come in any order and are wanted in the order of input.
//!
//! What comes in its turn goes straight into the vector; what comes early waits in a second one, which does not exist before it is needed.

pub(crate) struct Outputs<T> {
    ordered: Vec<T>,
    /// By index; empty as long as nothing came early.
    early: Vec<Option<T>>,
    count: usize,
}

impl<T> Outputs<T> {
    pub(crate) fn new(count: usize) -> Self {
        Self { ordered: Vec::with_capacity(count), early: Vec::new(), count }
    }

    #[inline]
    pub(crate) fn put(&mut self, index: usize, output: T) {
        if index == self.ordered.len() {
            self.ordered.push(output);
            if !self.early.is_empty() {
                self.follow_up();
            }
        } else {
            self.put_early(index, output);
        }
    }

    #[cold]
    fn put_early(&mut self, index: usize, output: T) {
        if self.early.is_empty() {
            self.early.resize_with(self.count, || None);
        }
        self.early[index] = Some(output);
    }

    /// Moves over what had to wait for the output that just came.
    #[cold]
    fn follow_up(&mut self) {
        while let Some(output) = self.early.get_mut(self.ordered.len()).and_then(Option::take) {
            self.ordered.push(output);
        }
    }

    /// All outputs, once the last has come.
    pub(crate) fn take(&mut self) -> Vec<T> {
        debug_assert_eq!(self.ordered.len(), self.count, "an output is missing");
        core::mem::take(&mut self.ordered)
    }
}
