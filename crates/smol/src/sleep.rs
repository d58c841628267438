//! async-io's timer, without the instant that it gives.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

/// Waits until a deadline; made by [`Smol`](crate::Smol).
///
/// # Cancel safety
///
/// Cancel safe.
#[derive(Debug)]
#[must_use = "a future does nothing unless it is polled or awaited"]
pub struct Sleep(smol::Timer);

impl Sleep {
    pub(crate) fn new(deadline: Instant) -> Self {
        Self(smol::Timer::at(deadline))
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        Pin::new(&mut self.0).poll(cx).map(drop)
    }
}
