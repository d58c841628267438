//! The driver: who is inside, who hands it on, and what it is told.

use futures::channel::oneshot;
use motet_executor::{Driver, Executor, block_on, spawn, task, yield_now};
use motet_prim::park::{Parker, Unparker};
use motet_test::WakeCount;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Wake, Waker};
use std::time::Duration;

/// What happened to a driver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Call {
    Park { quiet: bool },
    Poll,
}

/// A driver that sleeps until it is unparked or given events, which are wakers to wake.
struct Events {
    parker: Parker,
    calls: mpsc::Sender<Call>,
    events: Arc<Mutex<Vec<Waker>>>,
    is_virtual: bool,
}

/// The other side of it.
struct Outside {
    unparker: Unparker,
    calls: mpsc::Receiver<Call>,
    events: Arc<Mutex<Vec<Waker>>>,
}

fn events(is_virtual: bool) -> (Events, Outside) {
    let parker = Parker::new();
    let (unparker, (sender, calls), events) = (parker.unparker(), mpsc::channel(), Arc::default());
    let outside = Outside { unparker, calls, events: Arc::clone(&events) };
    (Events { parker, calls: sender, events, is_virtual }, outside)
}

impl Outside {
    fn event(&self, waker: Waker) {
        self.events.lock().unwrap().push(waker);
        self.unparker.unpark();
    }
}

impl Events {
    fn fire(&self) {
        let fired = std::mem::take(&mut *self.events.lock().unwrap());
        fired.into_iter().for_each(Waker::wake);
    }
}

impl Driver for Events {
    fn park(&mut self, limit: Option<Duration>, quiet: bool) {
        // The receiver may be gone: not every test listens.
        let _ = self.calls.send(Call::Park { quiet });
        match limit {
            Some(limit) => drop(self.parker.park_for(limit)),
            None => self.parker.park(),
        }
        self.fire();
    }

    fn poll(&mut self) {
        let _ = self.calls.send(Call::Poll);
        self.fire();
    }

    fn unparker(&self) -> Waker {
        self.parker.unparker().into()
    }

    fn is_virtual(&self) -> bool {
        self.is_virtual
    }
}

/// Sends its waker away at the first poll, is ready at the second.
fn event(to: mpsc::Sender<Waker>) -> impl Future<Output = ()> + Send {
    let mut sent = false;
    std::future::poll_fn(move |cx| {
        if std::mem::replace(&mut sent, true) {
            return std::task::Poll::Ready(());
        }
        to.send(cx.waker().clone()).unwrap();
        std::task::Poll::Pending
    })
}

#[test]
fn an_idle_worker_waits_inside_the_driver() {
    let (driver, outside) = events(false);
    let executor = Executor::builder().threads(2).driver(driver).build().unwrap();
    assert_eq!(outside.calls.recv(), Ok(Call::Park { quiet: true }));
    let (to, wakers) = mpsc::channel();
    let task = executor.spawn(event(to));
    outside.event(wakers.recv().unwrap());
    assert!(executor.block_on(task).is_ok());
}

#[test]
fn a_wake_ends_the_park_of_the_worker_inside() {
    let (driver, outside) = events(false);
    let executor = Executor::builder().threads(2).driver(driver).build().unwrap();
    for _ in 0..100 {
        let (sender, receiver) = mpsc::channel();
        executor.spawn(async move { sender.send(7) }).detach();
        assert_eq!(receiver.recv(), Ok(7));
    }
    drop(outside);
}

#[test]
fn a_busy_executor_still_sees_events() {
    let (driver, outside) = events(false);
    let executor = Executor::builder().threads(1).driver(driver).build().unwrap();
    executor.block_on(async {
        let (to, wakers) = mpsc::channel();
        let busy = spawn(async {
            loop {
                yield_now().await;
            }
        });
        let task = spawn(event(to));
        yield_now().await;
        yield_now().await;
        outside.event(wakers.recv().unwrap());
        task.await.unwrap();
        drop(busy);
    });
    assert!(outside.calls.try_iter().any(|call| call == Call::Poll));
}

#[test]
fn a_task_that_yields_stays_if_an_event_starts_another_that_yields() {
    /// Starts a task in its wake, on the thread that wakes.
    struct Starter;

    impl Wake for Starter {
        fn wake(self: Arc<Self>) {
            task().eager().spawn(yield_now()).detach();
        }
    }

    let (driver, outside) = events(false);
    let executor = Executor::builder().threads(1).driver(driver).build().unwrap();
    executor.block_on(async {
        let events = Arc::clone(&outside.events);
        let yields = spawn(async move {
            for _ in 0..10 {
                events.lock().unwrap().push(Arc::new(Starter).into());
                while !events.lock().unwrap().is_empty() {
                    yield_now().await;
                }
            }
        });
        yields.await.expect("nobody cancels it");
    });
}

#[test]
fn one_slow_poll_does_not_hold_up_the_driver() {
    let (driver, outside) = events(false);
    let executor = Executor::builder().threads(3).driver(driver).build().unwrap();
    let (to, wakers) = mpsc::channel();
    let (go, may_go) = mpsc::channel::<()>();
    let slow_event = event(to.clone());
    let slow = executor.spawn(async move {
        slow_event.await;
        // The worker that was inside the driver when the event came sits here until the second event was seen.
        may_go.recv()
    });
    let first = wakers.recv().unwrap();
    let quick = executor.spawn(event(to));
    let second = wakers.recv().unwrap();
    outside.event(first);
    outside.event(second);
    let (seen, is_seen) = mpsc::channel();
    executor.spawn(async move { seen.send(quick.await.is_ok()) }).detach();
    assert_eq!(is_seen.recv(), Ok(true));
    go.send(()).unwrap();
    assert!(executor.block_on(slow).unwrap().is_ok());
}

#[test]
fn a_guest_that_leaves_hands_the_driver_on() {
    let (driver, outside) = events(false);
    let executor = Executor::builder().threads(2).driver(driver).build().unwrap();
    for _ in 0..50 {
        executor.block_on(async { yield_now().await });
        let (to, wakers) = mpsc::channel();
        let (sender, receiver) = mpsc::channel();
        executor
            .spawn(async move {
                event(to).await;
                sender.send(7)
            })
            .detach();
        outside.event(wakers.recv().unwrap());
        assert_eq!(receiver.recv(), Ok(7));
    }
}

#[test]
fn a_guest_that_panics_hands_the_driver_on() {
    let (driver, outside) = events(false);
    let executor = Executor::builder().threads(2).driver(driver).build().unwrap();
    std::thread::scope(|scope| {
        let (to, wakers) = mpsc::channel();
        scope.spawn(move || wakers.iter().for_each(|waker| outside.event(waker)));
        for _ in 0..50 {
            let panicking = catch_unwind(AssertUnwindSafe(|| {
                executor.block_on(async {
                    // In the driver meanwhile, if the other worker is not.
                    event(to.clone()).await;
                    resume_unwind(Box::new("out"));
                });
            }));
            assert!(panicking.is_err());
            assert!(futures::executor::block_on(executor.spawn(event(to.clone()))).is_ok());
        }
        drop(to);
    });
}

#[test]
fn a_nested_call_holds_up_no_event() {
    let (driver, outside) = events(false);
    let executor = Executor::builder().threads(2).driver(driver).build().unwrap();
    let (to, wakers) = mpsc::channel();
    let first = event(to.clone());
    let task = executor.spawn(async move {
        // Out of the driver, perhaps, and into a call that ends with an event: somebody else must see it.
        first.await;
        block_on(event(to));
        7
    });
    let guest = std::thread::spawn(move || executor.block_on(task).unwrap());
    outside.event(wakers.recv().unwrap());
    outside.event(wakers.recv().unwrap());
    assert_eq!(guest.join().unwrap(), 7);
}

#[test]
fn a_batch_wakes_once() {
    let (driver, outside) = events(false);
    let counting = Counting { driver, wakes: WakeCount::new() };
    let wakes = counting.wakes.clone();
    let executor = Executor::builder().threads(2).driver(counting).build().unwrap();
    while outside.calls.recv() != Ok(Call::Park { quiet: true }) {}
    let (sender, ran) = mpsc::channel();
    let before = wakes.count();
    let tasks = executor.spawn_many((0..100).map(|n| {
        let sender = sender.clone();
        async move { sender.send(n).unwrap() }
    }));
    drop(sender);
    assert_eq!(ran.iter().count(), 100);
    assert!(wakes.count() - before <= 1, "{} wakes", wakes.count() - before);
    drop(tasks);
}

/// Counts how often its driver is unparked.
struct Counting {
    driver: Events,
    wakes: WakeCount,
}

impl Driver for Counting {
    fn park(&mut self, limit: Option<Duration>, quiet: bool) {
        self.driver.park(limit, quiet);
    }

    fn poll(&mut self) {
        self.driver.poll();
    }

    fn unparker(&self) -> Waker {
        struct Both(Unparker, Waker);
        impl Wake for Both {
            fn wake(self: Arc<Self>) {
                self.1.wake_by_ref();
                self.0.unpark();
            }
        }
        Waker::from(Arc::new(Both(self.driver.parker.unparker(), self.wakes.waker())))
    }
}

#[test]
fn a_virtual_clock_hears_when_everybody_rests() {
    let (driver, outside) = events(true);
    let executor = Executor::builder().threads(3).driver(driver).build().unwrap();
    let (go, may_go) = mpsc::channel::<()>();
    let (started, has_started) = mpsc::channel();
    executor
        .spawn(async move {
            started.send(()).unwrap();
            may_go.recv()
        })
        .detach();
    has_started.recv().unwrap();
    outside.calls.try_iter().for_each(drop);
    outside.unparker.unpark();
    while outside.calls.recv() != Ok(Call::Park { quiet: false }) {}
    outside.unparker.unpark();
    assert_eq!(outside.calls.recv(), Ok(Call::Park { quiet: false }), "a worker sits in a poll");
    go.send(()).unwrap();
    while outside.calls.recv() != Ok(Call::Park { quiet: true }) {}
}

#[test]
fn a_virtual_clock_waits_for_closures_that_block() {
    let (driver, outside) = events(true);
    let executor = Executor::builder().threads(2).driver(driver).build().unwrap();
    let (go, may_go) = mpsc::channel::<()>();
    let (started, has_started) = mpsc::channel();
    let task = executor.spawn_blocking(move || {
        started.send(()).unwrap();
        may_go.recv()
    });
    has_started.recv().unwrap();
    outside.calls.try_iter().for_each(drop);
    outside.unparker.unpark();
    while outside.calls.recv() != Ok(Call::Park { quiet: false }) {}
    outside.unparker.unpark();
    assert_eq!(outside.calls.recv(), Ok(Call::Park { quiet: false }), "a closure runs");
    go.send(()).unwrap();
    while outside.calls.recv() != Ok(Call::Park { quiet: true }) {}
    assert!(executor.block_on(task).unwrap().is_ok());
}

#[test]
fn a_driver_that_panics_ends_no_worker() {
    struct Faulty(Parker, u32);
    impl Driver for Faulty {
        fn park(&mut self, _limit: Option<Duration>, _quiet: bool) {
            self.1 += 1;
            assert!(self.1 > 3, "faulty");
            self.0.park();
        }
        fn poll(&mut self) {
            panic!("faulty");
        }
        fn unparker(&self) -> Waker {
            self.0.unparker().into()
        }
    }
    let executor = Executor::builder().threads(2).driver(Faulty(Parker::new(), 0)).build().unwrap();
    let (sender, receiver) = oneshot::channel();
    let waker = std::thread::spawn(move || sender.send(7));
    let busy = executor.spawn(async {
        for _ in 0..1000 {
            yield_now().await;
        }
    });
    assert_eq!(executor.block_on(receiver), Ok(7));
    assert!(executor.block_on(busy).is_ok());
    waker.join().unwrap().unwrap();
}

#[test]
fn a_driver_whose_waker_panics_is_no_matter_of_who_spawns() {
    struct Faulty(Parker, mpsc::Sender<()>);
    impl Driver for Faulty {
        fn park(&mut self, limit: Option<Duration>, _quiet: bool) {
            let _ = self.1.send(());
            // It hears nothing: the watch does, at the end of each round.
            self.0.park_for(limit.unwrap_or(Duration::from_millis(1)));
        }
        fn poll(&mut self) {}
        fn unparker(&self) -> Waker {
            motet_test::waker_that_panics_when_woken()
        }
    }
    let (sender, parks) = mpsc::channel();
    let executor = Executor::builder().threads(2).driver(Faulty(Parker::new(), sender)).build().unwrap();
    parks.recv().unwrap();
    let task = executor.spawn(async { 7 });
    assert_eq!(executor.block_on(task).unwrap(), 7);
}
