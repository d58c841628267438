//! S20 to S42: the semaphores and the barrier.

use super::{Log, join_all};
use crate::dice::Dice;
use crate::runtimes::{Runtime, Spawned, run_everywhere, yield_now};
use motet_sync::{
    Barrier, BarrierTurn, BoundedSemaphore, Broken, ClosableSemaphore, OverReleased, Semaphore, ZeroParties,
};
use std::sync::Arc;

/// Tasks in line for so many permits each, which note their numbers, in the order of their grants, and keep what they got.
async fn seated(runtime: &Runtime, seats: &Arc<Semaphore>, log: &Log, wants: &[usize]) -> Vec<Spawned<()>> {
    let mut line = Vec::new();
    for (number, &wanted) in wants.iter().enumerate() {
        let (seats, log) = (seats.clone(), log.clone());
        let waiting = async move {
            seats.acquire_many(wanted).await.forget();
            log.note(number);
        };
        line.push(runtime.in_line(waiting).await);
    }
    line
}

/// S20, S21, S29.
#[test]
fn each_release_serves_as_many_as_it_suffices_for() {
    run_everywhere(|runtime| async move {
        let (seats, log) = (Arc::new(Semaphore::new(0)), Log::default());
        assert!(seats.try_acquire().is_none());
        let mut line = seated(&runtime, &seats, &log, &[1, 1, 1, 1, 1]).await;
        let rest = line.split_off(2);
        seats.release(1);
        seats.release(1);
        join_all(line).await;
        seats.release(3);
        join_all(rest).await;
        let mut served = log.take();
        served[..2].sort_unstable();
        served[2..].sort_unstable();
        assert_eq!(served, [0, 1, 2, 3, 4]);
        assert_eq!(seats.available(), 0);
    });
}

/// S22, S23, S24.
#[test]
fn whoever_is_cancelled_leaves_the_permits_to_those_behind() {
    run_everywhere(|runtime| async move {
        let (seats, log) = (Arc::new(Semaphore::new(1)), Log::default());
        let mut line = seated(&runtime, &seats, &log, &[2, 1]).await;
        assert_eq!(line.remove(0).cancel().await, None, "there is one permit");
        join_all(line).await;
        assert_eq!((log.take(), seats.available()), (vec![1], 0));
        for _ in 0..50 {
            let mut line = seated(&runtime, &seats, &log, &[1, 1]).await;
            seats.release(1);
            if line.remove(0).cancel().await.is_some() {
                seats.release(1);
            }
            join_all(line).await;
        }
        assert_eq!(seats.available(), 0);
        seats.release(1);
        assert!(seats.try_acquire().is_some());
    });
}

/// S25, S30.
#[test]
fn an_over_release_and_a_close_are_told() {
    run_everywhere(|runtime| async move {
        let bounded = BoundedSemaphore::new(1);
        drop(bounded.acquire().await);
        assert_eq!(bounded.release(1), Err(OverReleased));
        let seats = Arc::new(ClosableSemaphore::new(0));
        let mut line = Vec::new();
        for _ in 0..3 {
            let seats = seats.clone();
            line.push(runtime.in_line(async move { seats.acquire().await.is_err() }).await);
        }
        seats.close();
        assert_eq!(join_all(line).await, [true; 3]);
        assert!(seats.acquire().await.is_err());
    });
}

/// S26, S27, S28.
#[test]
fn who_comes_again_queues_behind_and_many_are_not_starved_by_single_ones() {
    run_everywhere(|runtime| async move {
        let (seats, log) = (Arc::new(Semaphore::new(2)), Log::default());
        let held = seats.acquire().await;
        let line = seated(&runtime, &seats, &log, &[2, 1]).await;
        assert!(seats.try_acquire().is_none(), "one is free, and somebody waits for it");
        drop(held);
        assert!(seats.try_acquire().is_none(), "the releaser does not barge");
        let theirs = seats.clone();
        let again = runtime.in_line(async move { drop(theirs.acquire().await) }).await;
        let [many, single]: [_; 2] = line.try_into().ok().expect("two of them");
        many.join().await;
        assert_eq!(log.take(), [0]);
        seats.release(1);
        single.join().await;
        assert_eq!(log.take(), [1]);
        seats.release(1);
        again.join().await;
        assert_eq!(seats.available(), 1);
    });
}

type Turn = Result<BarrierTurn, Broken>;

async fn at(runtime: &Runtime, barrier: &Arc<Barrier>, count: usize) -> Vec<Spawned<Turn>> {
    let mut line = Vec::new();
    for _ in 0..count {
        let barrier = barrier.clone();
        line.push(runtime.in_line(async move { barrier.wait().await }).await);
    }
    line
}

/// S31, S32, S33, S34, S35.
#[test]
fn each_round_of_a_barrier_numbers_its_parties() {
    run_everywhere(|runtime| async move {
        assert_eq!(Barrier::new(0).err(), Some(ZeroParties));
        let barrier = Arc::new(Barrier::new(3).expect("not zero"));
        for _ in 0..20 {
            let mut line = at(&runtime, &barrier, 2).await;
            assert_eq!(barrier.waiting(), 2);
            // One who comes again may be at the door while the others leave.
            line.extend(at(&runtime, &barrier, 1).await);
            let mut numbers: Vec<_> = join_all(line).await.into_iter().map(|turn| turn.expect("whole").index).collect();
            numbers.sort_unstable();
            assert_eq!(numbers, [0, 1, 2]);
        }
        assert_eq!(barrier.waiting(), 0);
    });
}

/// S36, S37, S38, S39, S40, S41.
#[test]
fn a_barrier_is_reset_aborted_and_used_again() {
    run_everywhere(|runtime| async move {
        let barrier = Arc::new(Barrier::new(3).expect("not zero"));
        barrier.reset();
        let mut line = at(&runtime, &barrier, 2).await;
        assert_eq!(line.remove(0).cancel().await, None);
        assert_eq!((barrier.waiting(), barrier.is_broken()), (1, false));
        barrier.reset();
        assert_eq!(join_all(line).await, [Err(Broken)]);

        let line = at(&runtime, &barrier, 3).await;
        barrier.reset();
        let numbered = join_all(line).await.iter().filter(|turn| turn.is_ok()).count();
        assert!(numbered >= 1, "the last to arrive has its number at once");

        let line = at(&runtime, &barrier, 2).await;
        barrier.abort();
        assert_eq!(join_all(line).await, [Err(Broken); 2]);
        assert_eq!(barrier.wait().await, Err(Broken));
        barrier.reset();
        let line = at(&runtime, &barrier, 3).await;
        assert!(join_all(line).await.iter().all(Result::is_ok));
    });
}

/// S42.
#[test]
fn no_round_of_a_barrier_is_missed_whoever_is_cancelled_meanwhile() {
    run_everywhere(|runtime| async move {
        let rounds = runtime.of_size(1_000, 100);
        let barrier = Arc::new(Barrier::new(2).expect("not zero"));
        let theirs = barrier.clone();
        let steady = async move { while theirs.wait().await.is_ok() {} };
        let steady = runtime.in_line(steady).await;
        let mut dice = Dice::new(42);
        let mut through = 0;
        while through < rounds {
            let theirs = barrier.clone();
            let party = runtime.in_line(async move { theirs.wait().await }).await;
            if dice.roll(3) == 0 {
                // Counted out; or, when all had come, it has left with them.
                through += usize::from(party.cancel().await.is_some());
            } else {
                party.join().await.expect("nobody has broken it yet");
                through += 1;
            }
            if dice.roll(5) == 0 {
                yield_now().await;
            }
        }
        barrier.abort();
        steady.join().await;
    });
}
