//! The wait for the next value.
#![forbid(unsafe_code)]

use core::fmt;
use core::future::Future;
use core::ops::Deref;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::sync::Arc;

use super::policy::{Ended, Lag, Policy};
use super::shared::{Broadcast, Cursor, Find, Locked, RECEIVERS, State, Wait, Waiter};
use motet_prim::{Admit, Waitable, pin_project};

/// `&Broadcast`, or an owned share of it.
pub(super) trait Handle<T, P>:
    Waitable<3, State = State, Payload = Wait> + Deref<Target = Broadcast<T, P>> + Clone
{
}

impl<T, P: Policy> Handle<T, P> for &Broadcast<T, P> {}
impl<T, P: Policy> Handle<T, P> for Arc<Broadcast<T, P>> {}

/// Takes the value at the cursor; waits for it.
#[inline]
pub(super) fn poll_recv<T: Clone, P: Policy, H: Handle<T, P>>(
    channel: &H,
    cursor: &mut Cursor,
    mut place: Pin<&mut Option<Waiter<H>>>,
    cx: &mut Context<'_>,
) -> Poll<Result<T, Ended>> {
    loop {
        // First, also when in line: a stream that was left behind there may have a value by now that it was not woken for.
        if let Some(value) = channel.read(cursor) {
            if place.is_some() {
                place.set(None);
            }
            return Poll::Ready(Ok(value));
        }
        // Woken for a value that was there, or by a close: look again.
        if let Err(ended) = ready!(poll_wait(channel, cursor, place.as_mut(), cx)) {
            return Poll::Ready(Err(ended));
        }
    }
}

/// Waits for something to look at.
fn poll_wait<T, P: Policy, H: Handle<T, P>>(
    channel: &H,
    cursor: &mut Cursor,
    mut place: Pin<&mut Option<Waiter<H>>>,
    cx: &mut Context<'_>,
) -> Poll<Result<(), Ended>> {
    if place.is_none() {
        place.set(Some(Waiter::new(channel.clone(), RECEIVERS, Wait::new())));
    }
    let mut ended = None;
    let admit = |channel: &H, locked: &mut Locked<'_>, wait: &mut Wait| {
        // Again, under the lock: a send in between would otherwise be missed.
        match channel.find(locked, cursor) {
            Find::Nothing => {
                wait.wait_at(*cursor);
                return Admit::Wait;
            }
            Find::Value => {}
            Find::Ended(how) => ended = Some(how),
        }
        Admit::Pass
    };
    let waiter = place.as_mut().as_pin_mut().expect("it has just been set");
    let _ = ready!(waiter.poll_wait(cx, |_, _| false, admit));
    place.set(None);
    Poll::Ready(ended.map_or(Ok(()), Err))
}

pin_project! {
    /// The wait of [`Receiver::recv`](super::Receiver::recv).
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct Recv<'a, T, P: Policy = Lag> {
        channel: &'a Broadcast<T, P>,
        cursor: &'a mut Cursor,
        #[pin]
        place: Option<Waiter<&'a Broadcast<T, P>>>,
    }
}

impl<'a, T, P: Policy> Recv<'a, T, P> {
    pub(super) fn new(channel: &'a Broadcast<T, P>, cursor: &'a mut Cursor) -> Self {
        Self { channel, cursor, place: None }
    }
}

impl<T: Clone, P: Policy> Future for Recv<'_, T, P> {
    type Output = Result<T, P::RecvError>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        poll_recv(this.channel, this.cursor, this.place, cx).map_err(P::recv_error)
    }
}

impl<T, P: Policy> fmt::Debug for Recv<'_, T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recv").field("waiting", &self.place.is_some()).finish_non_exhaustive()
    }
}
