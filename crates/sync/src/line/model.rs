//! The line, in every interleaving: a notifier that reads the counter against a waiter that joins, leaves, or moves. And what the models
//! of those who wait through it need.

use super::{Line, Look, Place};
use motet_prim::atomic::{AtomicUsize, Ordering};
use motet_prim::park::Parker;
use motet_prim::{model, thread};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Parkers, one for each thread that waits. They live to the end of the model: a wake may come late, to one who has looked by itself, and
/// the model checker does not see the reference counts that keep the parker alive for it.
pub(crate) fn parkers<const N: usize>() -> [Arc<Parker>; N] {
    [(); N].map(|()| Arc::new(Parker::new()))
}

/// Waits on this thread.
pub(crate) fn wait_with<F: Future>(parker: &Parker, future: F) -> F::Output {
    let (mut future, waker) = (pin!(future), parker.waker());
    loop {
        if let Poll::Ready(ready) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return ready;
        }
        parker.park();
    }
}

/// Polls with a waker that does nothing.
pub(crate) fn poll_once<F: Future>(future: Pin<&mut F>) -> bool {
    future.poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

/// So many tickets, to be taken one by one.
struct Tickets {
    left: AtomicUsize,
    line: Line,
}

impl Tickets {
    fn none() -> Arc<Self> {
        Arc::new(Self { left: AtomicUsize::new(0), line: Line::new() })
    }

    fn add(&self) {
        self.left.fetch_add(1, Ordering::Relaxed);
        self.line.notify_one();
    }

    fn take(&self) -> impl Future<Output = ()> {
        let mut place = Place::new();
        let look = || {
            let taken = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
            if taken.is_ok() { Look::Ready(()) } else { Look::Wait(&self.line) }
        };
        poll_fn(move |cx| place.poll(cx, look))
    }
}

#[test]
fn a_change_reaches_whoever_joins_meanwhile() {
    model(|| {
        let (tickets, [parker]) = (Tickets::none(), parkers());
        let adding = tickets.clone();
        let adder = thread::spawn(move || adding.add());
        wait_with(&parker, tickets.take());
        adder.join().unwrap();
    });
}

#[test]
fn two_changes_reach_two_who_wait_or_will() {
    model(|| {
        let (tickets, [ours, theirs]) = (Tickets::none(), parkers());
        let (taking, adding, their_parker) = (tickets.clone(), tickets.clone(), theirs.clone());
        let taker = thread::spawn(move || wait_with(&their_parker, taking.take()));
        let adder = thread::spawn(move || {
            adding.add();
            adding.add();
        });
        wait_with(&ours, tickets.take());
        taker.join().unwrap();
        adder.join().unwrap();
    });
}

#[test]
fn who_moves_between_tasks_is_woken_in_the_last_one() {
    model(|| {
        let (tickets, [parker]) = (Tickets::none(), parkers());
        let adding = tickets.clone();
        let adder = thread::spawn(move || adding.add());
        let mut take = pin!(tickets.take());
        if !poll_once(take.as_mut()) {
            wait_with(&parker, take);
        }
        adder.join().unwrap();
    });
}
