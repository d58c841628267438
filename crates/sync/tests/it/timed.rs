//! Threads that have only so long: what they leave behind when the time is up, and that they wait in line when there is enough of it.

use motet_sync::{
    Barrier, BoundedSemaphore, Broken, ClosableSemaphore, Condition, Latch, Lock, Notify, OnceCell, RwLock, Semaphore,
    TryAcquireError, UpgradableReadGuard, WaitGroup,
};
use motet_test::Stepped;
use std::thread;
use std::time::Duration;

const NO_TIME: Duration = Duration::ZERO;
const LITTLE_TIME: Duration = Duration::from_micros(1);
const ALL_TIME: Duration = Duration::MAX;

#[test]
fn who_cannot_read_or_write_in_time_leaves_the_line_to_those_behind_it() {
    let table = RwLock::new(0);
    let (write, mut behind) = (table.write_blocking(), Stepped::new(table.read()));
    assert!(table.read_blocking_for(NO_TIME).is_none() && table.write_blocking_for(NO_TIME).is_none());
    assert!(behind.poll().is_pending());
    assert!(table.upgradable_read_blocking_for(NO_TIME).is_none());
    drop(write);
    let read = behind.poll();
    assert!(read.is_ready() && table.upgradable_read_blocking_for(NO_TIME).is_some(), "readers only");
    assert!(table.write_blocking_for(NO_TIME).is_none() && table.read_blocking_for(NO_TIME).is_some());
    drop(read);
    assert!(table.write_blocking_for(NO_TIME).is_some());
}

#[test]
fn who_cannot_upgrade_in_time_is_the_upgradable_reader_as_before() {
    let table = RwLock::new(0);
    let reader = table.read_blocking();
    let seen = table.upgradable_read_blocking();
    let mut writer = Stepped::new(table.write());
    assert!(writer.poll().is_pending());
    let seen = UpgradableReadGuard::upgrade_blocking_for(seen, NO_TIME).expect_err("somebody reads");
    drop(writer);
    assert!(table.try_read().is_some() && table.try_upgradable_read().is_none() && table.try_write().is_none());
    drop(reader);
    *UpgradableReadGuard::upgrade_blocking_for(seen, NO_TIME).expect("nobody reads") += 1;
    assert_eq!(*table.try_write().expect("free"), 1);
}

#[test]
fn a_thread_upgrades_when_the_readers_have_left() {
    let table = RwLock::new(0);
    thread::scope(|scope| {
        for limit in [None, Some(ALL_TIME)] {
            let reader = table.read_blocking();
            let seen = table.upgradable_read_blocking();
            let upgrading = scope.spawn(move || match limit {
                None => *UpgradableReadGuard::upgrade_blocking(seen) += 1,
                Some(limit) => *UpgradableReadGuard::upgrade_blocking_for(seen, limit).expect("all the time") += 1,
            });
            drop(reader);
            upgrading.join().expect("no panic");
        }
    });
    assert_eq!(table.into_inner(), 2);
}

#[test]
fn who_gets_no_permits_in_time_leaves_them_to_those_behind_it() {
    let (closable, bounded) = (ClosableSemaphore::new(1), BoundedSemaphore::new(2));
    let held = (closable.acquire_blocking().expect("open"), bounded.acquire_blocking());
    assert_eq!(closable.acquire_blocking_for(NO_TIME).err(), Some(TryAcquireError::NoPermits));
    let mut behind = Stepped::new(bounded.acquire());
    assert!(bounded.acquire_many_blocking_for(2, NO_TIME).is_none());
    assert!(behind.poll().is_ready(), "nobody is before it");
    assert!(bounded.acquire_blocking_for(NO_TIME).is_some());
    drop(held);
    assert!(
        closable.acquire_many_blocking_for(1, NO_TIME).is_ok()
            && bounded.acquire_many_blocking_for(2, NO_TIME).is_some()
    );
    assert_eq!(Semaphore::new(2).acquire_many_blocking_for(2, NO_TIME).map(|two| two.count()), Some(2));
    closable.close();
    assert_eq!(closable.acquire_blocking_for(ALL_TIME).err(), Some(TryAcquireError::Closed));
}

#[test]
fn a_notification_that_came_too_late_for_a_thread_is_for_the_next() {
    let arrived = Notify::new();
    assert!(!arrived.notified_blocking_for(NO_TIME));
    arrived.notify_one();
    assert!(arrived.notified_blocking_for(NO_TIME) && !arrived.notified_blocking_for(NO_TIME));
    let mut behind = Stepped::new(arrived.notified());
    assert!(behind.poll().is_pending() && !arrived.notified_blocking_for(NO_TIME));
    arrived.notify_one();
    assert!(behind.poll().is_ready());
}

#[test]
fn a_thread_that_is_not_notified_in_time_has_its_lock_again_and_no_place_in_line() {
    let (lock, changed) = (Lock::new(0), Condition::new());
    let (mut guard, is_notified) = changed.wait_blocking_for(lock.lock_blocking(), NO_TIME);
    *guard += 1;
    assert!(!is_notified && lock.is_locked());
    drop(guard);
    let mut behind = Stepped::new(changed.wait(lock.lock_blocking()));
    assert!(behind.poll().is_pending());
    changed.notify(1);
    assert_eq!(*lock.try_lock().expect("free"), 1);
    assert!(behind.poll().is_ready(), "there was nobody before it");
}

#[test]
fn a_predicate_is_looked_at_once_more_when_the_time_is_up() {
    let (lock, changed) = (Lock::new(0), Condition::new());
    let looking = |count: &mut i32| {
        *count += 1;
        *count < 10
    };
    let (count, is_over) = changed.wait_while_blocking_for(lock.lock_blocking(), looking, NO_TIME);
    assert_eq!((*count, is_over), (2, false));
    let (count, is_over) = changed.wait_while_blocking_for(count, |count| *count == 0, NO_TIME);
    assert_eq!((*count, is_over), (2, true));
    drop(count);
    assert!(lock.try_lock().is_some());
}

/// The lock goes to another as the wait begins, and stays there.
#[test]
fn a_thread_whose_time_is_up_waits_for_its_lock_as_long_as_it_takes() {
    let (lock, changed) = (Lock::new(0), Condition::new());
    let held = lock.lock_blocking();
    let mut other = Stepped::new(lock.lock());
    assert!(other.poll().is_pending());
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let (guard, is_notified) = changed.wait_blocking_for(held, NO_TIME);
            (*guard, is_notified)
        });
        while !other.is_woken() {
            thread::yield_now();
        }
        let std::task::Poll::Ready(mut held) = other.poll() else { panic!("woken for nothing") };
        *held += 1;
        drop(held);
        assert_eq!(waiting.join().expect("no panic"), (1, false));
    });
}

#[test]
fn threads_are_notified_in_time_by_those_who_change_what_they_wait_for() {
    let (lock, changed) = (Lock::new(0), Condition::new());
    thread::scope(|scope| {
        let waiting = [(); 2].map(|()| {
            scope.spawn(|| {
                let guard = lock.lock_blocking();
                let (count, is_over) = changed.wait_while_blocking_for(guard, |count| *count < 3, ALL_TIME);
                (*count, is_over)
            })
        });
        let once = lock.lock_blocking();
        let notifying = scope.spawn(|| {
            for _ in 0..3 {
                *lock.lock_blocking() += 1;
                changed.notify_all();
            }
        });
        let (count, is_notified) = changed.wait_blocking_for(once, ALL_TIME);
        assert!(*count > 0 && is_notified);
        drop(count);
        notifying.join().expect("no panic");
        assert!(waiting.into_iter().all(|waiting| waiting.join().expect("no panic") == (3, true)));
    });
}

#[test]
fn who_comes_to_a_barrier_in_vain_is_counted_out_and_breaks_nothing() {
    let pair = Barrier::new(2).expect("not zero");
    assert_eq!(pair.wait_blocking_for(NO_TIME), None);
    assert_eq!((pair.waiting(), pair.is_broken()), (0, false));
    let mut inside = Stepped::new(pair.wait());
    assert!(inside.poll().is_pending());
    assert!(pair.wait_blocking_for(NO_TIME).is_some_and(|turn| turn.is_ok_and(|turn| turn.is_leader)));
    assert_eq!(pair.wait_blocking_for(NO_TIME), None, "it stood at the door");
    assert!(inside.poll().is_ready());
    pair.abort();
    assert_eq!(pair.wait_blocking_for(ALL_TIME), Some(Err(Broken)));
    pair.reset();
    thread::scope(|scope| {
        let other =
            scope.spawn(|| (0..1_000).all(|_| pair.wait_blocking_for(ALL_TIME).is_some_and(|turn| turn.is_ok())));
        assert!((0..1_000).all(|_| pair.wait_blocking().is_ok()));
        assert!(other.join().expect("no panic"));
    });
}

#[test]
fn what_opens_for_all_opens_for_threads_that_have_a_limit() {
    let (latch, group, cell) = (Latch::new(1), WaitGroup::new(), OnceCell::new());
    let member = group.add();
    assert!(!latch.wait_blocking_for(NO_TIME) && !group.wait_blocking_for(NO_TIME));
    assert_eq!(cell.wait_blocking_for(NO_TIME), None);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| {
            let opened = latch.wait_blocking_for(ALL_TIME) && group.wait_blocking_for(ALL_TIME);
            (opened, cell.wait_blocking_for(ALL_TIME))
        });
        latch.count_down();
        drop(member);
        assert!(cell.set(7).is_ok());
        assert_eq!(waiting.join().expect("no panic"), (true, Some(&7)));
    });
    assert!(latch.wait_blocking_for(NO_TIME) && group.wait_blocking_for(NO_TIME));
}

#[test]
fn however_often_the_time_is_up_no_hold_no_permit_and_no_party_is_lost() {
    let (table, seats, pair) = (RwLock::new(0), ClosableSemaphore::new(2), Barrier::new(2).expect("not zero"));
    let work = || {
        let (mut writes, mut turns, mut leaders) = (0, 0, 0);
        for round in 0..500 {
            if let Some(mut written) = table.write_blocking_for(LITTLE_TIME) {
                *written += 1;
                writes += 1;
            }
            let seen = table.upgradable_read_blocking_for(LITTLE_TIME);
            if let Some(Ok(mut written)) = seen.map(|seen| UpgradableReadGuard::upgrade_blocking_for(seen, LITTLE_TIME))
            {
                *written += 1;
                writes += 1;
            }
            let read = table.read_blocking_for(LITTLE_TIME);
            drop(seats.acquire_many_blocking_for(1 + round % 2, LITTLE_TIME));
            drop(read);
            if let Some(turn) = pair.wait_blocking_for(LITTLE_TIME) {
                turns += 1;
                leaders += usize::from(turn.expect("whole").is_leader);
            }
        }
        (writes, turns, leaders)
    };
    let (mut writes, mut turns, mut leaders) = (0, 0, 0);
    thread::scope(|scope| {
        for worker in [(); 3].map(|()| scope.spawn(work)) {
            let done = worker.join().expect("no panic");
            (writes, turns, leaders) = (writes + done.0, turns + done.1, leaders + done.2);
        }
    });
    assert_eq!(*table.try_write().expect("free"), writes);
    assert_eq!((seats.available(), pair.waiting(), turns), (2, 0, 2 * leaders));
}

/// One who is notified takes a token, or finds that another was faster; one whose time is up leaves it to the next.
#[test]
fn however_often_the_time_is_up_no_notification_is_lost() {
    const TOKENS: usize = 2_000;
    let (tokens, added) = (Lock::new((0, 0)), Condition::new());
    let take = |(made, taken): &mut (usize, usize)| {
        *taken += usize::from(made > taken);
        if *taken == TOKENS {
            added.notify_all();
        }
    };
    let patient = || {
        loop {
            let nothing = |(made, taken): &mut (usize, usize)| made == taken && *taken < TOKENS;
            let mut tokens = added.wait_while_blocking(tokens.lock_blocking(), nothing);
            if tokens.1 == TOKENS {
                return;
            }
            take(&mut tokens);
        }
    };
    let hasty = || {
        loop {
            let (mut tokens, is_notified) = added.wait_blocking_for(tokens.lock_blocking(), LITTLE_TIME);
            if tokens.1 == TOKENS {
                return;
            }
            if is_notified {
                take(&mut tokens);
            }
        }
    };
    thread::scope(|scope| {
        scope.spawn(patient);
        scope.spawn(patient);
        scope.spawn(hasty);
        for _ in 0..TOKENS {
            tokens.lock_blocking().0 += 1;
            added.notify(1);
        }
    });
    assert_eq!(*tokens.try_lock().expect("free"), (TOKENS, TOKENS));
}
