//! Loom models of a queue and its drivers: that no deadline is armed behind their backs, and that the helper thread and the hosts relieve
//! each other.

use core::pin::Pin;
use std::sync::Arc;

use motet_prim::park::Parker;
use motet_prim::thread;
use motet_test::WakeCount;

use super::{Clock, Lease, Unhosted};
use crate::clock;
use crate::entry::Entry;
use crate::helper::DriverThread;
use crate::model::{Queue, SECOND};
use crate::state::State;

/// Arms in that shard, where the thread's own would be another.
fn arm_in(lease: Lease, shard: u8, at: u64, wakes: &WakeCount) -> Pin<Box<Entry>> {
    let entry = Box::pin(Entry::new(State::Idle, at, Some(lease)));
    // SAFETY: the entry is this function's, and in no wheel.
    unsafe { entry.put_waker(wakes.waker()) };
    // SAFETY: the entry is pinned, in no wheel, and its callers keep it until it has fired.
    assert_eq!(unsafe { lease.arm(entry.as_ref(), shard, at) }, Ok(()));
    lease.queue.announce(at);
    entry
}

/// Two threads arm in shards of their own, one of them for the first time, while the host looks for the earliest.
#[test]
fn arms_in_two_shards_against_a_look_wake_the_host_or_are_seen() {
    motet_prim::model(|| {
        let queue = Queue::with_shards(Clock::Real, 2, Unhosted::User);
        let lease = queue.lease;
        let (at, later) = (clock::nanos(queue.deadline), clock::nanos(queue.deadline + SECOND));
        let parker = Parker::new();
        let waker = Arc::new(parker.waker().into());
        assert!(lease.add_host(&waker));
        let other = thread::spawn(move || {
            let wakes = WakeCount::new();
            (arm_in(lease, 1, at, &wakes), wakes)
        });
        let wakes = WakeCount::new();
        let entry = arm_in(lease, 0, later, &wakes);
        // The host sleeps until it has heard of the earlier one, which the other thread arms.
        while lease.next_deadline() != Some(at) {
            parker.park();
        }
        assert_eq!(lease.advance(at), 1);
        // Too early it may be: the other thread may announce its timer only now.
        assert!(lease.next_deadline() <= Some(later));
        assert_eq!(lease.advance(later), 1);
        let (other_entry, other_wakes) = other.join().unwrap();
        assert_eq!((wakes.count(), other_wakes.count()), (1, 1));
        drop((entry, other_entry));
        lease.remove_host(&waker);
    });
}

/// A cancelled timer has left the horizon so low that the owner of the next one need not come forward, unless the look that
/// raises it has missed that one's shard.
#[test]
fn a_timer_beyond_the_horizon_is_found_by_the_look_or_comes_forward() {
    motet_prim::model(|| {
        let queue = Queue::with_shards(Clock::Real, 2, Unhosted::User);
        let lease = queue.lease;
        let (sleep, _) = queue.armed();
        drop(sleep);
        let later = clock::nanos(queue.deadline + SECOND);
        let parker = Parker::new();
        let waker = Arc::new(parker.waker().into());
        assert!(lease.add_host(&waker));
        let other = thread::spawn(move || arm_in(lease, 1, later, &WakeCount::new()));
        while lease.next_deadline().is_none() {
            parker.park();
        }
        let entry = other.join().unwrap();
        assert_eq!(lease.advance(later), 1);
        drop(entry);
        lease.remove_host(&waker);
    });
}

/// The host looks at the deadline, or sleeps until it, while its timer is moved to an earlier one.
#[test]
fn a_reset_to_earlier_against_a_host_that_goes_to_sleep_wakes_it() {
    motet_prim::model(|| {
        let queue = Queue::with_shards(Clock::Real, 1, Unhosted::User);
        let lease = queue.lease;
        let earlier = queue.deadline - SECOND;
        let (mut sleep, wakes) = queue.armed();
        let parker = Parker::new();
        let waker = Arc::new(parker.waker().into());
        assert!(lease.add_host(&waker));
        let moves = thread::spawn(move || {
            sleep.as_mut().reset(earlier);
            sleep
        });
        let earlier = clock::nanos(earlier);
        while lease.next_deadline() != Some(earlier) {
            parker.park();
        }
        let sleep = moves.join().unwrap();
        assert_eq!((lease.advance(earlier), wakes.count()), (1, 1));
        drop(sleep);
        lease.remove_host(&waker);
    });
}

/// Somebody who does not drive looks at the deadline, and advances, while the host goes to sleep.
#[test]
fn a_look_by_another_thread_does_not_swallow_the_wake_of_the_host() {
    motet_prim::model(|| {
        let queue = Queue::with_shards(Clock::Real, 1, Unhosted::User);
        let lease = queue.lease;
        let at = clock::nanos(queue.deadline);
        let parker = Parker::new();
        let waker = Arc::new(parker.waker().into());
        assert!(lease.add_host(&waker));
        let arms = thread::spawn(move || {
            let wakes = WakeCount::new();
            (arm_in(lease, 0, at, &wakes), wakes)
        });
        let looks = thread::spawn(move || {
            lease.next_deadline();
        });
        // As a host goes about it. It may have to come twice, for while the other one looks nothing seems due.
        let mut fired = 0;
        while fired == 0 {
            match lease.next_deadline() {
                None => parker.park(),
                Some(_past) => fired = lease.advance(at),
            }
        }
        let (entry, wakes) = arms.join().unwrap();
        looks.join().unwrap();
        assert_eq!(wakes.count(), 1);
        drop(entry);
        lease.remove_host(&waker);
    });
}

/// The helper thread, until it knows of a timer: as it runs, but for the end.
fn helper_until_it_waits(helper: &DriverThread, parker: &Parker) -> u64 {
    loop {
        match helper.turn(0) {
            Some(next) => return next,
            None => parker.park(),
        }
    }
}

#[test]
fn a_host_that_leaves_while_a_timer_is_armed_leaves_it_to_the_helper() {
    motet_prim::model(|| {
        let queue = Queue::with_shards(Clock::Real, 1, Unhosted::Helper);
        let (lease, helper) = (queue.lease, queue.helper);
        let at = clock::nanos(queue.deadline);
        let parker = Parker::new();
        helper.stand_in(parker.unparker());
        let waker = Arc::new(core::task::Waker::noop().clone().into());
        assert!(lease.add_host(&waker));
        let arms = thread::spawn(move || arm_in(lease, 0, at, &WakeCount::new()));
        let leaves = thread::spawn(move || lease.remove_host(&waker));
        // Were nobody to tell the helper, it would sleep for ever.
        assert_eq!(helper_until_it_waits(helper, &parker), at);
        let entry = arms.join().unwrap();
        leaves.join().unwrap();
        assert_eq!(lease.advance(at), 1);
        drop(entry);
    });
}

#[test]
fn a_host_that_comes_relieves_the_helper() {
    motet_prim::model(|| {
        let queue = Queue::with_shards(Clock::Real, 1, Unhosted::Helper);
        let (lease, helper) = (queue.lease, queue.helper);
        let at = clock::nanos(queue.deadline);
        let parker = Parker::new();
        helper.stand_in(parker.unparker());
        let entry = arm_in(lease, 0, at, &WakeCount::new());
        let thread = thread::spawn(move || {
            // It waits for the timer, or was relieved before it got so far; and is unparked to see that.
            while helper.turn(0).is_some() {
                parker.park();
            }
        });
        let waker = Arc::new(core::task::Waker::noop().clone().into());
        assert!(lease.add_host(&waker));
        thread.join().unwrap();
        assert_eq!(lease.next_deadline(), Some(at), "the host knows of it");
        assert_eq!(lease.advance(at), 1);
        drop(entry);
        lease.remove_host(&waker);
    });
}
