//! Ends that do not keep a channel open.

use core::fmt;
use std::sync::Arc;

use super::ends::Channel;
use super::{Receiver, Sender};

/// A sender that does not keep the channel open; from [`Sender::downgrade`].
///
/// For somebody who sends now and then and must not hold up the end: a cache, a supervisor, the receiver itself.
pub struct WeakSender<T> {
    channel: Arc<Channel<T>>,
}

impl<T> WeakSender<T> {
    pub(super) fn of(channel: Arc<Channel<T>>) -> Self {
        Self { channel }
    }

    /// A sender; `None` if the last one is gone.
    #[must_use]
    pub fn upgrade(&self) -> Option<Sender<T>> {
        self.channel.revive_sender()
    }
}

impl<T> Clone for WeakSender<T> {
    fn clone(&self) -> Self {
        Self::of(self.channel.clone())
    }
}

impl<T> fmt::Debug for WeakSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakSender").finish_non_exhaustive()
    }
}

/// A receiver that does not keep the channel open; from [`Receiver::downgrade`].
///
/// For somebody who wants to look at what is waiting, or to help out, while real receivers exist.
pub struct WeakReceiver<T> {
    channel: Arc<Channel<T>>,
}

impl<T> WeakReceiver<T> {
    pub(super) fn of(channel: Arc<Channel<T>>) -> Self {
        Self { channel }
    }

    /// A receiver; `None` if the last one is gone.
    #[must_use]
    pub fn upgrade(&self) -> Option<Receiver<T>> {
        self.channel.revive_receiver()
    }
}

impl<T> Clone for WeakReceiver<T> {
    fn clone(&self) -> Self {
        Self::of(self.channel.clone())
    }
}

impl<T> fmt::Debug for WeakReceiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WeakReceiver").finish_non_exhaustive()
    }
}
