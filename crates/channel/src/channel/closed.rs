//! The wait for the channel to close.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use crate::shared::{Fifo, Place, Shared, poll_closed};
use motet_prim::pin_project;

pin_project! {
    /// The wait of [`Sender::closed`](crate::Sender::closed).
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct ClosedFuture<'a, T> {
        shared: &'a Shared<T, Fifo>,
        #[pin]
        place: Place<&'a Shared<T, Fifo>>,
    }
}

impl<'a, T> ClosedFuture<'a, T> {
    pub(super) fn new(shared: &'a Shared<T, Fifo>) -> Self {
        Self { shared, place: Place::new() }
    }
}

impl<T> Future for ClosedFuture<'_, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        poll_closed(this.shared, this.place, cx)
    }
}

impl<T> fmt::Debug for ClosedFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClosedFuture").field("waiting", &!self.place.is_vacant()).finish_non_exhaustive()
    }
}
