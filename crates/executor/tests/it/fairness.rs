//! Who holds the CPU, others get their turn: bounds counted in polls, not in time.

use crate::tasks::one_thread;
use futures::channel::oneshot;
use motet_executor::{Driver, Executor, spawn, yield_now};
use motet_prim::atomic::{AtomicBool, AtomicUsize, Ordering};
use motet_prim::park::Parker;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::thread;
use std::time::Duration;

/// What the tests and their driver have in common.
#[derive(Default)]
struct Looks {
    /// How often the driver was looked at, by a poll or by a park.
    count: AtomicUsize,
    event: Mutex<Option<Waker>>,
}

/// A driver that counts the looks at it; each look finds an event for whoever left a waker.
struct Counting {
    parker: Parker,
    looks: Arc<Looks>,
}

impl Counting {
    fn new() -> (Self, Arc<Looks>) {
        let looks = Arc::new(Looks::default());
        (Self { parker: Parker::new(), looks: looks.clone() }, looks)
    }

    fn look(&self) {
        self.looks.count.fetch_add(1, Ordering::Relaxed);
        let event = self.looks.event.lock().unwrap().take();
        event.into_iter().for_each(Waker::wake);
    }
}

impl Driver for Counting {
    fn park(&mut self, limit: Option<Duration>, _quiet: bool) {
        self.look();
        match limit {
            Some(limit) => drop(self.parker.park_for(limit)),
            None => self.parker.park(),
        }
    }

    fn poll(&mut self) {
        self.look();
    }

    fn unparker(&self) -> Waker {
        self.parker.unparker().into()
    }
}

/// Ready after the driver was looked at once more.
async fn event(looks: Arc<Looks>) {
    let mut is_waiting = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut is_waiting, true) {
            return Poll::Ready(());
        }
        *looks.event.lock().unwrap() = Some(cx.waker().clone());
        Poll::Pending
    })
    .await;
}

#[test]
fn a_root_that_always_yields_leaves_the_driver_its_turns() {
    let (driver, looks) = Counting::new();
    let executor = Executor::builder().threads(1).driver(driver).build().unwrap();
    let seen = Arc::new(AtomicBool::new(false));
    executor.block_on(async {
        let told = seen.clone();
        spawn(async move {
            event(looks).await;
            told.store(true, Ordering::Relaxed);
        })
        .detach();
        let mut turns = 0;
        while !seen.load(Ordering::Relaxed) {
            yield_now().await;
            turns += 1;
            assert!(turns < 1000, "the driver was not looked at");
        }
    });
}

#[test]
fn a_task_that_always_yields_alone_leaves_their_turns_to_the_driver_and_to_others() {
    let (driver, looks) = Counting::new();
    let executor = Executor::builder().threads(1).driver(driver).build().unwrap();
    let (ask, asked) = mpsc::channel::<oneshot::Sender<()>>();
    let elsewhere = thread::spawn({
        let executor = executor.clone();
        move || asked.into_iter().for_each(|told| executor.spawn(async { told.send(()).unwrap() }).detach())
    });
    executor.block_on(async {
        let busy = spawn(async {
            loop {
                yield_now().await;
            }
        });
        let before = executor.metrics().polls();
        for _ in 0..10 {
            event(looks.clone()).await;
        }
        let polls = executor.metrics().polls() - before;
        assert!(polls <= 10 * 200, "{polls} polls for ten events");
        for _ in 0..10 {
            let (told, hears) = oneshot::channel();
            ask.send(told).unwrap();
            hears.await.unwrap();
        }
        drop((busy, ask));
    });
    elsewhere.join().unwrap();
}

#[test]
fn tasks_that_always_yield_leave_the_driver_its_turns() {
    let (driver, looks) = Counting::new();
    let executor = Executor::builder().threads(1).driver(driver).build().unwrap();
    let polls = executor.block_on(async {
        let busy: Vec<_> = (0..5)
            .map(|_| {
                spawn(async {
                    loop {
                        yield_now().await;
                    }
                })
            })
            .collect();
        let before = executor.metrics().polls();
        for _ in 0..10 {
            event(looks.clone()).await;
        }
        drop::<Vec<motet_executor::Task<()>>>(busy);
        executor.metrics().polls() - before
    });
    assert!(polls <= 10 * 200, "{polls} polls for ten events");
    let looked = looks.count.load(Ordering::Relaxed);
    assert!((10..20).contains(&looked), "{looked} looks: a busy worker looks now and then, and not after each poll");
}

#[test]
fn a_task_from_elsewhere_waits_for_a_bounded_number_of_polls() {
    let executor = one_thread();
    let (ask, asked) = mpsc::channel::<oneshot::Sender<()>>();
    let injecting = executor.clone();
    let elsewhere = std::thread::spawn(move || {
        for answer in asked {
            injecting.spawn(async move { answer.send(()).unwrap() }).detach();
        }
    });
    executor.block_on(async {
        let busy: Vec<_> = (0..50)
            .map(|_| {
                spawn(async {
                    loop {
                        yield_now().await;
                    }
                })
            })
            .collect();
        for _ in 0..20 {
            let (answer, mut answered) = oneshot::channel();
            let injected = executor.metrics().injected;
            ask.send(answer).unwrap();
            while executor.metrics().injected == injected {
                yield_now().await;
            }
            let before = executor.metrics().polls();
            (&mut answered).await.unwrap();
            let waited = executor.metrics().polls() - before;
            assert!(waited <= 200, "{waited} polls before its own");
        }
        drop::<Vec<motet_executor::Task<()>>>(busy);
    });
    drop(ask);
    elsewhere.join().unwrap();
}

#[test]
fn among_more_tasks_than_a_ring_holds_one_from_elsewhere_waits_for_one_turn_of_each() {
    const TASKS: usize = 2000;
    let executor = one_thread();
    let (polls, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    executor.block_on(async {
        for _ in 0..TASKS {
            let (polls, stop) = (polls.clone(), stop.clone());
            let always_ready = async move {
                while !stop.load(Ordering::Relaxed) {
                    polls.fetch_add(1, Ordering::Relaxed);
                    yield_now().await;
                }
            };
            spawn(always_ready).detach();
        }
        while polls.load(Ordering::Relaxed) < 10 * TASKS {
            yield_now().await;
        }
        let before = polls.load(Ordering::Relaxed);
        let (inside, counted) = (executor.clone(), polls.clone());
        let injecting = thread::spawn(move || inside.spawn(async move { counted.load(Ordering::Relaxed) }));
        let after = injecting.join().unwrap().await.unwrap();
        stop.store(true, Ordering::Relaxed);
        let turns = after - before;
        assert!(turns < TASKS + TASKS / 4, "{turns} turns of {TASKS} tasks");
    });
}

#[test]
fn nobody_starves_among_more_tasks_than_a_ring_holds_that_wake_others_too() {
    // Numbers with which the same tasks would come to the same places of a batch again and again.
    for tasks in [322, 451, 580, 1999] {
        let executor = one_thread();
        let turns: Arc<Vec<AtomicUsize>> = Arc::new((0..tasks).map(|_| AtomicUsize::new(0)).collect());
        let stop = Arc::new(AtomicBool::new(false));
        executor.block_on(async {
            for task in 0..tasks {
                let (turns, stop) = (turns.clone(), stop.clone());
                // Goes into the slot whenever it is woken, so that half of the polls are out of that.
                let helper: Arc<Mutex<Option<Waker>>> = Arc::default();
                let waker = helper.clone();
                let helps = poll_fn(move |cx| {
                    *waker.lock().unwrap() = Some(cx.waker().clone());
                    Poll::<()>::Pending
                });
                spawn(helps).detach();
                let always_ready = async move {
                    while !stop.load(Ordering::Relaxed) {
                        turns[task].fetch_add(1, Ordering::Relaxed);
                        helper.lock().unwrap().iter().for_each(Waker::wake_by_ref);
                        yield_now().await;
                    }
                };
                spawn(always_ready).detach();
            }
            let before = executor.metrics().polls();
            while executor.metrics().polls() - before < 100 * tasks as u64 {
                yield_now().await;
            }
            stop.store(true, Ordering::Relaxed);
        });
        let starved = turns.iter().filter(|turns| turns.load(Ordering::Relaxed) < 5).count();
        assert_eq!(starved, 0, "of {tasks} tasks");
    }
}

#[test]
fn a_task_in_the_ring_waits_for_a_bounded_number_of_polls_out_of_the_slot() {
    let executor = one_thread();
    let polls = executor.block_on(async {
        let (stop, stopped) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        // Each wakes the other, which then lies in the slot, for as long as they live.
        let (to_left, left) = futures::channel::mpsc::unbounded::<()>();
        let (to_right, right) = futures::channel::mpsc::unbounded::<()>();
        to_left.unbounded_send(()).unwrap();
        let player = |mut from: futures::channel::mpsc::UnboundedReceiver<()>,
                      to: futures::channel::mpsc::UnboundedSender<()>| {
            let stop = stop.clone();
            spawn(async move {
                while futures::StreamExt::next(&mut from).await.is_some() && !stop.load(Ordering::Relaxed) {
                    let _ = to.unbounded_send(());
                }
            })
        };
        let players = [player(left, to_right), player(right, to_left)];
        let in_ring = spawn({
            let stopped = stopped.clone();
            async move {
                yield_now().await;
                stopped.store(true, Ordering::Relaxed);
            }
        });
        let before = executor.metrics().polls();
        in_ring.await.unwrap();
        let polls = executor.metrics().polls() - before;
        assert!(stopped.load(Ordering::Relaxed));
        stop.store(true, Ordering::Relaxed);
        drop(players);
        polls
    });
    assert!(polls <= 64, "{polls} polls");
}

/// A driver that waits until it is unparked, whatever the limit: nobody looks around unless told to.
struct Deaf(Parker);

impl Driver for Deaf {
    fn park(&mut self, _limit: Option<Duration>, _quiet: bool) {
        self.0.park();
    }

    fn poll(&mut self) {}

    fn unparker(&self) -> Waker {
        self.0.unparker().into()
    }
}

#[test]
fn a_task_that_yields_does_not_wait_for_whoever_is_polled_before_it() {
    const LONG: Duration = Duration::from_secs(30);
    let executor = Executor::builder().threads(2).driver(Deaf(Parker::new())).build().unwrap();
    for _ in 0..100 {
        // Inside of another's poll, which goes on.
        let spawner = async {
            let (sender, blocking) = mpsc::channel();
            let task = motet_executor::current().unwrap().task().eager().spawn(async move {
                yield_now().await;
                sender.send(()).unwrap();
            });
            blocking.recv_timeout(LONG).unwrap();
            task.await.unwrap();
        };
        executor.block_on(async { spawn(spawner).await.unwrap() });
        // Before the root of a `block_on`.
        executor.block_on(async {
            let ((sender, blocking), (told, hears)) = (mpsc::channel(), oneshot::channel());
            let task = spawn(async move {
                told.send(()).unwrap();
                yield_now().await;
                sender.send(()).unwrap();
            });
            hears.await.unwrap();
            blocking.recv_timeout(LONG).unwrap();
            task.await.unwrap();
        });
    }
}
