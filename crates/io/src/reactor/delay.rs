//! Short delays for the staggered start of connection attempts; the wait for events doubles as their clock.
//!
//! A delay is an entry in a list. Whoever waits for events waits no longer than the earliest entry says, and wakes those that
//! are due. The race to fear is a delay that begins while somebody is in the kernel with a longer limit: who begins one
//! nudges the poller after it is in the list, which ends that wait, or the next one.
//!
//! There are as many entries as connection attempts that wait for their turn, a handful; so the list is not sorted.

use super::Reactor;
use motet_prim::atomic::{AtomicBool, Ordering};
use motet_prim::discard;
use motet_prim::lock::Mutex;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

/// The delays under way.
#[derive(Debug)]
pub(super) struct Delays {
    /// Whether the list has entries: spares the lock, since as a rule it has none.
    any: AtomicBool,
    list: Mutex<List>,
}

#[derive(Debug, Default)]
struct List {
    entries: Vec<Entry>,
    issued: u64,
}

#[derive(Debug)]
struct Entry {
    number: u64,
    deadline: Instant,
    waker: Waker,
}

impl Delays {
    pub(super) fn new() -> Self {
        Self { any: AtomicBool::new(false), list: Mutex::new(List::default()) }
    }

    /// How long a wait may last that was to last for `limit`.
    pub(super) fn shorten(&self, limit: Option<Duration>) -> Option<Duration> {
        // Acquire: pairs with the Release in `begin`. Whoever loads too early is nudged.
        if !self.any.load(Ordering::Acquire) {
            return limit;
        }
        let earliest = self.list.lock().entries.iter().map(|entry| entry.deadline).min();
        let left = earliest.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        limit.into_iter().chain(left).min()
    }

    /// Moves the wakers of those that are due out.
    pub(super) fn take_due(&self, now: impl FnOnce() -> Instant, into: &mut Vec<Waker>) {
        // Acquire: as in `shorten`.
        if !self.any.load(Ordering::Acquire) {
            return;
        }
        let now = now();
        let mut list = self.list.lock();
        let mut index = 0;
        while index < list.entries.len() {
            if list.entries[index].deadline <= now {
                into.push(list.entries.swap_remove(index).waker);
            } else {
                index += 1;
            }
        }
        self.note_any(&list);
    }

    /// Puts an entry into the list, in the place of an older one.
    fn begin(&self, older: Option<u64>, deadline: Instant, waker: Waker) -> u64 {
        let replaced = older.and_then(|number| self.end(number));
        let mut list = self.list.lock();
        list.issued += 1;
        let number = list.issued;
        list.entries.push(Entry { number, deadline, waker });
        self.note_any(&list);
        drop(list);
        replaced.into_iter().for_each(discard);
        number
    }

    /// Whether an entry is in the list that will wake this waker.
    fn wakes(&self, number: Option<u64>, waker: &Waker) -> bool {
        let list = self.list.lock();
        list.entries.iter().any(|entry| Some(entry.number) == number && entry.waker.will_wake(waker))
    }

    /// Takes an entry out of the list; its waker, if it was not due yet.
    #[must_use = "drop it without a lock"]
    fn end(&self, number: u64) -> Option<Waker> {
        let mut list = self.list.lock();
        let index = list.entries.iter().position(|entry| entry.number == number)?;
        let entry = list.entries.swap_remove(index);
        self.note_any(&list);
        Some(entry.waker)
    }

    fn note_any(&self, list: &List) {
        // Release: pairs with the Acquire in `shorten` and `take_due`.
        self.any.store(!list.entries.is_empty(), Ordering::Release);
    }
}

/// Ready after a while. It begins with its first poll.
///
/// For the starts of connection attempts only: it fires no earlier than it should, and as late as the next wait for events.
#[derive(Debug)]
pub(crate) struct Delay {
    length: Duration,
    state: State,
}

#[derive(Debug)]
enum State {
    New,
    Begun { deadline: Instant, reactor: &'static Reactor, number: Option<u64> },
}

impl Delay {
    pub(crate) fn new(length: Duration) -> Self {
        Self { length, state: State::New }
    }
}

impl Future for Delay {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let now = Instant::now();
        if let State::New = self.state {
            // Without a reactor there is no attempt under way that would have to be given time.
            let Ok(reactor) = Reactor::get() else { return Poll::Ready(()) };
            self.state = State::Begun { deadline: now + self.length, reactor, number: None };
        }
        let State::Begun { deadline, reactor, number } = &mut self.state else { return Poll::Pending };
        if now >= *deadline {
            return Poll::Ready(());
        }
        if !reactor.delays.wakes(*number, cx.waker()) {
            *number = Some(reactor.delays.begin(*number, *deadline, cx.waker().clone()));
            reactor.call();
        }
        Poll::Pending
    }
}

impl Drop for Delay {
    fn drop(&mut self) {
        if let State::Begun { reactor, number: Some(number), .. } = self.state {
            reactor.delays.end(number).into_iter().for_each(discard);
        }
    }
}

#[cfg(test)]
#[cfg(not(motet_loom))]
mod tests {
    use super::Delays;
    use motet_test::WakeCount;
    use std::time::{Duration, Instant};

    fn fire(delays: &Delays, now: Instant) {
        let mut due = Vec::new();
        delays.take_due(|| now, &mut due);
        due.into_iter().for_each(|waker| waker.wake());
    }

    #[test]
    fn a_delay_fires_when_it_is_due_and_once() {
        let (delays, wakes, start) = (Delays::new(), WakeCount::new(), Instant::now());
        delays.begin(None, start + Duration::from_secs(5), wakes.waker());
        fire(&delays, start + Duration::from_secs(4));
        assert_eq!(wakes.count(), 0);
        fire(&delays, start + Duration::from_secs(5));
        fire(&delays, start + Duration::from_secs(6));
        assert_eq!(wakes.count(), 1);
    }

    #[test]
    fn a_wait_is_as_long_as_the_earliest_delay_allows() {
        let (delays, wakes, start) = (Delays::new(), WakeCount::new(), Instant::now());
        let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
        assert_eq!(delays.shorten(None), None);
        assert_eq!(delays.shorten(Some(second)), Some(second));
        let long = delays.begin(None, start + 2 * minute, wakes.waker());
        let short = delays.begin(None, start + minute, wakes.waker());
        assert_eq!(delays.shorten(Some(second)), Some(second));
        assert!(delays.shorten(None).is_some_and(|left| left <= minute));
        drop(delays.end(short));
        assert!(delays.shorten(None).is_some_and(|left| left > minute));
        drop(delays.end(long));
        assert_eq!(delays.shorten(None), None);
        assert_eq!(wakes.wakers_alive(1), 0, "an ended delay keeps no waker");
    }

    #[test]
    fn a_delay_polled_again_keeps_one_entry() {
        let (delays, wakes, start) = (Delays::new(), WakeCount::new(), Instant::now());
        let first = delays.begin(None, start, wakes.waker());
        delays.begin(Some(first), start, wakes.waker());
        fire(&delays, start);
        assert_eq!(wakes.count(), 1);
    }
}
