//! The poller: mio's, which is epoll, kqueue or IOCP; and what it does with the events.

use super::turn::Poller;
use super::{Reactor, helper, precise};
use crate::source::News;
use mio::event::Event;
use mio::{Events, Poll, Token};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

/// The token of the nudge. Tables are shorter.
const NUDGE: Token = Token(usize::MAX);

/// How many events one system call brings at most.
const EVENTS_PER_WAIT: usize = 1024;

/// Whoever has this value may wait for events; there is one in the process.
#[derive(Debug)]
pub(super) struct Epoll {
    poll: Poll,
    events: Events,
    reactor: Arc<Reactor>,
    /// Empty between two dispatches; kept for its memory.
    woken: Vec<Waker>,
}

impl Epoll {
    /// Opens the poller, and the shared half that registers sources at it.
    pub(super) fn open() -> io::Result<(Self, Arc<Reactor>)> {
        let poll = Poll::new()?;
        let nudge = Arc::new(mio::Waker::new(poll.registry(), NUDGE)?);
        let reactor = Arc::new(Reactor::new(poll.registry().try_clone()?, nudge));
        let events = Events::with_capacity(EVENTS_PER_WAIT);
        Ok((Self { poll, events, reactor: reactor.clone(), woken: Vec::new() }, reactor))
    }
}

impl Poller for Epoll {
    type Nudge = Arc<mio::Waker>;

    fn nudge(&self) -> Self::Nudge {
        self.reactor.nudge.clone()
    }

    fn call(nudge: &Self::Nudge) {
        // It can fail for want of kernel memory only; whoever waits then comes back with the next event.
        let _ = nudge.wake();
    }

    fn start_helper() -> io::Result<()> {
        helper::start()
    }

    fn wait(&mut self, limit: Option<Duration>) {
        let Some(limit) = precise::wait(&self.poll, self.reactor.delays.shorten(limit)) else { return };
        if self.poll.poll(&mut self.events, limit).is_err() {
            // Interrupted by a signal: no event, as if the limit had come. The caller looks around and comes back.
            self.events.clear();
        }
    }

    fn dispatch(&mut self) {
        if !self.events.is_empty() {
            let table = self.reactor.table.lock();
            for event in &self.events {
                if let Some(source) = table.get(event.token()) {
                    source.tell(news_of(event), &mut self.woken);
                }
            }
        }
        self.events.clear();
        self.reactor.delays.take_due(Instant::now, &mut self.woken);
        wake_all(&mut self.woken);
    }
}

fn news_of(event: &Event) -> News {
    News::READ.when(event.is_readable())
        | News::WRITE.when(event.is_writable())
        | News::READ_CLOSED.when(event.is_read_closed())
        | News::WRITE_CLOSED.when(event.is_write_closed())
        | News::ERROR.when(event.is_error())
        | News::URGENT.when(event.is_priority())
}

/// Wakes all of them, whatever one of them does; then goes on with the first panic, if there was any.
pub(super) fn wake_all(wakers: &mut Vec<Waker>) {
    let mut panic = None;
    for waker in wakers.drain(..) {
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| waker.wake())) {
            match panic {
                None => panic = Some(payload),
                // Its drop may panic as well: leave it.
                Some(_) => std::mem::forget(payload),
            }
        }
    }
    if let Some(payload) = panic {
        resume_unwind(payload);
    }
}

#[cfg(test)]
#[cfg(not(motet_loom))]
mod tests {
    use super::wake_all;
    use motet_test::WakeCount;
    use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
    use std::sync::Arc;
    use std::task::{Wake, Waker};

    /// A waker that panics with a payload that panics.
    struct Grumpy;

    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("the payload's drop");
        }
    }

    impl Wake for Grumpy {
        fn wake(self: Arc<Self>) {
            panic_any(Bomb);
        }
    }

    #[test]
    fn wakers_that_panic_in_every_way_cost_nobody_a_wake() {
        let (calm, grumpy) = (WakeCount::new(), || Waker::from(Arc::new(Grumpy)));
        let mut wakers = vec![grumpy(), grumpy(), calm.waker()];
        let first = catch_unwind(AssertUnwindSafe(|| wake_all(&mut wakers))).expect_err("the first panic goes on");
        assert!(first.is::<Bomb>());
        std::mem::forget(first);
        assert_eq!(calm.count(), 1);
    }
}
