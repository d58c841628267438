//! The end that watches.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::sync::Arc;

use super::shared::{Seat, Watch};
use super::snapshot::Snapshot;
use super::wait::{Changed, WaitFor, poll_changed};
use crate::error::RecvError;
use futures_core::{FusedStream, Stream};
use motet_prim::park;

/// Watches a value; made by [`channel`](super::channel) and [`Sender::subscribe`](super::Sender::subscribe).
///
/// Clone it for more: each has its own idea of what it has seen, at first that of the one it was cloned from.
///
/// It is a [`Stream`] too: of a [`Snapshot`] for each change that it sees, the latest only, until the senders are gone. It
/// allocates once for that.
#[must_use = "dropping the last receiver tells the senders that nobody watches"]
pub struct Receiver<T> {
    // Before the channel: a wait that is dropped leaves a line that is still there.
    seat: Option<Seat<T>>,
    watch: Arc<Watch<T>>,
    /// The version that this receiver has seen.
    seen: u64,
}

impl<T> Receiver<T> {
    pub(super) fn of(watch: Arc<Watch<T>>, seen: u64) -> Self {
        Self { seat: None, watch, seen }
    }

    /// The value as it is now. Leaves it unseen, if it was.
    ///
    /// What it gives is a share of the value, not a lock: it holds up no sender.
    ///
    /// ```
    /// let (tx, rx) = motet_channel::watch::channel(1);
    /// tx.send(2).unwrap();
    /// assert_eq!(*rx.borrow(), 2);
    /// assert!(rx.has_changed());
    /// ```
    #[must_use]
    pub fn borrow(&self) -> Snapshot<T> {
        self.watch.look()
    }

    /// The value as it is now, which counts as seen.
    ///
    /// ```
    /// let (tx, mut rx) = motet_channel::watch::channel(1);
    /// tx.send(2).unwrap();
    /// assert_eq!(*rx.borrow_and_update(), 2);
    /// assert!(!rx.has_changed());
    /// ```
    pub fn borrow_and_update(&mut self) -> Snapshot<T> {
        let (value, version) = self.watch.look_at_version();
        self.seen = version;
        value
    }

    /// Whether there is a value that this receiver has not seen.
    ///
    /// ```
    /// let (tx, rx) = motet_channel::watch::channel(1);
    /// assert!(!rx.has_changed());
    /// tx.send(1).unwrap();
    /// assert!(rx.has_changed(), "each send counts, whatever it sends");
    /// ```
    #[must_use]
    pub fn has_changed(&self) -> bool {
        self.watch.word.load().version() != self.seen
    }

    /// Counts the value as unseen: the next [`changed`](Self::changed) is ready at once.
    ///
    /// For a loop that starts with the value as it is.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (_tx, mut rx) = motet_channel::watch::channel(1);
    /// rx.mark_changed();
    /// rx.changed().await.unwrap();
    /// # });
    /// ```
    pub fn mark_changed(&mut self) {
        // A version that no channel has had: it counts from zero, and would take centuries to get here.
        self.seen = u64::MAX;
    }

    /// Counts the value as seen.
    ///
    /// ```
    /// let (tx, mut rx) = motet_channel::watch::channel(1);
    /// tx.send(2).unwrap();
    /// rx.mark_unchanged();
    /// assert!(!rx.has_changed());
    /// ```
    pub fn mark_unchanged(&mut self) {
        self.seen = self.watch.word.load().version();
    }

    /// Waits for a value that this receiver has not seen, which then counts as seen. Ready at once if there is one.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, mut rx) = motet_channel::watch::channel(1);
    /// tx.send(2).unwrap();
    /// rx.changed().await.unwrap();
    /// assert_eq!(*rx.borrow(), 2);
    /// drop(tx);
    /// assert!(rx.changed().await.is_err());
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`RecvError`] once all senders are gone and the last value was seen. It can still be borrowed.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is ready, it has counted nothing as seen.
    pub fn changed(&mut self) -> Changed<'_, T> {
        Changed::new(&self.watch, &mut self.seen)
    }

    /// Waits until the value fulfils `predicate`, and gives that value, which then counts as seen. Looks at the value as it is first.
    ///
    /// The predicate runs under no lock. Of values that follow one another quickly it sees the latest only.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// let (tx, mut rx) = motet_channel::watch::channel(0);
    /// let count = async { (1..=3).for_each(|n| tx.send(n).unwrap()) };
    /// let (reached, ()) = futures::join!(rx.wait_for(|n| *n >= 3), count);
    /// assert_eq!(*reached.unwrap(), 3);
    /// # });
    /// ```
    ///
    /// # Errors
    ///
    /// [`RecvError`] once all senders are gone and the last value does not fulfil it.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is ready, it has counted nothing as seen.
    pub fn wait_for<P: FnMut(&T) -> bool>(&mut self, predicate: P) -> WaitFor<'_, T, P> {
        WaitFor::new(&self.watch, &mut self.seen, predicate)
    }

    /// [`changed`](Self::changed) for a thread outside of any executor: blocks it.
    ///
    /// ```
    /// let (tx, mut rx) = motet_channel::watch::channel(1);
    /// let thread = std::thread::spawn(move || tx.send(2).unwrap());
    /// assert!(rx.changed_blocking().is_ok());
    /// assert_eq!(*rx.borrow(), 2);
    /// thread.join().unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`RecvError`] once all senders are gone and the last value was seen.
    pub fn changed_blocking(&mut self) -> Result<(), RecvError> {
        park::block_on(self.changed())
    }

    /// [`wait_for`](Self::wait_for) for a thread outside of any executor: blocks it.
    ///
    /// ```
    /// let (tx, mut rx) = motet_channel::watch::channel(0);
    /// let thread = std::thread::spawn(move || (1..=3).for_each(|n| tx.send(n).unwrap()));
    /// assert_eq!(*rx.wait_for_blocking(|n| *n >= 3).unwrap(), 3);
    /// thread.join().unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// [`RecvError`] once all senders are gone and the last value does not fulfil it.
    pub fn wait_for_blocking(&mut self, predicate: impl FnMut(&T) -> bool) -> Result<Snapshot<T>, RecvError> {
        park::block_on(self.wait_for(predicate))
    }

    /// Whether all senders are gone: the value will not change any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.watch.word.load().is_closed()
    }

    /// Whether both watch one value.
    #[must_use]
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.watch, &other.watch)
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        self.watch.receivers.add();
        Self::of(self.watch.clone(), self.seen)
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.watch.receiver_gone();
    }
}

impl<T> Stream for Receiver<T> {
    type Item = Snapshot<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Snapshot<T>>> {
        let Self { seat, watch, seen } = &mut *self;
        let seat = seat.get_or_insert_with(|| Box::pin(None));
        match ready!(poll_changed(watch, *seen, seat.as_mut(), cx)) {
            Ok(_) => Poll::Ready(Some(self.borrow_and_update())),
            Err(RecvError) => Poll::Ready(None),
        }
    }
}

impl<T> FusedStream for Receiver<T> {
    /// Whether all senders are gone, and the last value was seen.
    fn is_terminated(&self) -> bool {
        let now = self.watch.word.load();
        now.is_closed() && now.version() == self.seen
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver")
            .field("changed", &self.has_changed())
            .field("closed", &self.is_closed())
            .finish_non_exhaustive()
    }
}
