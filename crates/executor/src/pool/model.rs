//! Models of sleep: no push goes unseen, and a driver that is free never waits for a worker that sleeps. Of the watch: one has it, and
//! it and the driver are not both left. And of the end: it comes once, and everybody who waits for it hears of it.

use super::berth::{Berth, Rested};
use super::ledger::Ledger;
use super::sleepers::{Sleepers, Up};
use super::watch::Watch;
use crate::driver::{Driver, Wheelhouse};
use crate::queue::Injector;
use motet_prim::atomic::{AtomicUsize, Ordering};
use motet_prim::loom::thread;
use motet_prim::park::{Parker, Unparker};
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

/// A driver that sleeps until it is unparked.
struct Idle {
    parker: Parker,
    unparker: Unparker,
}

impl Idle {
    fn new() -> Self {
        let parker = Parker::new();
        let unparker = parker.unparker();
        Self { parker, unparker }
    }
}

impl Driver for Idle {
    fn park(&mut self, _limit: Option<Duration>, _quiet: bool) {
        self.parker.park();
    }

    fn poll(&mut self) {}

    fn unparker(&self) -> Waker {
        self.unparker.clone().into()
    }
}

/// Workers without tasks: an injector, berths, and the protocol between them.
struct House<const WORKERS: usize> {
    injector: Injector<u32>,
    sleepers: Sleepers,
    berths: [Berth; WORKERS],
    driver: Option<Wheelhouse<Idle>>,
}

impl<const WORKERS: usize> House<WORKERS> {
    fn new(driver: Option<Idle>) -> Arc<Self> {
        Arc::new(Self {
            injector: Injector::new(),
            sleepers: Sleepers::new(),
            berths: std::array::from_fn(|_| Berth::new()),
            driver: driver.map(|driver| Wheelhouse::new(Box::new(driver))),
        })
    }

    fn push(&self, value: u32) {
        self.injector.push(value);
        self.wake_one();
    }

    fn wake_one(&self) {
        self.sleepers.wake_one().into_iter().for_each(|worker| self.berths[worker].unpark(self.driver.as_ref()));
    }

    /// Works as a worker does until it has got a value.
    fn work(&self, worker: usize) -> u32 {
        let mut searching = false;
        loop {
            if let Some(value) = self.injector.pop() {
                if searching && self.sleepers.found().must_look() && !self.injector.is_empty() {
                    self.wake_one();
                }
                return value;
            }
            self.sleepers.rest(worker, searching);
            if !self.injector.is_empty() {
                self.wake_one();
            }
            self.berths[worker].park(self.driver.as_ref(), None, false);
            searching = self.sleepers.get_up(worker) == Up::Searching;
        }
    }
}

#[test]
fn a_push_wakes_the_worker_that_lies_down() {
    motet_prim::model(|| {
        let house = House::<1>::new(None);
        let worker = thread::spawn({
            let house = house.clone();
            move || house.work(0)
        });
        house.push(7);
        assert_eq!(worker.join().expect("the worker does not panic"), 7);
    });
}

#[test]
fn a_push_wakes_the_worker_inside_the_driver() {
    motet_prim::model(|| {
        let house = House::<1>::new(Some(Idle::new()));
        let worker = thread::spawn({
            let house = house.clone();
            move || house.work(0)
        });
        house.push(7);
        assert_eq!(worker.join().expect("the worker does not panic"), 7);
    });
}

#[test]
fn whoever_is_unparked_sees_what_came_before() {
    for has_driver in [false, true] {
        motet_prim::model(move || {
            let (house, value) = (House::<1>::new(has_driver.then(Idle::new)), Arc::new(AtomicUsize::new(0)));
            let other = thread::spawn({
                let (house, value) = (house.clone(), value.clone());
                move || {
                    value.store(1, Ordering::Relaxed);
                    house.berths[0].unpark(house.driver.as_ref());
                }
            });
            house.berths[0].park(house.driver.as_ref(), None, false);
            assert_eq!(value.load(Ordering::Relaxed), 1);
            other.join().expect("nobody panics");
        });
    }
}

#[test]
fn two_pushes_reach_two_workers() {
    motet_prim::model(|| {
        let house = House::<2>::new(None);
        let workers = [0, 1].map(|index| {
            let house = house.clone();
            thread::spawn(move || house.work(index))
        });
        house.push(1);
        house.push(2);
        let got = workers.map(|worker| worker.join().expect("the worker does not panic"));
        assert_eq!(got[0] + got[1], 3);
    });
}

#[test]
fn an_idle_worker_gets_the_driver_that_another_leaves() {
    motet_prim::model(|| {
        let house = House::<2>::new(Some(Idle::new()));
        // Worker 1 has nothing to do: it tries for the driver until it has been inside. An event would end that park.
        let idle = thread::spawn({
            let house = house.clone();
            move || loop {
                house.sleepers.rest(1, false);
                let rested = house.berths[1].park(house.driver.as_ref(), None, false);
                let _ = house.sleepers.get_up(1) == Up::Searching && house.sleepers.found().must_look();
                if rested == Rested::InDriver {
                    return;
                }
            }
        });
        // Worker 0 looks at the driver, finds an event, and goes to a poll that never ends, handing the driver on.
        let driver = house.driver.as_ref().expect("there is a driver");
        if let Some(inside) = driver.try_enter() {
            drop(inside);
            house.wake_one();
        }
        driver.unpark();
        idle.join().expect("the worker does not panic");
    });
}

#[test]
fn the_driver_is_handed_on_by_who_leaves_it_or_by_who_leaves_the_watch() {
    motet_prim::model(|| {
        let driver = Arc::new(Wheelhouse::new(Box::new(Idle::new())));
        let watch = Arc::new(Watch::new());
        assert!(watch.post());
        let on_watch = thread::spawn({
            let (driver, watch) = (driver.clone(), watch.clone());
            move || {
                watch.leave();
                watch.leaves_alone(&driver)
            }
        });
        drop(driver.try_enter().expect("nobody else tries"));
        let by_leaver = watch.leaves_alone(&driver);
        let by_watch = on_watch.join().expect("the watch does not panic");
        assert!(by_leaver || by_watch, "each relies on the other");
    });
}

#[test]
fn one_worker_at_most_is_on_watch() {
    motet_prim::model(|| {
        let (watch, posted) = (Arc::new(Watch::new()), Arc::new(AtomicUsize::new(0)));
        let goes_on_watch = |watch: Arc<Watch>, posted: Arc<AtomicUsize>| {
            move || {
                let is_posted = watch.post();
                if is_posted {
                    assert_eq!(posted.fetch_add(1, Ordering::Relaxed), 0, "two are on watch");
                    posted.fetch_sub(1, Ordering::Relaxed);
                    watch.leave();
                }
                is_posted
            }
        };
        let other = thread::spawn(goes_on_watch(watch.clone(), posted.clone()));
        let one = goes_on_watch(watch, posted)();
        assert!(other.join().expect("nobody panics") || one, "somebody goes on watch");
    });
}

#[test]
fn the_end_comes_once_and_wakes_who_waits_for_it() {
    motet_prim::model(|| {
        let ledger = Arc::new(Ledger::new());
        let ends = Arc::new(AtomicUsize::new(0));
        // What the task and the closer did before they left.
        let done = Arc::new([AtomicUsize::new(0), AtomicUsize::new(0)]);
        let is_done = |done: &[AtomicUsize; 2]| done.iter().all(|done| done.load(Ordering::Relaxed) == 1);
        let (counted, seen) = (ends.clone(), done.clone());
        ledger.set_on_over(move || {
            assert!(is_done(&seen), "whoever is last sees what the others did");
            counted.fetch_add(1, Ordering::Relaxed);
        });
        // One task of a shard that is closed already: it leaves while the closer walks on, and leaves a cleanup behind.
        assert!(ledger.begin());
        ledger.enter(1);
        let task = thread::spawn({
            let (ledger, done) = (ledger.clone(), done.clone());
            move || {
                ledger.enter(1);
                ledger.leave(1);
                done[0].store(1, Ordering::Relaxed);
                ledger.leave(1);
            }
        });
        let waiter = thread::spawn({
            let (ledger, done) = (ledger.clone(), done.clone());
            move || {
                let parker = Parker::new();
                let mut key = None;
                while !ledger.watch(&mut key, &parker.waker()) {
                    parker.park();
                }
                assert!(ledger.is_over() && is_done(&done));
            }
        });
        done[1].store(1, Ordering::Relaxed);
        ledger.settle();
        task.join().expect("the task does not panic");
        waiter.join().expect("the waiter does not panic");
        assert_eq!(ends.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn work_that_no_task_leaves_behind_counts_before_the_end_or_comes_too_late() {
    motet_prim::model(|| {
        let ledger = Arc::new(Ledger::new());
        assert!(ledger.begin());
        ledger.enter(1);
        let task = thread::spawn({
            let ledger = ledger.clone();
            move || ledger.leave(1)
        });
        // The root of a `block_on`, which is no task.
        let root = thread::spawn({
            let ledger = ledger.clone();
            move || {
                if ledger.try_enter() {
                    assert!(!ledger.is_over(), "the state stays as long as the cleanup is left");
                    ledger.leave(1);
                }
            }
        });
        ledger.settle();
        task.join().expect("the task does not panic");
        root.join().expect("the root does not panic");
        assert!(ledger.is_over());
        assert!(!ledger.try_enter(), "nobody comes after the end");
    });
}
