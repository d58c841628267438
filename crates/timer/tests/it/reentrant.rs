//! Wakers that come back: each is foreign code, and may do to the timers whatever anybody may.

use futures::executor::block_on;
use motet_test::{Stepped, WakeCount};
use motet_timer::{Sleep, Timer, Timers, now, sleep};
use std::cell::RefCell;
use std::pin::Pin;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);
const NANO: Duration = Duration::from_nanos(1);

/// Does something once, when it is woken.
struct Once(Mutex<Option<Box<dyn FnOnce() + Send>>>);

impl Wake for Once {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let act = self.0.lock().unwrap().take();
        act.into_iter().for_each(|act| act());
    }
}

fn once(act: impl FnOnce() + Send + 'static) -> Waker {
    Waker::from(Arc::new(Once(Mutex::new(Some(Box::new(act))))))
}

/// A sleep that does something when it fires.
fn armed(timers: &Timers, after: Duration, act: impl FnOnce() + Send + 'static) -> Pin<Box<Sleep>> {
    let mut sleep = Box::pin(timers.sleep(after));
    assert!(sleep.as_mut().poll(&mut Context::from_waker(&once(act))).is_pending());
    sleep
}

/// Both kinds of timers, driven by the test alone.
fn both() -> [Timers; 2] {
    [Timers::new(), Timers::virtual_time().0]
}

#[test]
fn a_wake_may_arm_what_is_due_at_the_same_time_and_later() {
    for timers in both() {
        let (tell, told) = mpsc::channel();
        let (inside, deadline) = (timers.clone(), timers.now() + SECOND);
        let act = move || {
            let later = WakeCount::new();
            let mut same = Stepped::new(inside.sleep_until(deadline));
            let mut next = Box::pin(inside.sleep_until(deadline + NANO));
            assert_eq!(later.poll(next.as_mut()), Poll::Pending);
            tell.send((same.poll(), same, next, later)).unwrap();
        };
        let mut first = Box::pin(timers.sleep_until(deadline));
        assert!(first.as_mut().poll(&mut Context::from_waker(&once(act))).is_pending());
        assert_eq!(timers.advance(deadline), 1);
        let (polled, mut same, next, later) = told.recv().unwrap();
        // Virtual time stands at the deadline; the real clock does not, though it was said to, so there the new one waits.
        let waits = usize::from(polled.is_pending());
        assert_eq!(timers.next_deadline(), Some(if waits == 1 { deadline } else { deadline + NANO }));
        assert_eq!(timers.advance(deadline + NANO), waits + 1);
        assert_eq!((same.poll(), later.count()), (Poll::Ready(()), 1));
        drop(next);
    }
}

#[test]
fn a_wake_may_advance_the_same_timers() {
    for timers in both() {
        let (tell, told) = mpsc::channel();
        let (inside, start) = (timers.clone(), timers.now());
        let _first = armed(&timers, SECOND, move || tell.send(inside.advance(start + 10 * SECOND)).unwrap());
        let wakes = WakeCount::new();
        let mut others: Vec<_> = (2..6).map(|i| Box::pin(timers.sleep(SECOND * i))).collect();
        assert!(others.iter_mut().all(|sleep| wakes.poll(sleep.as_mut()).is_pending()));
        let outer = timers.advance(start + 2 * SECOND + SECOND / 2);
        // Between them they fire each once.
        assert_eq!(outer + told.recv().unwrap(), 5);
        assert_eq!(wakes.count(), 4);
        assert!(others.iter_mut().all(|sleep| wakes.poll(sleep.as_mut()).is_ready()));
    }
}

#[test]
fn a_task_may_advance_the_clock_that_woke_it_and_time_does_not_go_back() {
    let (timers, clock) = Timers::virtual_time();
    let start = clock.now();
    let inside = clock.clone();
    let _first = armed(&timers, SECOND, move || {
        assert_eq!(inside.now(), start + SECOND);
        inside.advance(5 * SECOND);
        assert_eq!(inside.now(), start + 6 * SECOND);
    });
    let (tell, told) = mpsc::channel();
    let inside = clock.clone();
    let _second = armed(&timers, 3 * SECOND, move || tell.send(inside.now()).unwrap());
    clock.advance(2 * SECOND);
    assert_eq!(told.try_recv(), Ok(start + 3 * SECOND));
    assert_eq!(clock.now(), start + 6 * SECOND);
}

#[test]
fn a_host_may_leave_in_its_own_wake_and_in_a_sleepers() {
    let timers = Timers::new();
    let place = Arc::new(Mutex::new(None));
    let leave = |place: &Arc<Mutex<Option<motet_timer::Host>>>| {
        let place = place.clone();
        move || {
            let host = place.lock().unwrap().take();
            assert!(host.is_some());
            drop(host);
        }
    };
    *place.lock().unwrap() = Some(timers.host(once(leave(&place))));
    // Woken for this one, the host leaves, and the helper thread takes over.
    let _far = armed(&timers, SECOND, || {});
    assert!(place.lock().unwrap().is_none());
    block_on(timers.sleep(Duration::from_millis(1)));

    let host = timers.host(Waker::noop().clone());
    let sleep = armed(&timers, SECOND / 2, leave(&place));
    *place.lock().unwrap() = Some(host);
    assert_eq!(timers.advance(sleep.deadline()), 1);
    assert!(place.lock().unwrap().is_none());
}

#[test]
fn a_wake_may_drop_the_last_handle_of_the_timers_that_fire_it() {
    let place = Arc::new(Mutex::new(None::<Timers>));
    let timers = Timers::new();
    // Left by its host, it is driven by the helper thread, which has no handle.
    drop(timers.host(Waker::noop().clone()));
    let (inside, wakes) = (place.clone(), WakeCount::new());
    *place.lock().unwrap() = Some(timers.clone());
    let mut others: Vec<_> = (0..100u32).map(|_| Box::pin(timers.sleep(3600 * SECOND))).collect();
    assert!(others.iter_mut().all(|sleep| wakes.poll(sleep.as_mut()).is_pending()));
    let (tell, told) = mpsc::channel();
    let soon = timers.sleep(Duration::from_millis(2));
    drop(timers);
    let mut soon = Box::pin(soon);
    let waker = once(move || {
        let last = inside.lock().unwrap().take();
        drop(last);
        tell.send(()).unwrap();
    });
    match soon.as_mut().poll(&mut Context::from_waker(&waker)) {
        Poll::Pending => told.recv().unwrap(),
        // The machine was so busy that it was over before.
        Poll::Ready(()) => waker.wake(),
    }
    // Evicted, to wait elsewhere.
    assert_eq!(wakes.count(), 100);
    assert!(others.iter_mut().all(|sleep| wakes.poll(sleep.as_mut()).is_pending()));
    block_on(sleep(Duration::from_micros(100)));
}

/// Sleeps as its thread ends.
struct SleepsInDrop(mpsc::Sender<bool>);

impl Drop for SleepsInDrop {
    fn drop(&mut self) {
        let deadline = now() + Duration::from_micros(200);
        let _entered = Timers::global().enter();
        block_on(sleep(Duration::from_micros(200)));
        self.0.send(Instant::now() >= deadline).unwrap();
    }
}

#[test]
fn a_thread_may_sleep_in_the_destructors_of_its_locals() {
    thread_local! {
        static SLEEPS: RefCell<Option<SleepsInDrop>> = const { RefCell::new(None) };
    }
    let (tell, told) = mpsc::channel();
    let thread = thread::spawn(move || SLEEPS.set(Some(SleepsInDrop(tell))));
    assert_eq!(told.recv(), Ok(true));
    thread.join().unwrap();
}
