//! Loom models of the timer's protocols: each interleaving of an owner with whoever drives the queue. Those of who drives it,
//! and of how they learn of an earlier deadline, are in `queue/model.rs`.
//!
//! loom looks for a conflict with the *last* access to an atomic only. The queue loads a timer's word before it ends the
//! timer, and that load hides the owner's from loom, which then does not try the order in which the owner sees the end
//! without ever having taken the lock. [`Order`] has it try that order too.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;
use std::time::{Duration, Instant};

use motet_prim::atomic::{AtomicUsize, Ordering};
use motet_prim::park::Parker;
use motet_prim::thread;
use motet_test::WakeCount;

use crate::clock;
use crate::helper::DriverThread;
use crate::queue::{Clock, Lease, TimerQueue, Unhosted};
use crate::sleep::Sleep;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// Something that both sides touch, so that either may be the first. Relaxed: it orders nothing else.
#[derive(Clone)]
struct Order(Arc<AtomicUsize>);

impl Order {
    fn any(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A queue and its helper, which are freed at the end of a run, where the real ones live for ever.
pub(crate) struct Queue {
    pub(crate) lease: Lease,
    pub(crate) helper: &'static DriverThread,
    /// Decades after the epoch, so that no real clock comes near it during the model.
    pub(crate) deadline: Instant,
    order: Order,
}

impl Queue {
    fn new(clock: Clock) -> Self {
        Self::with_shards(clock, 1, Unhosted::User)
    }

    pub(crate) fn with_shards(clock: Clock, shards: usize, unhosted: Unhosted) -> Self {
        let helper: &DriverThread = Box::leak(Box::new(DriverThread::new()));
        let queue = Box::leak(Box::new(TimerQueue::new(clock, shards, helper)));
        // Each run has to do the same, so the times are given: how often a timer moves to a finer level depends on them.
        let order = Order(Arc::new(AtomicUsize::new(0)));
        Self { lease: queue.open(0, 1, unhosted), helper, deadline: clock::instant(1 << 61), order }
    }

    /// A sleep until the deadline, armed.
    pub(crate) fn armed(&self) -> (Pin<Box<Sleep>>, WakeCount) {
        let wakes = WakeCount::new();
        let mut sleep = Box::pin(Sleep::until(clock::nanos(self.deadline), Some(self.lease)));
        assert_eq!(wakes.poll(sleep.as_mut()), Poll::Pending);
        (sleep, wakes)
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        if std::thread::panicking() {
            return;
        }
        let queue = core::ptr::from_ref(self.lease.queue).cast_mut();
        // SAFETY: leaked by `new`, and every thread and every sleep of the model is gone.
        drop(unsafe { Box::from_raw(queue) });
        let helper = core::ptr::from_ref(self.helper).cast_mut();
        // SAFETY: as above; the queue was the only one that knew it.
        drop(unsafe { Box::from_raw(helper) });
    }
}

/// A thread that advances to an instant; it gives back how many timers fired.
fn advance_in_thread(queue: &Queue, to: Instant) -> thread::JoinHandle<usize> {
    in_thread(queue, move |lease| lease.advance(clock::nanos(to)))
}

/// A thread that does something to the queue, before or after what follows the caller's `order.any()`, or meanwhile.
fn in_thread<T: 'static>(queue: &Queue, run: impl FnOnce(Lease) -> T + 'static) -> thread::JoinHandle<T> {
    let (lease, order) = (queue.lease, queue.order.clone());
    thread::spawn(move || {
        let result = run(lease);
        order.any();
        result
    })
}

#[test]
fn fire_against_drop_wakes_at_most_once_and_frees_the_waker() {
    motet_prim::model(|| {
        let queue = Queue::new(Clock::Real);
        let (sleep, wakes) = queue.armed();
        let advance = advance_in_thread(&queue, queue.deadline);
        queue.order.any();
        drop(sleep);
        assert_eq!(advance.join().unwrap(), wakes.count());
        assert_eq!(wakes.wakers_alive(1), 0);
        assert_eq!(queue.lease.advance(clock::NEVER), 0);
    });
}

#[test]
fn fire_against_reset_to_later_never_fires_early_and_never_misses() {
    motet_prim::model(|| {
        let queue = Queue::new(Clock::Real);
        let (mut sleep, wakes) = queue.armed();
        let later = queue.deadline + SECOND;
        let advance = advance_in_thread(&queue, queue.deadline);
        queue.order.any();
        sleep.as_mut().reset(later);
        let fired = advance.join().unwrap();
        assert_eq!(wakes.count(), fired);
        if fired == 1 {
            // It fired before the reset, whose task polls again, being woken.
            assert_eq!(wakes.poll(sleep.as_mut()), Poll::Pending);
        }
        assert_eq!(queue.lease.advance(clock::nanos(later) - 1), 0, "early");
        assert_eq!(queue.lease.advance(clock::nanos(later)), 1, "missed");
        assert_eq!(wakes.poll(sleep.as_mut()), Poll::Ready(()));
    });
}

#[test]
fn fire_against_reset_to_earlier_fires_once() {
    motet_prim::model(|| {
        let queue = Queue::new(Clock::Real);
        let (mut sleep, wakes) = queue.armed();
        let earlier = queue.deadline - SECOND;
        let advance = advance_in_thread(&queue, queue.deadline);
        queue.order.any();
        sleep.as_mut().reset(earlier);
        let mut fired = advance.join().unwrap();
        if wakes.poll(sleep.as_mut()).is_pending() {
            // It fired before the reset, and waits anew.
            fired += queue.lease.advance(clock::nanos(queue.deadline));
            assert_eq!(fired, 2);
            assert_eq!(wakes.poll(sleep.as_mut()), Poll::Ready(()));
        }
        assert_eq!(wakes.count(), fired);
    });
}

#[test]
fn arm_against_advance_is_fired_by_this_advance_or_the_next() {
    motet_prim::model(|| {
        let queue = Queue::new(Clock::Virtual);
        let wakes = WakeCount::new();
        let mut sleep = Box::pin(Sleep::until(clock::nanos(queue.deadline), Some(queue.lease)));
        let advance = advance_in_thread(&queue, queue.deadline);
        queue.order.any();
        // Ready, if virtual time was there already.
        let was_ready = wakes.poll(sleep.as_mut()).is_ready();
        let fired = advance.join().unwrap();
        assert_eq!(usize::from(was_ready) + fired, 1);
        assert_eq!(wakes.poll(sleep.as_mut()), Poll::Ready(()));
    });
}

#[test]
fn arm_against_a_host_that_goes_to_sleep_wakes_it() {
    motet_prim::model(|| {
        let queue = Queue::new(Clock::Real);
        let (lease, deadline) = (queue.lease, queue.deadline);
        let parker = Parker::new();
        let waker = Arc::new(parker.waker().into());
        assert!(lease.add_host(&waker));
        let host = thread::spawn(move || {
            while lease.next_deadline().is_none() {
                parker.park();
            }
            lease.advance(clock::nanos(deadline))
        });
        let (sleep, wakes) = queue.armed();
        assert_eq!(host.join().unwrap(), 1);
        assert_eq!(wakes.count(), 1);
        drop(sleep);
        lease.remove_host(&waker);
    });
}

#[test]
fn a_new_waker_against_fire_is_woken_or_sees_it() {
    motet_prim::model(|| {
        let queue = Queue::new(Clock::Real);
        let (mut sleep, first) = queue.armed();
        let second = WakeCount::new();
        let advance = advance_in_thread(&queue, queue.deadline);
        queue.order.any();
        let polled = sleep.as_mut().poll(&mut Context::from_waker(&second.waker()));
        assert_eq!(advance.join().unwrap(), 1);
        assert_eq!(first.count() + second.count(), 1);
        assert_eq!(second.count() == 1, polled.is_pending());
        drop(sleep);
        assert_eq!((first.wakers_alive(1), second.wakers_alive(1)), (0, 0));
    });
}

#[test]
fn close_against_drop_wakes_at_most_once_and_frees_the_waker() {
    motet_prim::model(|| {
        let queue = Queue::new(Clock::Real);
        let (sleep, wakes) = queue.armed();
        let close = in_thread(&queue, Lease::close);
        queue.order.any();
        drop(sleep);
        close.join().unwrap();
        assert!(wakes.count() <= 1);
        assert_eq!(wakes.wakers_alive(1), 0);
    });
}

#[test]
fn close_against_reset_to_earlier_wakes_once_and_keeps_the_deadline() {
    motet_prim::model(|| {
        let queue = Queue::new(Clock::Real);
        let (mut sleep, wakes) = queue.armed();
        let close = in_thread(&queue, Lease::close);
        queue.order.any();
        sleep.as_mut().reset(queue.deadline - SECOND);
        close.join().unwrap();
        // Put back into the wheel that closes or not, it left that to be armed elsewhere.
        assert_eq!((wakes.count(), wakes.wakers_alive(1)), (1, 0));
        assert_eq!(sleep.deadline(), queue.deadline - SECOND);
        assert_eq!(queue.lease.advance(clock::nanos(queue.deadline)), 0);
        drop(sleep);
    });
}

#[test]
fn close_against_fire_wakes_once() {
    motet_prim::model(|| {
        let queue = Queue::new(Clock::Real);
        let (sleep, wakes) = queue.armed();
        let close = in_thread(&queue, Lease::close);
        queue.order.any();
        let fired = queue.lease.advance(clock::nanos(queue.deadline));
        close.join().unwrap();
        assert!(fired <= 1);
        assert_eq!(wakes.count(), 1);
        drop(sleep);
    });
}

#[test]
fn two_advances_fire_each_timer_once() {
    motet_prim::model(|| {
        let queue = Queue::new(Clock::Real);
        let (one, one_wakes) = queue.armed();
        let (two, two_wakes) = queue.armed();
        let advance = advance_in_thread(&queue, queue.deadline);
        queue.order.any();
        let fired = queue.lease.advance(clock::nanos(queue.deadline));
        assert_eq!(fired + advance.join().unwrap(), 2);
        assert_eq!((one_wakes.count(), two_wakes.count()), (1, 1));
        drop((one, two));
    });
}
