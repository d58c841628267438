//! Waiting off the hot path: event-listener, behind a counter of waiters.
//!
//! ```text
//!   look ──ready──▶ done          a waiter:  look, join the line, look again, sleep; woken: look again
//!    │  ▲                         a notifier: write the state, fence, read the counter; nobody there: nothing to do
//!    ▼  │ notified
//!   listening
//! ```
//!
//! The race to fear is a notifier that reads the counter while a waiter joins. Each writes, fences, and reads what the other
//! wrote: either the notifier sees the waiter, who is in the list by then, or the waiter's second look sees the state.
//!
//! event-listener calls and clones wakers under its own lock. A foreign waker there could deadlock, so it is given one of
//! ours, a [`Proxy`], which only notes that it was called: the foreign wakers are woken when the lock is released.

#[cfg(all(test, motet_loom))]
pub(crate) mod model;

use core::cell::Cell;
use core::fmt;
use core::mem::ManuallyDrop;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::sync::Arc;
use std::task::Wake;
use std::time::Instant;

use event_listener::{EventListener, Listener};
use motet_prim::atomic::{AtomicUsize, Ordering, fence};
use motet_prim::{Wakeup, discard};

/// Those who wait for a change of some state.
pub(crate) struct Line {
    /// How many listen. Never less than there are in the list.
    waiters: AtomicUsize,
    event: event_listener::Event,
}

impl Line {
    motet_prim::const_fn! {
        pub(crate) const fn new() -> Self {
            Self { waiters: AtomicUsize::new(0), event: event_listener::Event::new() }
        }
    }

    /// After a change of the state: everybody who waits looks again, the oldest first.
    pub(crate) fn notify_all(&self) {
        self.notify(usize::MAX);
    }

    /// After a change of the state that is good for one: the oldest who was not notified yet looks again.
    pub(crate) fn notify_one(&self) {
        self.notify(1);
    }

    fn notify(&self, count: usize) {
        // SeqCst: pairs with the fence in `listen`, see the head of this file.
        fence(Ordering::SeqCst);
        // Relaxed: the fences order it.
        if self.waiters.load(Ordering::Relaxed) > 0 {
            deferred(|| self.event.notify_additional(count));
        }
    }

    fn listen(&self) -> EventListener {
        // Relaxed: the fences order it. Before the list, so that a notifier that reads zero has missed nobody.
        self.waiters.fetch_add(1, Ordering::Relaxed);
        let listener = self.event.listen();
        // SeqCst: pairs with the fence in `notify`.
        fence(Ordering::SeqCst);
        listener
    }
}

/// Leads to a line, and keeps it alive: a borrow of it, or a share of what it belongs to.
pub(crate) trait Lead {
    fn line(&self) -> &Line;
}

impl Lead for &Line {
    fn line(&self) -> &Line {
        self
    }
}

/// Joined to a line until it is dropped.
struct Listening<L: Lead> {
    lead: L,
    /// Empty once it was notified.
    listener: Option<EventListener>,
}

impl<L: Lead> Listening<L> {
    fn join(lead: L) -> Self {
        let listener = Some(lead.line().listen());
        Self { lead, listener }
    }

    fn is_in_line_of(&self, lead: &L) -> bool {
        core::ptr::eq(self.lead.line(), lead.line())
    }

    /// Takes itself out; whether it had been notified, and had not learned of it.
    fn leave(&mut self) -> bool {
        // `discard` and not a drop, which would pass the notification on to one who may have nothing to look for.
        self.listener.take().is_some_and(Listener::discard)
    }
}

impl<L: Lead> Drop for Listening<L> {
    fn drop(&mut self) {
        self.leave();
        // Relaxed: a notifier that still counts it finds nobody in the list.
        self.lead.line().waiters.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What a look at the state says.
pub(crate) enum Look<L, R> {
    Ready(R),
    /// Look again when this line is notified.
    Wait(L),
}

impl<L, R> Look<L, R> {
    /// With another lead to the same line.
    pub(crate) fn through<M>(self, lead: impl FnOnce(L) -> M) -> Look<M, R> {
        match self {
            Self::Ready(ready) => Look::Ready(ready),
            Self::Wait(line) => Look::Wait(lead(line)),
        }
    }
}

/// The place of a waiting future: in no line, or in one.
pub(crate) struct Place<L: Lead> {
    listening: Option<Listening<L>>,
    /// What event-listener wakes; kept here, so that it is not dropped under its lock.
    proxy: Option<Arc<Proxy>>,
}

impl<L: Lead> Place<L> {
    pub(crate) const fn new() -> Self {
        Self { listening: None, proxy: None }
    }

    /// Looks, and waits, until `look` is ready.
    pub(crate) fn poll<R>(&mut self, cx: &mut Context<'_>, mut look: impl FnMut() -> Look<L, R>) -> Poll<R> {
        loop {
            let lead = match look() {
                Look::Ready(ready) => {
                    self.leave();
                    return Poll::Ready(ready);
                }
                Look::Wait(lead) => lead,
            };
            match &mut self.listening {
                Some(listening) if listening.is_in_line_of(&lead) => {
                    let listener = listening.listener.as_mut().expect("a waiter that was notified leaves the line");
                    let stale = Proxy::renew(&mut self.proxy, cx.waker());
                    let waker = self.proxy.clone().expect("just renewed").into();
                    let polled = Pin::new(listener).poll(&mut Context::from_waker(&waker));
                    // Only now that the listener has let go of it.
                    drop(stale);
                    if polled.is_pending() {
                        return Poll::Pending;
                    }
                    listening.listener = None;
                    self.listening = None;
                }
                // Joined, it looks again before it sleeps: the state may have changed after the look and before the join,
                // and then nobody will notify.
                elsewhere => *elsewhere = Some(Listening::join(lead)),
            }
        }
    }

    /// Looks, and parks this thread, until `look` is ready.
    pub(crate) fn block<R>(look: impl FnMut() -> Look<L, R>) -> R {
        match Self::block_until(None, look) {
            Some(ready) => ready,
            None => unreachable!("it has all the time there is"),
        }
    }

    /// The same for as long as there is time: `None` if `look` is not ready by the deadline. Without one it waits for ever.
    pub(crate) fn block_until<R>(deadline: Option<Instant>, mut look: impl FnMut() -> Look<L, R>) -> Option<R> {
        let mut joined: Option<Listening<L>> = None;
        let mut in_time = true;
        loop {
            let lead = match look() {
                Look::Ready(ready) => return Some(ready),
                Look::Wait(_) if !in_time => return None,
                Look::Wait(lead) => lead,
            };
            match &mut joined {
                Some(listening) if listening.is_in_line_of(&lead) => {
                    if let Some(listener) = listening.listener.take() {
                        match deadline {
                            None => listener.wait(),
                            Some(deadline) => in_time = listener.wait_deadline(deadline).is_some(),
                        }
                    }
                    joined = None;
                }
                // As in `poll`: joined, it looks again before it sleeps.
                elsewhere => *elsewhere = Some(Listening::join(lead)),
            }
        }
    }

    /// Leaves the line it is in; whether it had been notified, and had not learned of it.
    pub(crate) fn leave(&mut self) -> bool {
        self.listening.take().is_some_and(|mut listening| listening.leave())
    }
}

impl<L: Lead> fmt::Debug for Place<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Place").field("waits", &self.listening.is_some()).finish()
    }
}

/// A waker that may be called, cloned and dropped under event-listener's lock.
struct Proxy(Waker);

impl Proxy {
    /// Makes `kept` a proxy for `waker`; gives back the old one, if it woke another task.
    fn renew(kept: &mut Option<Arc<Self>>, waker: &Waker) -> Option<Arc<Self>> {
        if kept.as_ref().is_some_and(|proxy| proxy.0.will_wake(waker)) {
            return None;
        }
        kept.replace(Arc::new(Self(waker.clone())))
    }
}

impl Drop for Proxy {
    /// Contained: a panic would lose what the poll that drops a stale one has just learned from its listener.
    fn drop(&mut self) {
        discard(core::mem::replace(&mut self.0, Waker::noop().clone()));
    }
}

impl Wake for Proxy {
    fn wake(self: Arc<Self>) {
        if let Some(proxy) = note(self) {
            proxy.0.wake_by_ref();
        }
    }
}

/// Not dropped: a thread-local with a destructor is gone while others are torn down, and these wake, too.
type Owed = ManuallyDrop<Vec<Arc<Proxy>>>;

motet_prim::thread_local! {
    /// The wakes that this thread owes, while it is inside event-listener.
    static OWED: Cell<Option<Owed>> = const { Cell::new(None) };
}

const _: () = assert!(!core::mem::needs_drop::<Cell<Option<Owed>>>());

/// Notes a wake for later; gives it back if this thread is not inside event-listener.
fn note(proxy: Arc<Proxy>) -> Option<Arc<Proxy>> {
    OWED.with(|owed| {
        let Some(mut wakes) = owed.take() else { return Some(proxy) };
        wakes.push(proxy);
        owed.set(Some(wakes));
        None
    })
}

/// Runs `notify`, and makes the wakes that came of it afterwards.
fn deferred(notify: impl FnOnce() -> usize) {
    OWED.with(|owed| owed.set(Some(ManuallyDrop::new(Vec::new()))));
    notify();
    let owed = OWED.with(Cell::take).map(ManuallyDrop::into_inner);
    for proxy in owed.into_iter().flatten() {
        Wakeup::from(Waker::from(proxy)).wake();
    }
}
