//! tmp
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
/// A delay.
pub(crate) struct Delay;
impl Delay {
    pub(crate) fn new(_: Duration) -> Self {
        Self
    }
}
impl Future for Delay {
    type Output = ();
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }
}
