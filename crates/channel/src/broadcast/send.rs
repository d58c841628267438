//! The waits of a sender: for room, and for the last receiver to go.
#![forbid(unsafe_code)]

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use super::policy::{Backpressure, Policy};
use super::recv::Handle;
use super::sending::Refusal;
use super::shared::{Admitted, Broadcast, CLOSERS, Locked, SENDERS, Wait, Waiter};
use crate::error::SendError;
use motet_prim::{Admit, pin_project};

const READY_BEFORE: &str = "polled after it was ready";

/// Reserves a place; waits for one. `false` if nobody would receive what is put there.
pub(super) fn poll_reserve<T, P: Policy, H: Handle<T, P>>(
    channel: &H,
    mut place: Pin<&mut Option<Waiter<H>>>,
    cx: &mut Context<'_>,
) -> Poll<bool> {
    if place.is_none() {
        place.set(Some(Waiter::new(channel.clone(), SENDERS, Wait::new())));
    }
    let admit = |channel: &H, locked: &mut Locked<'_>, wait: &mut Wait| {
        if locked.is_deaf() {
            wait.end(Admitted::Refused);
        } else if channel.try_reserve(locked) {
            wait.end(Admitted::Place);
        } else {
            return Admit::Wait;
        }
        Admit::Pass
    };
    let waiter = place.as_mut().as_pin_mut().expect("it has just been set");
    let (_, wait) = ready!(waiter.poll_wait(cx, |_, _| false, admit));
    place.set(None);
    Poll::Ready(wait.has_place())
}

pin_project! {
    /// The wait of [`Sender::send`](super::Sender::send) under [`Backpressure`].
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct SendFuture<'a, T> {
        channel: &'a Broadcast<T, Backpressure>,
        value: Option<T>,
        #[pin]
        place: Option<Waiter<&'a Broadcast<T, Backpressure>>>,
    }
}

impl<'a, T> SendFuture<'a, T> {
    pub(super) fn new(channel: &'a Broadcast<T, Backpressure>, value: T) -> Self {
        Self { channel, value: Some(value), place: None }
    }

    /// Gives the send up and takes its value back; `None` if it has been sent.
    ///
    /// For what comes after a timeout or a lost race, so that the value is not swallowed:
    ///
    /// ```
    /// use futures::FutureExt;
    /// use motet_channel::broadcast::{Backpressure, with_policy};
    ///
    /// let (tx, _rx) = with_policy(1, Backpressure);
    /// tx.try_send('a').unwrap();
    /// let mut send = std::pin::pin!(tx.send('b'));
    /// assert!(send.as_mut().now_or_never().is_none());
    /// assert_eq!(send.as_mut().take_back(), Some('b'));
    /// ```
    ///
    /// The future must not be polled again.
    #[must_use = "the value is dropped, if there is one"]
    pub fn take_back(self: Pin<&mut Self>) -> Option<T> {
        let mut this = self.project();
        // The place that it was perhaps admitted to is the next sender's.
        this.place.set(None);
        this.value.take()
    }
}

impl<T> Future for SendFuture<'_, T> {
    type Output = Result<(), SendError<T>>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if this.place.is_none() {
            match this.channel.try_send(this.value.take().expect(READY_BEFORE)) {
                Ok(()) => return Poll::Ready(Ok(())),
                Err(Refusal::Closed(value)) => return Poll::Ready(Err(SendError(value))),
                Err(Refusal::Full(value)) => *this.value = Some(value),
            }
        }
        let reserved = ready!(poll_reserve(this.channel, this.place, cx));
        let value = this.value.take().expect(READY_BEFORE);
        let sent = if reserved { this.channel.fill(value) } else { Err(value) };
        Poll::Ready(sent.map_err(SendError))
    }
}

impl<T> fmt::Debug for SendFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SendFuture").field("waiting", &self.place.is_some()).finish_non_exhaustive()
    }
}

pin_project! {
    /// The wait of [`Sender::reserve`](super::Sender::reserve) under [`Backpressure`].
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct ReserveFuture<'a, T> {
        channel: &'a Broadcast<T, Backpressure>,
        #[pin]
        place: Option<Waiter<&'a Broadcast<T, Backpressure>>>,
    }
}

impl<'a, T> ReserveFuture<'a, T> {
    pub(super) fn new(channel: &'a Broadcast<T, Backpressure>) -> Self {
        Self { channel, place: None }
    }
}

impl<'a, T> Future for ReserveFuture<'a, T> {
    type Output = Result<Permit<'a, T>, SendError<()>>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let channel = *this.channel;
        poll_reserve(this.channel, this.place, cx)
            .map(|reserved| if reserved { Ok(Permit::reserved(channel)) } else { Err(SendError(())) })
    }
}

impl<T> fmt::Debug for ReserveFuture<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReserveFuture").field("waiting", &self.place.is_some()).finish_non_exhaustive()
    }
}

/// A place in the channel that is reserved for one value; from [`Sender::reserve`](super::Sender::reserve).
///
/// Until it is used or dropped nobody else can have the place. Dropped, it is the next sender's.
#[must_use = "dropping a permit gives the place up"]
pub struct Permit<'a, T> {
    channel: &'a Broadcast<T, Backpressure>,
}

impl<'a, T> Permit<'a, T> {
    /// For a place that has just been reserved.
    pub(super) const fn reserved(channel: &'a Broadcast<T, Backpressure>) -> Self {
        Self { channel }
    }

    /// Sends the value; never waits.
    ///
    /// # Errors
    ///
    /// [`SendError`] gives the value back if the channel was closed since, or the last receiver dropped.
    pub fn send(self, value: T) -> Result<(), SendError<T>> {
        let channel = self.channel;
        core::mem::forget(self);
        channel.fill(value).map_err(SendError)
    }
}

impl<T> Drop for Permit<'_, T> {
    fn drop(&mut self) {
        self.channel.release();
    }
}

impl<T> fmt::Debug for Permit<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}

pin_project! {
    /// The wait of [`Sender::closed`](super::Sender::closed).
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct Closed<'a, T, P: Policy> {
        #[pin]
        waiter: Waiter<&'a Broadcast<T, P>>,
    }
}

impl<'a, T, P: Policy> Closed<'a, T, P> {
    pub(super) fn new(channel: &'a Broadcast<T, P>) -> Self {
        Self { waiter: Waiter::new(channel, CLOSERS, Wait::new()) }
    }
}

impl<T, P: Policy> Future for Closed<'_, T, P> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let admit = |_: &&Broadcast<T, P>, locked: &mut Locked<'_>, _: &mut Wait| {
            if locked.receivers == 0 { Admit::Pass } else { Admit::Wait }
        };
        self.project().waiter.poll_wait(cx, |_, _| false, admit).map(drop)
    }
}

impl<T, P: Policy> fmt::Debug for Closed<'_, T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closed").finish_non_exhaustive()
    }
}
