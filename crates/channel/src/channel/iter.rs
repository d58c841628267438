//! A receiver's values, for a thread that loops over them.

use core::fmt;

use super::Receiver;

/// The values of a channel until it is closed and empty; blocks the thread between them. From [`Receiver::iter_blocking`].
#[must_use = "an iterator does nothing unless it is advanced"]
pub struct IterBlocking<'a, T> {
    receiver: &'a Receiver<T>,
}

impl<T> Receiver<T> {
    /// The values, one after the other, until the channel is closed and empty. Blocks this thread until there is one.
    ///
    /// For threads outside of any executor; in async code the receiver is a stream. What is there now, without a wait, [`drain`](Self::drain) gives.
    ///
    /// ```
    /// let (tx, rx) = motet_channel::bounded(1);
    /// let thread = std::thread::spawn(move || (1..4).try_for_each(|value| tx.send_blocking(value)));
    /// assert_eq!(rx.iter_blocking().sum::<i32>(), 6);
    /// # thread.join().unwrap().unwrap();
    /// ```
    #[doc(alias = "iter")]
    pub fn iter_blocking(&self) -> IterBlocking<'_, T> {
        IterBlocking { receiver: self }
    }
}

impl<T> Iterator for IterBlocking<'_, T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.receiver.recv_blocking().ok()
    }
}

impl<T> Clone for IterBlocking<'_, T> {
    /// Another over the same values: each goes to one of them.
    fn clone(&self) -> Self {
        Self { receiver: self.receiver }
    }
}

impl<T> fmt::Debug for IterBlocking<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IterBlocking").finish_non_exhaustive()
    }
}
