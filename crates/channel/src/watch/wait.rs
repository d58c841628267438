//! The waits of a watch channel: for a change, for a value, and for nobody to watch any more.

use core::fmt;
use core::future::Future;
use core::ops::Deref;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use super::shared::{CLOSERS, Locked, WATCHERS, Waiter, Watch};
use super::snapshot::Snapshot;
use crate::error::RecvError;
use motet_prim::{Admit, Waitable, pin_project};
use std::sync::Arc;

/// `&Watch`, or an owned share of it.
pub(super) trait WatchHandle<T>:
    Waitable<2, State = Arc<T>, Payload = u64> + Deref<Target = Watch<T>> + Clone
{
}

impl<T> WatchHandle<T> for &Watch<T> {}
impl<T> WatchHandle<T> for Arc<Watch<T>> {}

/// Ready with the newest version once that is not `seen`, or with the error once nobody can send.
pub(super) fn poll_changed<T, H: WatchHandle<T>>(
    watch: &H,
    seen: u64,
    mut place: Pin<&mut Option<Waiter<H>>>,
    cx: &mut Context<'_>,
) -> Poll<Result<u64, RecvError>> {
    let news = |watch: &Watch<T>| {
        let now = watch.word.load();
        let error = now.is_closed().then_some(Err(RecvError));
        if now.version() == seen { error } else { Some(Ok(now.version())) }
    };
    loop {
        // First, also when in line: a stream that was left behind there may have news of another kind, or none.
        if let Some(news) = news(watch) {
            place.set(None);
            return Poll::Ready(news);
        }
        if place.is_none() {
            place.set(Some(Waiter::new(watch.clone(), WATCHERS, seen)));
        }
        let admit = |watch: &H, _: &mut Locked<'_, T>, _: &mut u64| {
            // Again, under the lock: a send in between would otherwise be missed.
            if news(watch).is_some() { Admit::Pass } else { Admit::Wait }
        };
        let waiter = place.as_mut().as_pin_mut().expect("it has just been set");
        let _ = ready!(waiter.poll_wait(cx, |_, _| false, admit));
        place.set(None);
    }
}

pin_project! {
    /// The wait of [`Receiver::changed`](super::Receiver::changed).
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct Changed<'a, T> {
        watch: &'a Watch<T>,
        seen: &'a mut u64,
        #[pin]
        place: Option<Waiter<&'a Watch<T>>>,
    }
}

impl<'a, T> Changed<'a, T> {
    pub(super) fn new(watch: &'a Watch<T>, seen: &'a mut u64) -> Self {
        Self { watch, seen, place: None }
    }
}

impl<T> Future for Changed<'_, T> {
    type Output = Result<(), RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        **this.seen = ready!(poll_changed(this.watch, **this.seen, this.place, cx))?;
        Poll::Ready(Ok(()))
    }
}

impl<T> fmt::Debug for Changed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Changed").field("waiting", &self.place.is_some()).finish_non_exhaustive()
    }
}

pin_project! {
    /// The wait of [`Receiver::wait_for`](super::Receiver::wait_for).
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct WaitFor<'a, T, P> {
        watch: &'a Watch<T>,
        seen: &'a mut u64,
        predicate: P,
        // The version that did not do; none was looked at before the first poll.
        refused: Option<u64>,
        #[pin]
        place: Option<Waiter<&'a Watch<T>>>,
    }
}

impl<'a, T, P> WaitFor<'a, T, P> {
    pub(super) fn new(watch: &'a Watch<T>, seen: &'a mut u64, predicate: P) -> Self {
        Self { watch, seen, predicate, refused: None, place: None }
    }
}

impl<T, P: FnMut(&T) -> bool> Future for WaitFor<'_, T, P> {
    type Output = Result<Snapshot<T>, RecvError>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            if let Some(refused) = *this.refused {
                ready!(poll_changed(this.watch, refused, this.place.as_mut(), cx))?;
            }
            let (value, version) = this.watch.look_at_version();
            if (this.predicate)(&value) {
                **this.seen = version;
                return Poll::Ready(Ok(value));
            }
            *this.refused = Some(version);
        }
    }
}

impl<T, P> fmt::Debug for WaitFor<'_, T, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitFor").field("waiting", &self.place.is_some()).finish_non_exhaustive()
    }
}

pin_project! {
    /// The wait of [`Sender::closed`](super::Sender::closed).
    #[must_use = "a future does nothing unless it is awaited"]
    pub struct Closed<'a, T> {
        #[pin]
        waiter: Waiter<&'a Watch<T>>,
    }
}

impl<'a, T> Closed<'a, T> {
    pub(super) fn new(watch: &'a Watch<T>) -> Self {
        Self { waiter: Waiter::new(watch, CLOSERS, 0) }
    }
}

impl<T> Future for Closed<'_, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let unwatched = |watch: &Watch<T>| watch.receivers.count() == 0;
        // Again, under the lock: the last receiver takes it after it has counted itself out.
        let admit = |watch: &&Watch<T>, _: &mut Locked<'_, T>, _: &mut u64| {
            if unwatched(watch) { Admit::Pass } else { Admit::Wait }
        };
        self.project().waiter.poll_wait(cx, |watch, _| unwatched(watch), admit).map(drop)
    }
}

impl<T> fmt::Debug for Closed<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closed").finish_non_exhaustive()
    }
}
