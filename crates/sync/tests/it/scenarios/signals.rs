//! S1 to S19: the lock, the event, the condition.

use super::{Log, join_all, lockers};
use crate::runtimes::{run_everywhere, yield_now};
use futures::FutureExt;
use motet_sync::{Condition, Event, Lock};
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;

/// S1, S2, S3.
#[test]
fn a_lock_goes_from_one_to_the_next_and_past_those_who_were_cancelled() {
    run_everywhere(|runtime| async move {
        let (lock, log) = (Arc::new(Lock::new(())), Log::default());
        let holder = lock.lock().await;
        let mut line = lockers(&runtime, &lock, &log, 6).await;
        for cancelled in [4, 2, 0] {
            assert_eq!(line.remove(cancelled).cancel().await, None);
        }
        drop(holder);
        join_all(line).await;
        assert_eq!(log.take(), [1, 3, 5]);
        assert!(lock.try_lock().is_some());
    });
}

/// S4, S5.
#[test]
fn a_cancel_in_a_race_with_the_release_costs_nobody_the_lock() {
    run_everywhere(|runtime| async move {
        for _ in 0..50 {
            let (lock, log) = (Arc::new(Lock::new(())), Log::default());
            let holder = lock.lock().await;
            let mut line = lockers(&runtime, &lock, &log, 2).await;
            let behind = line.pop().expect("two of them");
            drop(holder);
            let came_through = line.remove(0).cancel().await.is_some();
            behind.join().await;
            assert_eq!(log.take(), if came_through { vec![0, 1] } else { vec![1] });
            assert!(lock.try_lock().is_some());
        }
    });
}

/// S6.
#[test]
fn a_guard_releases_in_a_panic() {
    run_everywhere(|runtime| async move {
        let (lock, log) = (Arc::new(Lock::new(())), Log::default());
        let theirs = lock.clone();
        let panicking = async move {
            let _guard = theirs.lock().await;
            yield_now().await;
            resume_unwind(Box::new("in the section"));
        };
        let panicking = runtime.in_line(AssertUnwindSafe(panicking).catch_unwind()).await;
        let line = lockers(&runtime, &lock, &log, 1).await;
        assert!(panicking.join().await.is_err());
        join_all(line).await;
        assert_eq!(log.take(), [0]);
    });
}

/// S7, S8, S9, S10, S11.
#[test]
fn an_event_releases_all_who_wait_when_it_is_set_and_each_once() {
    run_everywhere(|runtime| async move {
        let (event, log) = (Arc::new(Event::new()), Log::default());
        let mut line = Vec::new();
        for number in 0..5 {
            let (event, log) = (event.clone(), log.clone());
            let waiting = async move {
                event.wait().await;
                log.note(number);
            };
            line.push(runtime.in_line(waiting).await);
        }
        assert_eq!(line.remove(2).cancel().await, None);
        event.set();
        event.clear();
        event.set();
        event.clear();
        join_all(line).await;
        let mut released = log.take();
        released.sort_unstable();
        assert_eq!(released, [0, 1, 3, 4]);
        let theirs = event.clone();
        let late = runtime.in_line(async move { theirs.wait().await }).await;
        assert_eq!(late.cancel().await, None, "it is clear");
        event.set();
        event.wait().await;
    });
}

/// S12, S13, S15, S17.
#[test]
fn notifications_go_to_the_oldest_and_past_those_who_were_cancelled() {
    run_everywhere(|runtime| async move {
        let shared = Arc::new((Lock::new(()), Condition::new()));
        let log = Log::default();
        let mut line = Vec::new();
        for number in 0..6 {
            let (shared, log) = (shared.clone(), log.clone());
            let waiting = async move {
                let guard = shared.0.lock().await;
                drop(shared.1.wait(guard).await);
                log.note(number);
            };
            line.push(runtime.in_line(waiting).await);
        }
        assert_eq!(line.remove(1).cancel().await, None);
        shared.1.notify(2);
        let rest = line.split_off(2);
        join_all(line).await;
        let mut notified = log.take();
        notified.sort_unstable();
        assert_eq!(notified, [0, 2]);
        shared.1.notify_all();
        join_all(rest).await;
        assert_eq!(log.take().len(), 3);
        // Cancelled after its notification, or faster than that: with one more, the next is served either way.
        let theirs = shared.clone();
        let wait = move || {
            let theirs = theirs.clone();
            async move {
                let guard = theirs.0.lock().await;
                drop(theirs.1.wait(guard).await);
            }
        };
        let (first, second) = (runtime.in_line(wait()).await, runtime.in_line(wait()).await);
        shared.1.notify(1);
        if first.cancel().await.is_some() {
            shared.1.notify(1);
        }
        second.join().await;
    });
}

/// S14, S18.
#[test]
fn a_wait_that_is_cancelled_while_it_locks_again_leaves_the_lock_usable() {
    run_everywhere(|runtime| async move {
        for _ in 0..20 {
            let shared = Arc::new((Lock::new(0), Condition::new()));
            let theirs = shared.clone();
            let waiting = async move {
                let guard = theirs.0.lock().await;
                *theirs.1.wait(guard).await += 1;
            };
            let waiting = runtime.in_line(waiting).await;
            let guard = shared.0.lock().await;
            shared.1.notify_all();
            yield_now().await;
            drop(guard);
            let came_through = waiting.cancel().await.is_some();
            assert_eq!(*shared.0.lock().await, i32::from(came_through));
        }
    });
}

/// S16, S19.
#[test]
fn two_conditions_share_a_lock_and_wait_until_their_predicates_are_false() {
    run_everywhere(|runtime| async move {
        let shared = Arc::new((Lock::new(Vec::new()), Condition::new(), Condition::new()));
        let theirs = shared.clone();
        let producer = async move {
            let (buffer, filled, emptied) = &*theirs;
            for item in 0..50 {
                let mut buffer = emptied.wait_while(buffer.lock().await, |buffer| buffer.len() == 2).await;
                buffer.push(item);
                filled.notify(1);
            }
        };
        let producer = runtime.in_line(producer).await;
        let (buffer, filled, emptied) = &*shared;
        for expected in 0..50 {
            let mut buffer = filled.wait_while(buffer.lock().await, |buffer| buffer.is_empty()).await;
            assert_eq!(buffer.remove(0), expected);
            emptied.notify(1);
        }
        producer.join().await;
    });
}
