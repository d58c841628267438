//! One registered source as its tasks and the reactor see it: [`readiness`] (what is known) and [`waiters`] (who waits).
//!
//! A task tries first and waits after. When it waits, it registers its waker *and then looks at the word again*, inside of
//! the lock; the reactor sets the word *and then takes the wakers*, inside of the same lock. So either the reactor finds
//! the waker, or the task finds the news.

mod readiness;
mod waiters;

#[cfg(all(test, motet_loom))]
mod model;
#[cfg(all(test, not(motet_loom)))]
mod tests;

pub(crate) use self::readiness::{Direction, News};

use self::readiness::{Readiness, Seen};
use self::waiters::{Ticket, Waiters};
use motet_prim::discard;
use motet_prim::lock::Mutex;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};

/// epoll and kqueue tell of an edge when a socket that gave (or took) less than it was asked for has more again.
const SHORT_MEANS_EXHAUSTED: bool = cfg!(any(
    target_os = "linux",
    target_os = "android",
    target_os = "macos",
    target_os = "ios",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd",
    target_os = "dragonfly",
));

/// How much of what was asked for an operation did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// All, or nobody can tell.
    Full,
    /// Some, and the stream has no more for now.
    Short,
}

impl Extent {
    /// What a count of bytes of a stream says. Zero is the end of the stream, which stays readable.
    pub(crate) fn of(count: usize, asked: usize) -> Self {
        if SHORT_MEANS_EXHAUSTED && 0 < count && count < asked { Self::Short } else { Self::Full }
    }
}

/// What the reactor and the tasks share of one source.
#[derive(Debug)]
pub(crate) struct Source {
    readiness: Readiness,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    read: Waiters,
    write: Waiters,
}

impl Waiting {
    fn of(&mut self, direction: Direction) -> &mut Waiters {
        match direction {
            Direction::Read => &mut self.read,
            Direction::Write => &mut self.write,
        }
    }
}

impl Source {
    pub(crate) fn new() -> Self {
        Self { readiness: Readiness::new(), waiting: Mutex::new(Waiting::default()) }
    }

    /// An event: notes it and moves the wakers that it concerns out, to be woken by the caller without any lock.
    pub(crate) fn tell(&self, news: News, into: &mut Vec<Waker>) {
        self.readiness.tell(news);
        let mut waiting = self.waiting.lock();
        for direction in [Direction::Read, Direction::Write] {
            if news.concerns(direction) {
                waiting.of(direction).take_all(into);
            }
        }
    }

    /// Tries `operation` until it does not say `WouldBlock`; in between waits on behalf of a `poll_` function.
    pub(crate) fn poll_io<T>(
        &self,
        direction: Direction,
        cx: &mut Context<'_>,
        mut operation: impl FnMut() -> io::Result<(T, Extent)>,
    ) -> Poll<io::Result<T>> {
        loop {
            let seen = ready!(self.poll_ready(direction, cx));
            if let Some(result) = self.attempt(seen, direction, &mut operation) {
                return Poll::Ready(result);
            }
        }
    }

    /// Tries `operation` until it does not say `WouldBlock`; in between waits in the list.
    pub(crate) async fn io<T>(
        &self,
        direction: Direction,
        mut operation: impl FnMut() -> io::Result<(T, Extent)>,
    ) -> io::Result<T> {
        loop {
            let seen = Wait { source: self, direction, ticket: None }.await;
            if let Some(result) = self.attempt(seen, direction, &mut operation) {
                return result;
            }
        }
    }

    /// Tries `operation` once, if the source may be ready.
    pub(crate) fn try_io<T>(
        &self,
        direction: Direction,
        mut operation: impl FnMut() -> io::Result<(T, Extent)>,
    ) -> io::Result<T> {
        let seen = self.readiness.load();
        let attempt = if seen.is_ready(direction) { self.attempt(seen, direction, &mut operation) } else { None };
        attempt.unwrap_or_else(|| Err(io::ErrorKind::WouldBlock.into()))
    }

    /// Waits until the source may be ready.
    pub(crate) async fn ready(&self, direction: Direction) {
        Wait { source: self, direction, ticket: None }.await;
    }

    /// One attempt; `None` if it would block, which is noted.
    fn attempt<T>(
        &self,
        seen: Seen,
        direction: Direction,
        operation: &mut impl FnMut() -> io::Result<(T, Extent)>,
    ) -> Option<io::Result<T>> {
        loop {
            match operation() {
                Ok((value, Extent::Full)) => return Some(Ok(value)),
                Ok((value, Extent::Short)) => {
                    self.readiness.clear_short(seen, direction);
                    return Some(Ok(value));
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.readiness.clear(seen, direction);
                    return None;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Some(Err(error)),
            }
        }
    }

    /// Waits on behalf of a `poll_` function.
    pub(crate) fn poll_ready(&self, direction: Direction, cx: &mut Context<'_>) -> Poll<Seen> {
        let seen = self.readiness.load();
        if seen.is_ready(direction) {
            return Poll::Ready(seen);
        }
        if self.waiting.lock().of(direction).polls(cx.waker()) {
            // Registered before, and no event has taken it since: had one come, the waker would be gone.
            return Poll::Pending;
        }
        let waker = cx.waker().clone();
        let mut waiting = self.waiting.lock();
        let displaced = waiting.of(direction).set_polled(waker);
        // Registered; look again: an event may have come between the first look and the lock.
        let seen = self.readiness.load();
        drop(waiting);
        displaced.into_iter().for_each(discard);
        if seen.is_ready(direction) { Poll::Ready(seen) } else { Poll::Pending }
    }
}

/// Waits in the list of a source.
struct Wait<'a> {
    source: &'a Source,
    direction: Direction,
    ticket: Option<Ticket>,
}

impl Future for Wait<'_> {
    type Output = Seen;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Seen> {
        let (source, direction) = (self.source, self.direction);
        let seen = source.readiness.load();
        if seen.is_ready(direction) {
            return Poll::Ready(seen);
        }
        if source.waiting.lock().of(direction).queues(self.ticket, cx.waker()) {
            // As in `poll_ready`: had an event come, the ticket would be stale.
            return Poll::Pending;
        }
        let waker = cx.waker().clone();
        let mut waiting = source.waiting.lock();
        let (ticket, displaced) = waiting.of(direction).set_queued(self.ticket, waker);
        // Registered; look again: an event may have come between the first look and the lock.
        let seen = source.readiness.load();
        drop(waiting);
        displaced.into_iter().for_each(discard);
        self.ticket = Some(ticket);
        if seen.is_ready(direction) { Poll::Ready(seen) } else { Poll::Pending }
    }
}

impl Drop for Wait<'_> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket {
            let left = self.source.waiting.lock().of(self.direction).leave(ticket);
            // The lock is free again: dropping a waker may run anything, and may panic.
            left.into_iter().for_each(discard);
        }
    }
}
