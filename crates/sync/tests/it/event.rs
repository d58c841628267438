//! `Event`: a flag that many wait for.

use motet_sync::{Event, EventWait};
use motet_test::{Stepped, WakeCount};
use std::cell::RefCell;
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

fn in_line(event: &Event, waiters: usize) -> Vec<Stepped<EventWait<'_>>> {
    let mut line: Vec<_> = (0..waiters).map(|_| Stepped::new(event.wait())).collect();
    assert!(line.iter_mut().all(|waiter| waiter.poll().is_pending()));
    line
}

/// S7.
#[test]
fn set_wakes_all() {
    for waiters in [1, 2, 32, 33, 100] {
        let event = Event::new();
        let mut line = in_line(&event, waiters);
        event.set();
        assert!(line.iter().all(|waiter| waiter.wakes() == 1), "{waiters} waiters");
        assert!(line.iter_mut().all(|waiter| waiter.poll().is_ready()));
    }
}

/// S8.
#[test]
fn waiting_for_a_set_event_returns_at_once() {
    let event = Event::new();
    event.set();
    let mut wait = Stepped::new(event.wait());
    assert!(wait.poll().is_ready());
    assert_eq!(wait.wakes(), 0);
}

/// S9.
#[test]
fn a_cancelled_wait_leaves() {
    let event = Event::new();
    let wakes = WakeCount::new();
    let mut wait = Box::pin(event.wait());
    assert!(wakes.poll(wait.as_mut()).is_pending());
    drop(wait);
    assert_eq!(wakes.wakers_alive(1), 0);
    event.set();
    assert_eq!(wakes.count(), 0);
}

/// S10.
#[test]
fn clear_after_set_does_not_take_back_the_release() {
    let event = Event::new();
    let mut line = in_line(&event, 2);
    event.set();
    event.clear();
    assert!(line.iter_mut().all(|waiter| waiter.poll().is_ready()));
    assert!(in_line(&event, 1)[0].poll().is_pending(), "those who come now wait for the next");
}

/// S11.
#[test]
fn set_clear_set_in_a_row_wakes_each_waiter_once() {
    let event = Event::new();
    let mut line = in_line(&event, 3);
    event.set();
    event.clear();
    event.set();
    assert!(line.iter_mut().all(|waiter| waiter.poll().is_ready() && waiter.wakes() == 1));
}

#[test]
fn it_is_clear_at_first_and_set_until_it_is_cleared() {
    let event = Event::default();
    assert!(!event.is_set());
    event.set();
    event.set();
    assert!(event.is_set());
    assert_eq!(format!("{event:?}"), "Event { is_set: true, .. }");
    event.clear();
    event.clear();
    assert!(!event.is_set());
}

#[test]
fn a_cancelled_wait_in_the_middle_leaves_the_others_in_line() {
    let event = Event::new();
    let mut line = in_line(&event, 3);
    drop(line.remove(1));
    event.set();
    assert!(line.iter().all(Stepped::is_woken));
}

/// A waker is foreign code: dropped or called under a lock of the event it could come back for that lock.
#[test]
fn a_task_that_moves_leaves_its_old_waker_to_be_dropped_outside_the_lock() {
    static EVENT: Event = Event::new();

    struct Meddler;
    impl Wake for Meddler {
        fn wake(self: Arc<Self>) {}
    }
    impl Drop for Meddler {
        fn drop(&mut self) {
            assert!(Stepped::new(EVENT.wait()).poll().is_pending());
        }
    }

    let mut wait = Box::pin(EVENT.wait());
    for _ in 0..3 {
        let waker = Waker::from(Arc::new(Meddler));
        assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    drop(wait);
    EVENT.set();
}

type Joined<'a> = RefCell<Vec<Stepped<EventWait<'a>>>>;

/// Clears the event and joins its line, in the midst of a `set`.
#[test]
fn who_joins_while_a_set_wakes_waits_for_the_next_set() {
    static EVENT: Event = Event::new();
    thread_local! {
        static JOINED: Joined<'static> = const { RefCell::new(Vec::new()) };
    }

    struct Joiner;
    impl Wake for Joiner {
        fn wake(self: Arc<Self>) {
            EVENT.clear();
            let mut wait = Stepped::new(EVENT.wait());
            assert!(wait.poll().is_pending());
            JOINED.with_borrow_mut(|joined| joined.push(wait));
        }
    }

    let waker = Waker::from(Arc::new(Joiner));
    let mut line: Vec<_> = (0..70).map(|_| Box::pin(EVENT.wait())).collect();
    for wait in &mut line {
        assert!(wait.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    EVENT.set();
    assert_eq!(JOINED.with_borrow(Vec::len), 70, "each of the three batches was woken");
    JOINED.with_borrow_mut(|joined| assert!(joined.iter_mut().all(|wait| wait.poll().is_pending())));
    EVENT.set();
    JOINED.with_borrow_mut(|joined| {
        assert!(joined.drain(..).all(|mut wait| wait.is_woken() && wait.poll() == Poll::Ready(())));
    });
}
