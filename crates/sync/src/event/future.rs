//! Waiting for an event.

use core::fmt;
use core::future::Future;
use core::marker::PhantomPinned;
use core::pin::Pin;
use core::task::{Context, Poll};

use motet_prim::pin_project;

use super::Event;
use super::state::Generation;
use crate::line::Place;

pin_project! {
    /// Waits until an [`Event`] is set; made by [`Event::wait`].
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct EventWait<'a> {
        event: &'a Event,
        // What it waits for the end of, from the first poll on.
        seen: Option<Generation>,
        place: Place<'a>,
        #[pin]
        _not_unpin: PhantomPinned,
    }
}

impl<'a> EventWait<'a> {
    #[inline]
    pub(super) fn new(event: &'a Event) -> Self {
        Self { event, seen: None, place: Place::new(), _not_unpin: PhantomPinned }
    }
}

impl Future for EventWait<'_> {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.project();
        if this.seen.is_none() {
            *this.seen = this.event.state.clear_generation();
        }
        match *this.seen {
            None => Poll::Ready(()),
            Some(seen) => this.place.poll(cx, || this.event.look(seen)),
        }
    }
}

impl fmt::Debug for EventWait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventWait").field("place", &self.place).finish()
    }
}
