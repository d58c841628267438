//! A look at the value that holds up nobody.

use core::fmt;
use core::ops::Deref;
use std::sync::Arc;

/// The value as it was when somebody looked; from [`Receiver::borrow`](super::Receiver::borrow) and its kin.
///
/// A share of the value, not a lock: keep it as long as you like, over an await too. While it lives, a send allocates a place for
/// the new value; otherwise it replaces the old one where it is.
///
/// ```
/// let (tx, rx) = motet_channel::watch::channel(String::from("old"));
/// let before = rx.borrow();
/// tx.send(String::from("new")).unwrap();          // nobody waits for `before`
/// assert_eq!((&**before, &**rx.borrow()), ("old", "new"));
/// ```
pub struct Snapshot<T> {
    value: Arc<T>,
}

impl<T> Snapshot<T> {
    pub(super) const fn of(value: Arc<T>) -> Self {
        Self { value }
    }

    /// The value itself, if nobody else looks at it and the channel has a newer one; else the snapshot again.
    ///
    /// ```
    /// let (tx, _rx) = motet_channel::watch::channel(String::from("old"));
    /// let replaced = tx.send_replace(String::from("new"));
    /// assert_eq!(replaced.try_into_inner().unwrap(), "old");
    /// assert!(tx.borrow().try_into_inner().is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// The snapshot, if the value is shared.
    pub fn try_into_inner(self) -> Result<T, Self> {
        Arc::try_unwrap(self.value).map_err(Self::of)
    }
}

impl<T> Deref for Snapshot<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> Clone for Snapshot<T> {
    fn clone(&self) -> Self {
        Self::of(self.value.clone())
    }
}

impl<T> From<Snapshot<T>> for Arc<T> {
    fn from(snapshot: Snapshot<T>) -> Self {
        snapshot.value
    }
}

impl<T: fmt::Debug> fmt::Debug for Snapshot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
