//! Wakers are foreign code: they come back for the lock, they panic, they are dropped at odd moments.

use crate::gate::Gate;
use motet_test::{Stepped, WakeCount};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, RawWaker, RawWakerVTable, Wake, Waker};

/// Takes the gate's lock in every method of its waker, and counts the calls.
struct Nosy {
    gate: Arc<Gate>,
    clones: AtomicUsize,
    wakes: AtomicUsize,
    drops: AtomicUsize,
}

impl Nosy {
    fn new(gate: &Arc<Gate>) -> Arc<Self> {
        let zero = || AtomicUsize::new(0);
        Arc::new(Self { gate: gate.clone(), clones: zero(), wakes: zero(), drops: zero() })
    }

    fn waker(self: &Arc<Self>) -> Waker {
        static TABLE: RawWakerVTable = RawWakerVTable::new(
            |data| {
                // SAFETY: `data` is an `Arc`'s own count, which this waker holds.
                unsafe { Arc::increment_strong_count(data.cast::<Nosy>()) };
                // SAFETY: as above: alive.
                let nosy = unsafe { &*data.cast::<Nosy>() };
                nosy.look(&nosy.clones);
                RawWaker::new(data, &TABLE)
            },
            |data| {
                // SAFETY: `wake` takes over the count that this waker holds.
                let nosy = unsafe { Arc::from_raw(data.cast::<Nosy>()) };
                nosy.look(&nosy.wakes);
            },
            |data| {
                // SAFETY: alive: this waker holds a count.
                let nosy = unsafe { &*data.cast::<Nosy>() };
                nosy.look(&nosy.wakes);
            },
            |data| {
                // SAFETY: a drop takes over the count that this waker holds.
                let nosy = unsafe { Arc::from_raw(data.cast::<Nosy>()) };
                nosy.look(&nosy.drops);
            },
        );
        // SAFETY: the table keeps to the contract: clone adds a count, wake and drop take one.
        unsafe { Waker::new(Arc::into_raw(self.clone()).cast(), &TABLE) }
    }

    /// Deadlocks if the lock is held by whoever called the waker.
    fn look(&self, calls: &AtomicUsize) {
        let _ = self.gate.locked().tickets;
        calls.fetch_add(1, Ordering::Relaxed);
    }

    fn calls(&self) -> [usize; 3] {
        [&self.clones, &self.wakes, &self.drops].map(|calls| calls.load(Ordering::Relaxed))
    }
}

#[test]
fn no_waker_is_called_cloned_or_dropped_under_the_lock() {
    let gate = Gate::with(0);
    let nosy = Nosy::new(&gate);
    let mut granted = pin!(gate.enter(0, 1));
    let mut left = Box::pin(gate.enter(0, 1));
    for _ in 0..2 {
        let waker = nosy.waker();
        assert!(granted.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        assert!(left.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    }
    assert_eq!(nosy.calls(), [2, 0, 2], "the same waker again is not cloned again");
    let other = WakeCount::new();
    assert!(other.poll(left.as_mut()).is_pending());
    assert_eq!(nosy.calls(), [2, 0, 3], "the replaced waker is gone");
    assert!(left.as_mut().poll(&mut Context::from_waker(&nosy.waker())).is_pending());
    drop(left);
    gate.add(0, 1);
    assert_eq!(nosy.calls(), [3, 1, 5]);
    assert_eq!(Arc::strong_count(&nosy), 1, "a waker was leaked");
}

#[test]
fn the_last_waker_given_is_the_one_that_is_woken() {
    let gate = Gate::with(0);
    let (old, new) = (WakeCount::new(), WakeCount::new());
    let mut enter = pin!(gate.enter(0, 1));
    assert!(old.poll(enter.as_mut()).is_pending());
    assert!(new.poll(enter.as_mut()).is_pending());
    assert_eq!(old.wakers_alive(1), 0, "the old waker is not kept");
    gate.add(0, 1);
    assert_eq!((old.count(), new.count()), (0, 1));
    assert_eq!(new.wakers_alive(1), 0, "a granted waiter keeps no waker");
}

/// A waker that panics.
struct Bomb;

impl Wake for Bomb {
    fn wake(self: Arc<Self>) {
        std::panic::panic_any("a waker that panics");
    }
}

#[test]
fn a_waker_that_panics_costs_nobody_else_the_wake() {
    let gate = Gate::with(0);
    let bomb = Waker::from(Arc::new(Bomb));
    let mut first = pin!(gate.enter(0, 1));
    assert!(first.as_mut().poll(&mut Context::from_waker(&bomb)).is_pending());
    let mut others: Vec<_> = (0..40).map(|_| Stepped::new(gate.enter(0, 1))).collect();
    assert!(others.iter_mut().all(|other| other.poll().is_pending()));
    gate.add(0, 41);
    assert!(others.iter_mut().all(|other| other.poll().is_ready()));
    assert!(first.poll(&mut Context::from_waker(&bomb)).is_ready());
}

/// Grants and drops from within a wake.
struct Meddler(Arc<Gate>);

impl Wake for Meddler {
    fn wake(self: Arc<Self>) {
        self.0.add(0, 1);
    }
}

#[test]
fn a_waker_that_comes_back_for_the_line_is_served() {
    let gate = Gate::with(0);
    let meddler = Waker::from(Arc::new(Meddler(gate.clone())));
    let mut chain: Vec<_> = (0..100).map(|_| Box::pin(gate.enter(0, 1))).collect();
    for enter in &mut chain {
        assert!(enter.as_mut().poll(&mut Context::from_waker(&meddler)).is_pending());
    }
    gate.add(0, 1);
    assert!(gate.locked().is_empty(0), "each wake granted to the next");
    assert_eq!(gate.locked().tickets, 1);
}
