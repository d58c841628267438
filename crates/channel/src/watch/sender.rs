//! The end that sets the value.

use core::fmt;
use std::sync::Arc;

use super::receiver::Receiver;
use super::shared::Watch;
use super::snapshot::Snapshot;
use super::wait::Closed;
use crate::error::SendError;

/// Sets the value that receivers watch; made by [`channel`](super::channel).
///
/// Clone it for more senders. When the last is dropped the channel closes: receivers are told of a last change they have not seen,
/// then get an error. No method waits for a receiver.
#[must_use = "dropping the last sender closes the channel"]
pub struct Sender<T> {
    watch: Arc<Watch<T>>,
}

impl<T> Sender<T> {
    pub(super) fn of(watch: Arc<Watch<T>>) -> Self {
        Self { watch }
    }

    /// Replaces the value and wakes all who wait for a change.
    ///
    /// ```
    /// let (tx, rx) = motet_channel::watch::channel(1);
    /// assert_eq!(tx.send(2), Ok(()));
    /// assert_eq!(*rx.borrow(), 2);
    /// drop(rx);
    /// assert_eq!(tx.send(3).unwrap_err().into_inner(), 3);
    /// ```
    ///
    /// # Errors
    ///
    /// [`SendError`] gives the value back if nobody watches; [`send_replace`](Self::send_replace) sets it all the same.
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        if self.is_closed() {
            return Err(SendError(value));
        }
        self.watch.replace(value);
        Ok(())
    }

    /// Replaces the value, whether somebody watches or not, and gives the old one.
    ///
    /// ```
    /// let (tx, _) = motet_channel::watch::channel(1);
    /// assert_eq!(*tx.send_replace(2), 1);
    /// assert_eq!(*tx.borrow(), 2);
    /// ```
    pub fn send_replace(&self, value: T) -> Snapshot<T> {
        Snapshot::of(self.watch.replace_by(Arc::new(value)))
    }

    /// Changes a copy of the value in place and sends that, whether somebody watches or not.
    ///
    /// `change` runs under no lock: it may use the channel, and if it panics nothing has changed. If another sender was faster, it runs
    /// again on the newer value, so that no change is lost.
    ///
    /// ```
    /// let (tx, rx) = motet_channel::watch::channel(vec![1]);
    /// tx.send_modify(|list| list.push(2));
    /// assert_eq!(*rx.borrow(), [1, 2]);
    /// ```
    pub fn send_modify(&self, mut change: impl FnMut(&mut T))
    where
        T: Clone,
    {
        self.send_if_modified(|value| {
            change(value);
            true
        });
    }

    /// Changes a copy of the value, and sends it if `change` says so. Whether it was sent.
    ///
    /// As [`send_modify`](Self::send_modify) otherwise.
    ///
    /// ```
    /// let (tx, _rx) = motet_channel::watch::channel(1);
    /// let raise_to = |level| tx.send_if_modified(|value| { let raised = *value < level; *value = level; raised });
    /// assert!(raise_to(3));
    /// assert!(!raise_to(2));
    /// assert_eq!(*tx.borrow(), 3);
    /// ```
    pub fn send_if_modified(&self, mut change: impl FnMut(&mut T) -> bool) -> bool
    where
        T: Clone,
    {
        loop {
            let (current, version) = self.watch.look_at_version();
            let mut value = T::clone(&current);
            drop(current);
            if !change(&mut value) {
                return false;
            }
            if self.watch.replace_version(version, Arc::new(value)).is_ok() {
                return true;
            }
        }
    }

    /// The value as it is now.
    ///
    /// ```
    /// let (tx, _rx) = motet_channel::watch::channel('a');
    /// assert_eq!(*tx.borrow(), 'a');
    /// ```
    #[must_use]
    pub fn borrow(&self) -> Snapshot<T> {
        self.watch.look()
    }

    /// Another receiver, which counts as having seen the value as it is now.
    ///
    /// ```
    /// let (tx, rx) = motet_channel::watch::channel(1);
    /// drop(rx);
    /// let mut late = tx.subscribe();
    /// assert!(!late.has_changed());
    /// tx.send(2).unwrap();
    /// assert_eq!(*late.borrow_and_update(), 2);
    /// ```
    ///
    /// # Cancel safety
    ///
    /// All waits of a receiver are cancel safe; none counts anything as seen before it is ready.
    pub fn subscribe(&self) -> Receiver<T> {
        self.watch.receivers.add();
        Receiver::of(self.watch.clone(), self.watch.word.load().version())
    }

    /// Waits until nobody watches: for work that only they want.
    ///
    /// ```
    /// let (tx, rx) = motet_channel::watch::channel(1);
    /// drop(rx);
    /// futures::executor::block_on(tx.closed());
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: it changes nothing.
    pub fn closed(&self) -> Closed<'_, T> {
        Closed::new(&self.watch)
    }

    /// [`closed`](Self::closed) for a thread outside of any executor: blocks it.
    ///
    /// ```
    /// let (tx, rx) = motet_channel::watch::channel(0);
    /// let thread = std::thread::spawn(move || drop(rx));
    /// tx.closed_blocking();
    /// assert!(tx.is_closed());
    /// # thread.join().unwrap();
    /// ```
    pub fn closed_blocking(&self) {
        motet_prim::park::block_on(self.closed());
    }

    /// Whether nobody watches now; [`subscribe`](Self::subscribe) may change that.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.receiver_count() == 0
    }

    /// How many receivers there are.
    #[must_use]
    pub fn receiver_count(&self) -> usize {
        self.watch.receivers.count()
    }

    /// How many senders there are.
    #[must_use]
    pub fn sender_count(&self) -> usize {
        self.watch.senders.count()
    }

    /// Whether both set one value.
    #[must_use]
    pub fn same_channel(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.watch, &other.watch)
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        self.watch.senders.add();
        Self::of(self.watch.clone())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.watch.sender_gone();
    }
}

impl<T: Default> Default for Sender<T> {
    /// A sender that nobody watches yet.
    fn default() -> Self {
        super::channel(T::default()).0
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("receivers", &self.receiver_count()).finish_non_exhaustive()
    }
}
