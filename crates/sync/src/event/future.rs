//! Waiting for an event.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

use motet_prim::{Locked, WaitList, Waitable, Waiter, WakeBatch, pin_project};

use super::{Event, Generation};

/// A reference to the event. A type of its own, so that the line is nobody else's to touch.
struct Handle<'a>(&'a Event);

impl Waitable for Handle<'_> {
    type State = Generation;
    type Payload = Generation;

    fn wait_list(&self) -> &WaitList<Generation, Generation> {
        &self.0.line
    }

    fn on_leave(&self, _list: usize, line: &mut Locked<'_, Generation, Generation>, _wakes: &mut WakeBatch) {
        self.0.note_if_empty(line);
    }

    /// A release is nobody else's: all were released.
    fn on_return(&self, _list: usize, _joined: Generation) {}
}

pin_project! {
    /// Waits until an [`Event`] is set; made by [`Event::wait`].
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct EventWait<'a> {
        event: &'a Event,
        // Once there is something to wait for.
        #[pin]
        place: Option<Waiter<Handle<'a>>>,
    }
}

impl<'a> EventWait<'a> {
    #[inline]
    pub(super) fn new(event: &'a Event) -> Self {
        Self { event, place: None }
    }
}

impl Future for EventWait<'_> {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut this = self.project();
        if this.place.is_none() {
            if this.event.is_set() {
                return Poll::Ready(());
            }
            this.place.set(Some(Waiter::new(Handle(this.event), 0, 0)));
        }
        let admit = |event: &Handle<'_>, line: &mut Locked<'_, _, _>, joined: &mut _| event.0.join(line, joined);
        let waiter = this.place.as_pin_mut().expect("an event that is not set is waited for in line");
        waiter.poll_wait(cx, |_, _| false, admit).map(drop)
    }
}

impl fmt::Debug for EventWait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventWait").field("waiter", &self.place).finish()
    }
}
