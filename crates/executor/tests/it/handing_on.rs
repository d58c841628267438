//! The driver goes on to a worker that rests, whoever left it and whatever keeps the others: with no watch to make up for it.

use motet_executor::{Driver, Executor};
use motet_prim::park::Parker;
use std::future::poll_fn;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::time::Duration;

/// Longer than anything here takes; a test that fails ends.
const LIMIT: Duration = Duration::from_secs(20);

/// What a driver is given to fire, and who tells it so.
#[derive(Clone)]
struct Events(Arc<Mutex<Vec<Waker>>>, motet_prim::park::Unparker);

impl Events {
    fn fire(&self, waker: Waker) {
        self.0.lock().unwrap().push(waker);
        self.1.unpark();
    }
}

/// Sleeps until an event, and tells of each sleep whether it has a limit.
struct Telling {
    parker: Parker,
    events: Events,
    sleeps: mpsc::Sender<bool>,
}

impl Telling {
    fn new() -> (Self, Events, mpsc::Receiver<bool>) {
        let parker = Parker::new();
        let events = Events(Arc::default(), parker.unparker());
        let (sleeps, slept) = mpsc::channel();
        (Self { parker, events: events.clone(), sleeps }, events, slept)
    }
}

impl Driver for Telling {
    fn park(&mut self, limit: Option<Duration>, _quiet: bool) {
        let _ = self.sleeps.send(limit.is_some());
        match limit {
            Some(limit) => drop(self.parker.park_for(limit)),
            None => self.parker.park(),
        }
        self.poll();
    }

    fn poll(&mut self) {
        let due = std::mem::take(&mut *self.events.0.lock().unwrap());
        due.into_iter().for_each(Waker::wake);
    }

    fn unparker(&self) -> Waker {
        self.parker.unparker().into()
    }
}

/// Sends its waker away at the first poll, is ready at the second.
fn event() -> (impl Future<Output = ()> + Send, mpsc::Receiver<Waker>) {
    let (to, wakers) = mpsc::channel();
    let mut was_polled = false;
    let event = poll_fn(move |cx| {
        if std::mem::replace(&mut was_polled, true) {
            return Poll::Ready(());
        }
        to.send(cx.waker().clone()).unwrap();
        Poll::Pending
    });
    (event, wakers)
}

/// Waits until a worker sleeps inside the driver without a limit. Then nobody is on watch, unless another was posted lately.
fn until_quiet(events: &Events, slept: &mpsc::Receiver<bool>) {
    slept.try_iter().for_each(drop);
    events.fire(Waker::noop().clone());
    while slept.recv_timeout(LIMIT).expect("a worker is inside the driver") {}
}

#[test]
fn one_slow_poll_after_an_event_does_not_hold_up_the_next_event() {
    let (driver, events, slept) = Telling::new();
    let executor = Executor::builder().threads(3).driver(driver).build().unwrap();
    let ((first, first_waker), (second, second_waker)) = (event(), event());
    let ((started, has_started), (go, may_go)) = (mpsc::channel(), mpsc::channel::<()>());
    let (tell, told) = mpsc::channel();
    executor
        .spawn(async move {
            first.await;
            started.send(()).unwrap();
            tell.send(may_go.recv_timeout(LIMIT)).unwrap();
        })
        .detach();
    executor
        .spawn(async move {
            second.await;
            go.send(()).unwrap();
        })
        .detach();
    let (first, second) = (first_waker.recv().unwrap(), second_waker.recv().unwrap());
    until_quiet(&events, &slept);
    events.fire(first);
    has_started.recv_timeout(LIMIT).unwrap();
    // The worker that was inside the driver sits in a poll that ends with this event.
    events.fire(second);
    assert_eq!(told.recv(), Ok(Ok(())), "another worker has seen it");
}

#[test]
fn an_event_and_a_spawn_at_once_leave_somebody_for_the_next_event() {
    let (driver, events, slept) = Telling::new();
    let executor = Executor::builder().threads(4).driver(driver).build().unwrap();
    for _ in 0..20 {
        let ((by_event, event_waker), (last, last_waker)) = (event(), event());
        let (started, has_started) = mpsc::channel();
        let long_poll = || {
            let ((go, may_go), started) = (mpsc::channel::<()>(), started.clone());
            let poll = move || {
                started.send(()).unwrap();
                may_go.recv_timeout(LIMIT).unwrap();
            };
            (go, poll)
        };
        let ((go_one, one), (go_two, two)) = (long_poll(), long_poll());
        executor
            .spawn(async move {
                by_event.await;
                two();
            })
            .detach();
        let (tell, told) = mpsc::channel();
        executor
            .spawn(async move {
                last.await;
                tell.send(()).unwrap();
            })
            .detach();
        let (event_waker, last_waker) = (event_waker.recv().unwrap(), last_waker.recv().unwrap());
        until_quiet(&events, &slept);
        // Whoever is woken for the spawn looks for work while another leaves the driver for the event; then both sit in long polls.
        executor.spawn(async move { one() }).detach();
        events.fire(event_waker);
        (0..2).for_each(|_| has_started.recv_timeout(LIMIT).unwrap());
        events.fire(last_waker);
        assert_eq!(told.recv_timeout(LIMIT), Ok(()), "two workers have nothing else to do");
        go_one.send(()).unwrap();
        go_two.send(()).unwrap();
    }
}
