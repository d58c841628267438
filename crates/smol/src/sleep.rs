//! async-io's timer, without the instant that it gives.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Instant;

/// Waits until a deadline; made by [`Smol`](crate::Smol). Once complete it stays complete, however often it is polled.
///
/// # Cancel safety
///
/// Cancel safe.
#[derive(Debug)]
#[must_use = "a future does nothing unless it is polled or awaited"]
pub struct Sleep {
    /// Until it has fired: async-io's timer fires once, and is pending for ever after that.
    timer: Option<smol::Timer>,
}

impl Sleep {
    pub(crate) fn new(deadline: Instant) -> Self {
        Self { timer: Some(smol::Timer::at(deadline)) }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(timer) = &mut self.timer {
            ready!(Pin::new(timer).poll(cx));
            self.timer = None;
        }
        Poll::Ready(())
    }
}
