//! A reserved place, and the wait for one.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use crate::error::SendError;
use crate::queue::{Reserve, ShutDown, Slot};
use crate::shared::{Fifo, Shared};
use motet_prim::pin_project;

/// A place in a channel that is reserved for one value; from [`Sender::reserve`](crate::Sender::reserve).
///
/// Until it is used or dropped nobody else can have the place. Dropped, it is the next sender's.
#[must_use = "dropping a permit gives the place up"]
pub struct Permit<'a, T> {
    slot: Slot<'a, T, Fifo>,
}

impl<'a, T> Permit<'a, T> {
    pub(super) const fn reserved(shared: &'a Shared<T, Fifo>) -> Self {
        Self { slot: Slot::new(shared) }
    }

    /// Sends the value; never waits.
    ///
    /// # Errors
    ///
    /// [`SendError`] gives the value back if the channel was closed since.
    pub fn send(self, value: T) -> Result<(), SendError<T>> {
        self.slot.put(value).map_err(|refused| SendError(refused.0))
    }
}

impl<T> fmt::Debug for Permit<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}

pin_project! {
    /// The wait of [`Sender::reserve`](crate::Sender::reserve).
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct ReserveFuture<'a, T> {
        #[pin]
        reserve: Reserve<'a, T, Fifo>,
    }
}

impl<'a, T> ReserveFuture<'a, T> {
    pub(super) fn new(shared: &'a Shared<T, Fifo>) -> Self {
        Self { reserve: Reserve::new(shared) }
    }
}

impl<'a, T> Future for ReserveFuture<'a, T> {
    type Output = Result<Permit<'a, T>, SendError<()>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let reserved = self.project().reserve.poll(cx);
        reserved.map(|slot| slot.map(|slot| Permit { slot }).map_err(|ShutDown| SendError(())))
    }
}

impl<T> fmt::Debug for ReserveFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReserveFuture").field(&self.reserve).finish()
    }
}
