//! Every wait, dropped in every state that it can be in: not polled, in line, in line with another waker, granted and not polled
//! since, granted after its task has moved. Whoever stands behind it is served as if it had never been there.

use motet_sync::rwlock::{Reference, Upgradable};
use motet_sync::{
    Barrier, BoundedSemaphore, ClosableSemaphore, Condition, Event, Latch, Lock, Notify, OnceCell, RwLock, RwLockGuard,
    Semaphore, WaitGroup,
};
use motet_test::Stepped;
use std::future::{Future, poll_fn};
use std::sync::Arc;
use std::task::Poll;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Unpolled,
    InLine,
    /// Polled twice by one task.
    InLineStill,
    /// Polled by one task, then by another.
    InLineElsewhere,
    Granted,
    GrantedElsewhere,
}

const STATES: [State; 6] = [
    State::Unpolled,
    State::InLine,
    State::InLineStill,
    State::InLineElsewhere,
    State::Granted,
    State::GrantedElsewhere,
];

impl State {
    /// Polls a wait as far as it goes without its grant.
    fn reach<F: Future>(self, wait: &mut Stepped<F>) {
        let polls = match self {
            Self::Unpolled => return,
            Self::InLine | Self::Granted => [None, None],
            Self::InLineStill => [Some(false), None],
            Self::InLineElsewhere | Self::GrantedElsewhere => [Some(true), Some(true)],
        };
        assert!(wait.poll().is_pending(), "{self:?}");
        for elsewhere in polls.into_iter().flatten() {
            let polled = if elsewhere { wait.poll_with_new_waker() } else { wait.poll() };
            assert!(polled.is_pending(), "{self:?}");
        }
    }

    fn is_granted(self) -> bool {
        matches!(self, Self::Granted | Self::GrantedElsewhere)
    }
}

/// One test a wait: what is shared; what holds it back; the wait; what lets it go; whether all is whole afterwards.
macro_rules! dropped_in_every_state {
    ($($test:ident: $shared:expr, |$of:ident| $hold:expr, $wait:expr, |$held:pat_param| $let_go:expr, $whole:expr;)+) => {$(
        #[test]
        fn $test() {
            for state in STATES {
                let shared = $shared;
                let $of = &shared;
                let mut holding = Some($hold);
                let mut let_go = || {
                    if let Some($held) = holding.take() {
                        $let_go;
                    }
                };
                let mut dropped = Some(Stepped::new($wait));
                if let Some(dropped) = &mut dropped {
                    state.reach(dropped);
                }
                if state == State::Unpolled {
                    dropped = None;
                }
                let mut behind = Stepped::new($wait);
                assert!(behind.poll().is_pending(), "{state:?}");
                if state.is_granted() {
                    let_go();
                    assert!(dropped.as_ref().is_some_and(Stepped::is_woken), "{state:?}");
                }
                drop(dropped);
                let_go();
                assert!(behind.is_woken(), "{state:?}: the one behind was forgotten");
                assert!(behind.poll().is_ready(), "{state:?}");
                drop(behind);
                assert!($whole, "{state:?}");
            }
        }
    )+};
}

dropped_in_every_state! {
    a_lock_future: Lock::new(0), |lock| lock.try_lock().expect("free"), lock.lock(), |held| drop(held), lock.try_lock().is_some();
    an_unfair_lock_future:
        Lock::unfair(0), |lock| lock.try_lock().expect("free"), lock.lock(), |held| drop(held), lock.try_lock().is_some();
    an_owned_lock_future:
        Arc::new(Lock::new(0)), |lock| lock.try_lock_owned().expect("free"), lock.lock_owned(), |held| drop(held),
        Arc::strong_count(lock) == 1 && lock.try_lock().is_some();
    an_owned_unfair_lock_future:
        Arc::new(Lock::unfair(0)), |lock| lock.try_lock_owned().expect("free"), lock.lock_owned(), |held| drop(held),
        Arc::strong_count(lock) == 1 && lock.try_lock().is_some();
    a_read: RwLock::new(0), |lock| lock.try_write().expect("free"), lock.read(), |held| drop(held), lock.try_write().is_some();
    an_owned_read:
        Arc::new(RwLock::new(0)), |lock| lock.try_write_owned().expect("free"), lock.read_owned(), |held| drop(held),
        Arc::strong_count(lock) == 1 && lock.try_write().is_some();
    an_upgradable_read:
        RwLock::new(0), |lock| lock.try_write().expect("free"), lock.upgradable_read(), |held| drop(held), lock.try_write().is_some();
    an_owned_upgradable_read:
        Arc::new(RwLock::new(0)), |lock| lock.try_write_owned().expect("free"), lock.upgradable_read_owned(), |held| drop(held),
        Arc::strong_count(lock) == 1 && lock.try_write().is_some();
    a_write: RwLock::new(0), |lock| lock.try_read().expect("free"), lock.write(), |held| drop(held), lock.try_write().is_some();
    an_owned_write:
        Arc::new(RwLock::new(0)), |lock| lock.try_read_owned().expect("free"), lock.write_owned(), |held| drop(held),
        Arc::strong_count(lock) == 1 && lock.try_write().is_some();
    an_acquire:
        Semaphore::new(1), |seats| seats.try_acquire().expect("free"), seats.acquire(), |held| drop(held), seats.available() == 1;
    an_unfair_acquire:
        Semaphore::unfair(1), |seats| seats.try_acquire().expect("free"), seats.acquire(), |held| drop(held), seats.available() == 1;
    an_acquire_of_many:
        Semaphore::new(3), |seats| seats.try_acquire_many(2).expect("free"), seats.acquire_many(3), |held| drop(held),
        seats.available() == 3;
    an_unfair_acquire_of_many:
        Semaphore::unfair(3), |seats| seats.try_acquire_many(2).expect("free"), seats.acquire_many(3), |held| drop(held),
        seats.available() == 3;
    an_owned_acquire:
        Arc::new(Semaphore::new(2)), |seats| seats.try_acquire_many_owned(2).expect("free"), seats.acquire_owned(),
        |held| drop(held), Arc::strong_count(seats) == 1 && seats.available() == 2;
    an_owned_acquire_of_many:
        Arc::new(Semaphore::new(3)), |seats| seats.try_acquire_many_owned(2).expect("free"), seats.acquire_many_owned(3),
        |held| drop(held), Arc::strong_count(seats) == 1 && seats.available() == 3;
    an_owned_unfair_acquire:
        Arc::new(Semaphore::unfair(1)), |seats| seats.try_acquire_owned().expect("free"), seats.acquire_owned(),
        |held| drop(held), Arc::strong_count(seats) == 1 && seats.available() == 1;
    an_acquire_of_a_closable_semaphore:
        ClosableSemaphore::new(1), |seats| seats.try_acquire().expect("free"), seats.acquire(), |held| drop(held),
        seats.available() == 1;
    an_owned_acquire_of_a_closable_semaphore:
        Arc::new(ClosableSemaphore::new(1)), |seats| seats.try_acquire_owned().expect("free"), seats.acquire_owned(),
        |held| drop(held), Arc::strong_count(seats) == 1 && seats.available() == 1;
    an_owned_acquire_until_it_is_closed:
        Arc::new(ClosableSemaphore::new(0)), |seats| (), seats.acquire_owned(), |()| seats.close(),
        Arc::strong_count(seats) == 1;
    an_acquire_until_it_is_closed: ClosableSemaphore::new(0), |seats| (), seats.acquire(), |()| seats.close(), seats.available() == 0;
    an_acquire_of_a_bounded_semaphore:
        BoundedSemaphore::new(1), |seats| seats.try_acquire().expect("free"), seats.acquire(), |held| drop(held),
        seats.available() == 1;
    an_owned_acquire_of_a_bounded_semaphore:
        Arc::new(BoundedSemaphore::new(1)), |seats| seats.try_acquire_owned().expect("free"), seats.acquire_owned(),
        |held| drop(held), Arc::strong_count(seats) == 1 && seats.available() == 1;
    an_event_wait: Event::new(), |event| (), event.wait(), |()| event.set(), event.is_set();
    an_event_wait_that_is_cleared: Event::new(), |event| (), event.wait(), |()| { event.set(); event.clear() }, !event.is_set();
    a_notification_of_all: Notify::new(), |notify| (), notify.notified(), |()| notify.notify_all(), !stores_one(notify);
    // The one that was dropped with it passes it on; else it is for the one behind from the start.
    a_notification: Notify::new(), |notify| (), notify.notified(), |()| notify.notify_one(), !stores_one(notify);
    a_condition_wait_for_all:
        (Lock::new(0), Condition::new()), |of| (), of.1.wait(of.0.try_lock().expect("free")), |()| of.1.notify_all(),
        of.0.try_lock().is_some();
    a_condition_wait:
        (Lock::new(0), Condition::new()), |of| (), of.1.wait(of.0.try_lock().expect("free")), |()| of.1.notify(1),
        of.0.try_lock().is_some();
    an_owned_condition_wait:
        (Arc::new(Lock::new(0)), Condition::new()), |of| (), of.1.wait(of.0.try_lock_owned().expect("free")), |()| of.1.notify(1),
        Arc::strong_count(&of.0) == 1 && of.0.try_lock().is_some();
    a_condition_wait_while:
        (Lock::new(0), Condition::new()), |of| (), of.1.wait_while(of.0.try_lock().expect("free"), |value| *value == 0),
        |()| { *of.0.try_lock().expect("nobody holds it") = 1; of.1.notify(1) }, of.0.try_lock().is_some();
    a_latch_wait: Latch::new(1), |latch| (), latch.wait(), |()| latch.count_down(), latch.is_open();
    a_group_wait: WaitGroup::new(), |group| group.add(), group.wait(), |member| drop(member), group.members() == 0;
    a_reader_of_a_once_cell: OnceCell::new(), |cell| (), cell.wait(), |()| cell.set(1).expect("empty"), cell.get() == Some(&1);
    a_candidate_whose_initialiser_is_dropped:
        OnceCell::new(), |cell| initialising(cell), cell.get_or_init(async || 1), |held| drop(held), cell.get() == Some(&1);
    a_candidate_whose_initialiser_is_done:
        OnceCell::new(), |cell| initialising(cell), cell.get_or_init(async || 2), |mut held| assert!(held.poll().is_ready()),
        cell.get() == Some(&0);
    a_candidate_that_may_fail:
        OnceCell::new(), |cell| initialising(cell), cell.get_or_try_init(async || Ok::<_, ()>(1)), |held| drop(held),
        cell.get() == Some(&1);
}

/// An initialiser in its turn, which is done when it is polled again.
fn initialising(cell: &OnceCell<u32>) -> Stepped<impl Future<Output = &u32>> {
    let mut polls = 0;
    let init = poll_fn(move |_| {
        polls += 1;
        if polls > 1 { Poll::Ready(0) } else { Poll::Pending }
    });
    let mut initialising = Stepped::new(cell.get_or_init(|| init));
    assert!(initialising.poll().is_pending());
    initialising
}

/// Whether the next wait returns at once.
fn stores_one(notify: &Notify) -> bool {
    Stepped::new(notify.notified()).poll().is_ready()
}

/// The line behind an upgrade waits for its reader too: dropped in any state, that one is gone, and they are served.
fn upgrade_dropped_in_every_state<L: Reference<Value = u32> + Clone>(
    lock: &RwLock<u32>,
    seen: impl Fn() -> RwLockGuard<L, Upgradable>,
) {
    for state in STATES {
        let mut reader = Some(lock.try_read().expect("free"));
        let mut upgrade = Some(Stepped::new(RwLockGuard::upgrade(seen())));
        if let Some(upgrade) = &mut upgrade {
            state.reach(upgrade);
        }
        let mut behind = Stepped::new(lock.write());
        assert!(behind.poll().is_pending(), "{state:?}");
        if state.is_granted() {
            reader = None;
            assert!(upgrade.as_ref().is_some_and(Stepped::is_woken) && !behind.is_woken(), "{state:?}");
        }
        upgrade = None;
        drop((upgrade, reader));
        assert!(behind.is_woken() && behind.poll().is_ready(), "{state:?}");
        drop(behind);
        assert!(lock.try_write().is_some(), "{state:?}");
    }
}

#[test]
fn an_upgrade() {
    let lock = RwLock::new(0);
    upgrade_dropped_in_every_state(&lock, || lock.try_upgradable_read().expect("readers only"));
}

#[test]
fn an_owned_upgrade() {
    let lock = Arc::new(RwLock::new(0));
    upgrade_dropped_in_every_state(&lock, || lock.try_upgradable_read_owned().expect("readers only"));
    assert_eq!(Arc::strong_count(&lock), 1);
}

/// A wait of a condition that was notified waits for the lock: dropped in any state of that, it leaves the lock to the one behind.
#[test]
fn a_condition_wait_that_locks_again() {
    for state in STATES {
        let (lock, changed) = (Lock::new(0), Condition::new());
        let waits = [(); 2].map(|()| {
            let mut wait = Stepped::new(changed.wait(lock.try_lock().expect("free")));
            assert!(wait.poll().is_pending());
            wait
        });
        let [mut dropped, mut behind] = waits;
        let mut holder = lock.try_lock();
        changed.notify_all();
        assert!(dropped.is_woken() && behind.is_woken());
        state.reach(&mut dropped);
        assert!(behind.poll().is_pending(), "{state:?}");
        let wakes = behind.wakes();
        if state.is_granted() {
            holder = None;
            assert!(dropped.is_woken(), "{state:?}");
        }
        drop(dropped);
        drop(holder);
        assert_eq!(behind.wakes(), wakes + 1, "{state:?}: the one behind was forgotten");
        assert!(behind.poll().is_ready(), "{state:?}");
        drop(behind);
        assert!(lock.try_lock().is_some(), "{state:?}");
    }
}

/// Before its round is full, one that is dropped was never there; after that, it has left.
#[test]
fn a_barrier_wait() {
    for state in STATES {
        let barrier = Barrier::new(3).expect("more than none");
        let [mut dropped, mut behind, mut third, mut fourth] = [(); 4].map(|()| Stepped::new(barrier.wait()));
        state.reach(&mut dropped);
        assert!(behind.poll().is_pending());
        if state.is_granted() {
            assert!(third.poll().is_ready() && dropped.is_woken(), "{state:?}");
        }
        drop(dropped);
        if !state.is_granted() {
            assert_eq!(barrier.waiting(), 1, "{state:?}");
            assert!(third.poll().is_pending() && fourth.poll().is_ready() && third.poll().is_ready(), "{state:?}");
        }
        assert!(behind.is_woken() && behind.poll().is_ready(), "{state:?}");
        let mut next = [(); 3].map(|()| Stepped::new(barrier.wait()));
        assert_eq!(
            next.each_mut().map(|next| next.poll().is_ready()),
            [false, false, true],
            "{state:?}: it has not drained"
        );
    }
}
