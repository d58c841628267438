//! Timers armed by one thread, driven by another, moved and dropped by a third.

use futures::executor::block_on;
use motet_test::WakeCount;
use motet_timer::{Sleep, Timer, Timers, sleep, sleep_until};
use std::pin::Pin;
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

fn armed(timers: &Timers, after: Duration) -> (Pin<Box<Sleep>>, WakeCount) {
    let wakes = WakeCount::new();
    let mut sleep = Box::pin(timers.sleep(after));
    assert_eq!(wakes.poll(sleep.as_mut()), Poll::Pending);
    (sleep, wakes)
}

#[test]
fn the_next_deadline_is_the_earliest_of_all_threads_and_one_of_them_fires_all() {
    const THREADS: u32 = 100;
    let timers = Timers::new();
    let start = timers.now();
    // More threads than there are wheels: all are inside at the same time.
    let inside = Barrier::new(THREADS as usize);
    let sleeps: Vec<_> = thread::scope(|scope| {
        let arm = |i: u32| {
            let (timers, inside) = (&timers, &inside);
            scope.spawn(move || {
                let _entered = timers.enter();
                inside.wait();
                let wakes = WakeCount::new();
                let mut sleep = Box::pin(sleep_until(start + SECOND * (1 + i * 7 % THREADS)));
                assert_eq!(wakes.poll(sleep.as_mut()), Poll::Pending);
                (sleep, wakes)
            })
        };
        let threads: Vec<_> = (0..THREADS).map(arm).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for i in 1..=THREADS {
        assert_eq!(timers.next_deadline(), Some(start + SECOND * i));
        assert_eq!(timers.advance(start + SECOND * i), 1);
        let fired = sleeps.iter().filter(|(_, wakes)| wakes.count() == 1).count();
        assert_eq!(fired, i as usize);
    }
    assert_eq!(timers.next_deadline(), None);
}

#[test]
fn a_thread_that_is_held_up_holds_up_no_timer() {
    let timers = Timers::new();
    let (told, fired) = mpsc::channel();
    let (tell_armed, is_armed) = mpsc::channel();
    let shared = &timers;
    thread::scope(|scope| {
        scope.spawn(move || {
            // A worker that arms, and is then kept busy until its own timers have fired.
            let _entered = shared.enter();
            let _sleeps: Vec<_> = (1..=1_000u32).map(|i| armed(shared, SECOND + SECOND / i)).collect();
            tell_armed.send(()).unwrap();
            assert_eq!(fired.recv(), Ok(1_000));
        });
        is_armed.recv().unwrap();
        told.send(timers.advance(timers.now() + 3 * SECOND)).unwrap();
    });
}

#[test]
fn a_sleep_may_be_armed_here_dropped_there_and_moved_elsewhere() {
    let timers = Timers::new();
    let (dropped, dropped_wakes) = armed(&timers, SECOND);
    let (mut moved, first_wakes) = armed(&timers, 2 * SECOND);
    let wakes = thread::scope(|scope| {
        scope.spawn(|| drop(dropped));
        let polled = scope.spawn(|| {
            let _entered = Timers::new().enter();
            let wakes = WakeCount::new();
            assert_eq!(wakes.poll(moved.as_mut()), Poll::Pending);
            wakes
        });
        polled.join().unwrap()
    });
    assert_eq!((dropped_wakes.wakers_alive(1), first_wakes.wakers_alive(1)), (0, 0));
    assert_eq!(timers.next_deadline(), Some(moved.deadline()), "it stays in the wheel that it was armed in");
    assert_eq!(timers.advance(moved.deadline()), 1);
    assert_eq!((wakes.count(), first_wakes.count()), (1, 0));
    assert_eq!(wakes.poll(moved.as_mut()), Poll::Ready(()));
}

#[test]
fn a_sleep_that_goes_from_runtime_to_runtime_is_armed_where_it_is_polled() {
    let mut sleep = Box::pin(sleep(SECOND));
    for seconds in 2..5 {
        let timers = Timers::new();
        let _entered = timers.enter();
        let deadline = timers.now() + SECOND * seconds;
        sleep.as_mut().reset(deadline);
        assert_eq!(WakeCount::new().poll(sleep.as_mut()), Poll::Pending);
        assert_eq!(timers.next_deadline(), Some(deadline));
        assert_eq!(timers.advance(deadline), 1);
    }
}

#[test]
fn each_poll_may_bring_another_waker_and_only_the_last_is_woken() {
    let timers = Timers::new();
    let (mut sleep, first) = armed(&timers, SECOND);
    let others: Vec<_> = (0..100).map(|_| WakeCount::new()).collect();
    for wakes in &others {
        assert_eq!(wakes.poll(sleep.as_mut()), Poll::Pending);
    }
    assert_eq!(timers.advance(sleep.deadline()), 1);
    assert_eq!(first.count(), 0);
    assert_eq!(others.iter().map(WakeCount::count).sum::<usize>(), others[99].count());
    assert!(others.iter().all(|wakes| wakes.wakers_alive(1) == 0));
}

#[test]
fn a_clock_that_stands_still_fires_once_what_is_due_and_nothing_else() {
    let timers = Timers::new();
    let (due, wakes) = armed(&timers, SECOND);
    let (later, _) = armed(&timers, SECOND + Duration::from_nanos(1));
    let now = due.deadline();
    assert_eq!(timers.advance(now), 1);
    for _ in 0..100 {
        assert_eq!(timers.advance(now), 0);
        assert!(timers.next_deadline() > Some(now), "a host would spin");
    }
    assert_eq!(wakes.count(), 1);
    drop(later);
}

/// Drops a timer when it is woken.
struct Drops(Mutex<Option<Pin<Box<Sleep>>>>);

impl Wake for Drops {
    fn wake(self: Arc<Self>) {
        let sleep = self.0.lock().unwrap().take();
        drop(sleep);
    }
}

#[test]
fn thousands_that_are_due_together_fire_in_batches_between_which_others_have_their_turn() {
    const CROWD: usize = 10_000;
    let timers = Timers::new();
    let deadline = timers.now() + SECOND;
    let wakes = WakeCount::new();
    let arm = || {
        let mut sleep = Box::pin(timers.sleep_until(deadline));
        assert_eq!(wakes.poll(sleep.as_mut()), Poll::Pending);
        sleep
    };
    let last = Arc::new(Drops(Mutex::new(None)));
    let mut first = Box::pin(timers.sleep_until(deadline));
    assert!(first.as_mut().poll(&mut Context::from_waker(&Waker::from(last.clone()))).is_pending());
    let crowd: Vec<_> = (0..CROWD).map(|_| arm()).collect();
    *last.0.lock().unwrap() = Some(arm());
    // The first to be woken takes the lock, and the last out of the wheel, before that one's turn has come.
    assert_eq!(timers.advance(deadline), 1 + CROWD);
    assert_eq!(wakes.count(), CROWD);
    drop(crowd);
}

#[test]
fn the_global_timers_serve_threads_that_come_and_go() {
    for _ in 0..20 {
        let threads: Vec<_> = (0..8u64)
            .map(|i| {
                thread::spawn(move || {
                    let deadline = Instant::now() + Duration::from_micros(50 * i);
                    block_on(sleep_until(deadline));
                    assert!(Instant::now() >= deadline);
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    }
}
