//! `Barrier`: asyncio's four states.

use crate::dice::Dice;
use motet_sync::{Barrier, BarrierTurn, BarrierWait, Broken, ZeroParties};
use motet_test::{End, Stepped, drop_at_every_await_between};
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::thread;

const PARTIES: usize = 5;

fn barrier(parties: usize) -> Barrier {
    Barrier::new(parties).expect("not zero")
}

fn inside(barrier: &Barrier, waiters: usize) -> Vec<Stepped<BarrierWait<'_>>> {
    let mut line: Vec<_> = (0..waiters).map(|_| Stepped::new(barrier.wait())).collect();
    assert!(line.iter_mut().all(|wait| wait.poll().is_pending()));
    line
}

fn index(polled: Poll<Result<BarrierTurn, Broken>>) -> usize {
    let Poll::Ready(Ok(turn)) = polled else { panic!("not through: {polled:?}") };
    assert_eq!(turn.is_leader, turn.index == 0);
    turn.index
}

/// One more, who makes it full; then all leave. Their numbers, sorted.
fn complete(barrier: &Barrier, line: &mut [Stepped<BarrierWait<'_>>]) -> Vec<usize> {
    let mut numbers = vec![index(Stepped::new(barrier.wait()).poll())];
    assert!(line.iter().all(Stepped::is_woken));
    numbers.extend(line.iter_mut().map(|wait| index(wait.poll())));
    numbers.sort_unstable();
    numbers
}

fn broken(wait: &mut Stepped<BarrierWait<'_>>) -> bool {
    wait.is_woken() && wait.poll() == Poll::Ready(Err(Broken))
}

/// S31.
#[test]
fn zero_parties_are_an_error() {
    assert_eq!(Barrier::new(0).err(), Some(ZeroParties));
    assert!(ZeroParties.to_string().contains("one at least"));
}

/// S32.
#[test]
fn each_gets_a_number_of_its_own() {
    let barrier = barrier(PARTIES);
    let mut line = inside(&barrier, PARTIES - 1);
    assert_eq!(complete(&barrier, &mut line), [0, 1, 2, 3, 4]);
}

/// S32.
#[test]
fn numbers_stay_unique_when_one_went_away() {
    let barrier = barrier(3);
    let mut line = inside(&barrier, 2);
    drop(line.remove(0));
    line.extend(inside(&barrier, 1));
    assert_eq!(complete(&barrier, &mut line), [0, 1, 2]);
}

/// S33.
#[test]
fn it_is_reusable() {
    let barrier = barrier(3);
    for _ in 0..3 {
        assert_eq!(complete(&barrier, &mut inside(&barrier, 2)), [0, 1, 2]);
    }
    let alone = self::barrier(1);
    for _ in 0..3 {
        assert_eq!(complete(&alone, &mut []), [0]);
    }
}

/// A future that is done arrives no more: the barrier would wait for one party too few.
#[test]
fn a_wait_polled_after_it_was_ready_panics_and_arrives_no_more() {
    fn panics<F: Future>(mut wait: Stepped<F>) -> bool {
        assert!(wait.poll().is_ready());
        catch_unwind(AssertUnwindSafe(|| wait.poll().is_ready())).is_err()
    }
    let alone = Arc::new(barrier(1));
    assert!(panics(Stepped::new(alone.wait())) && panics(Stepped::new(alone.wait_owned())));
    let pair = Arc::new(barrier(2));
    let line = inside(&pair, 1);
    assert!(panics(Stepped::new(pair.wait())));
    drop(line);
    pair.abort();
    assert!(panics(Stepped::new(pair.wait_owned())));
    pair.reset();
    assert_eq!(complete(&pair, &mut inside(&pair, 1)), [0, 1]);
}

/// S34.
#[test]
fn waiting_counts_those_inside() {
    let barrier = barrier(3);
    let mut line = inside(&barrier, 1);
    assert_eq!(barrier.waiting(), 1);
    line.extend(inside(&barrier, 1));
    assert_eq!((barrier.waiting(), barrier.parties()), (2, 3));
    complete(&barrier, &mut line);
    assert_eq!(barrier.waiting(), 0);
}

/// S35.
#[test]
fn a_newcomer_waits_while_it_drains() {
    let barrier = barrier(2);
    let mut line = inside(&barrier, 1);
    assert_eq!(index(Stepped::new(barrier.wait()).poll()), 0);
    let mut newcomers = inside(&barrier, 2);
    assert_eq!(barrier.waiting(), 0, "they are at the door");
    assert_eq!(index(line[0].poll()), 1);
    assert!(newcomers.iter().all(Stepped::is_woken));
    assert!(newcomers[0].poll().is_pending());
    assert_eq!(index(newcomers[1].poll()), 0);
    assert_eq!(index(newcomers[0].poll()), 1);
}

/// S35.
#[test]
fn one_who_is_dropped_while_it_drains_has_left() {
    let barrier = barrier(2);
    let line = inside(&barrier, 1);
    assert_eq!(index(Stepped::new(barrier.wait()).poll()), 0);
    let mut newcomer = Stepped::new(barrier.wait());
    assert!(newcomer.poll().is_pending());
    drop(line);
    assert!(newcomer.is_woken() && newcomer.poll().is_pending());
    assert_eq!(barrier.waiting(), 1);
}

/// S36.
#[test]
fn a_cancel_while_filling_does_not_break_it() {
    let barrier = barrier(3);
    let mut line = inside(&barrier, 2);
    drop(line.remove(0));
    assert_eq!((barrier.waiting(), barrier.is_broken()), (1, false));
    line.extend(inside(&barrier, 1));
    assert_eq!(complete(&barrier, &mut line), [0, 1, 2]);
}

/// S37.
#[test]
fn reset_breaks_those_waiting_and_only_those() {
    let barrier = barrier(3);
    let mut line = inside(&barrier, 2);
    barrier.reset();
    let mut late = inside(&barrier, 1);
    assert!(line.iter_mut().all(broken));
    assert!(late[0].is_woken() && late[0].poll().is_pending());
    assert_eq!((barrier.waiting(), barrier.is_broken()), (1, false));
    late.extend(inside(&barrier, 1));
    assert_eq!(complete(&barrier, &mut late), [0, 1, 2]);
}

/// S38.
#[test]
fn reset_of_an_idle_one_is_fine() {
    let barrier = barrier(2);
    barrier.reset();
    barrier.reset();
    assert_eq!(complete(&barrier, &mut inside(&barrier, 1)), [0, 1]);
}

/// S39.
#[test]
fn reset_while_half_drained_breaks_those_who_have_not_left() {
    let barrier = barrier(4);
    let mut line = inside(&barrier, 3);
    assert_eq!(index(Stepped::new(barrier.wait()).poll()), 0);
    assert_eq!(index(line[0].poll()), 1);
    let mut newcomer = Stepped::new(barrier.wait());
    assert!(newcomer.poll().is_pending());
    barrier.reset();
    assert!(line[1..].iter_mut().all(broken));
    assert!(newcomer.is_woken() && newcomer.poll().is_pending());
    assert_eq!((barrier.waiting(), barrier.is_broken()), (1, false));
}

/// S40.
#[test]
fn abort_breaks_it_for_all_until_reset() {
    let barrier = barrier(2);
    let mut line = inside(&barrier, 1);
    barrier.abort();
    assert!(barrier.is_broken());
    assert_eq!(Stepped::new(barrier.wait()).poll(), Poll::Ready(Err(Broken)));
    assert!(broken(&mut line[0]));
    assert_eq!(barrier.wait_blocking(), Err(Broken));
    barrier.reset();
    assert_eq!(complete(&barrier, &mut inside(&barrier, 1)), [0, 1]);
}

/// S40.
#[test]
fn abort_breaks_those_at_the_door_too() {
    let barrier = barrier(2);
    let mut line = inside(&barrier, 1);
    assert_eq!(index(Stepped::new(barrier.wait()).poll()), 0);
    let mut newcomer = Stepped::new(barrier.wait());
    assert!(newcomer.poll().is_pending());
    barrier.abort();
    assert!(broken(&mut newcomer) && broken(&mut line[0]));
}

/// S41.
#[test]
fn it_is_usable_again_after_abort_and_reset() {
    let barrier = barrier(2);
    let mut line = inside(&barrier, 1);
    barrier.abort();
    barrier.reset();
    assert!(!barrier.is_broken());
    let mut newcomer = Stepped::new(barrier.wait());
    assert!(newcomer.poll().is_pending(), "one of the old round is still inside");
    assert!(broken(&mut line[0]));
    assert!(newcomer.is_woken() && newcomer.poll().is_pending());
    assert_eq!(complete(&barrier, std::slice::from_mut(&mut newcomer)), [0, 1]);
}

/// S42.
#[test]
fn no_wakeup_is_lost_over_ten_thousand_rounds_with_random_cancels() {
    const ROUNDS: usize = 10_000;
    let barrier = barrier(3);
    let mut dice = Dice::new(42);
    let mut parties: Vec<_> = (0..4).map(|_| Stepped::new(barrier.wait())).collect();
    let mut through = 0;
    // Each is polled when it was woken, as an executor does: one that is forgotten stalls the test.
    let mut to_poll = vec![true; parties.len()];
    while through < 3 * ROUNDS {
        let mut stalled = true;
        for (party, new) in parties.iter_mut().zip(&mut to_poll) {
            if dice.roll(7) == 0 {
                *party = Stepped::new(barrier.wait());
                *new = true;
            }
            if dice.roll(3) == 0 || !(*new || party.is_woken()) {
                stalled &= !(*new || party.is_woken());
                continue;
            }
            (stalled, *new) = (false, false);
            if party.poll().is_ready() {
                through += 1;
                *party = Stepped::new(barrier.wait());
                *new = true;
            }
        }
        assert!(!stalled, "four parties wait for a barrier of three: {barrier:?}");
    }
}

/// S42.
#[test]
fn threads_and_tasks_pass_ten_thousand_rounds_together() {
    const ROUNDS: usize = 10_000;
    let barrier = Arc::new(barrier(2));
    let theirs = barrier.clone();
    let thread =
        thread::spawn(move || (0..ROUNDS).map(|_| theirs.wait_blocking().expect("whole").index).sum::<usize>());
    let sum: usize = futures::executor::block_on(async {
        let mut sum = 0;
        for _ in 0..ROUNDS {
            sum += barrier.wait().await.expect("whole").index;
        }
        sum
    });
    assert_eq!(sum + thread.join().expect("no panic"), ROUNDS);
}

#[test]
fn a_wait_dropped_at_any_await_leaves_the_barrier_whole() {
    let report = drop_at_every_await_between(|| {
        let barrier = Rc::new(barrier(2));
        let (theirs, other) = (barrier.clone(), barrier.clone());
        let future = async move { [theirs.wait().await, theirs.wait().await].map(|turn| turn.is_ok()) };
        let step = move |_polls| assert!(Stepped::new(other.wait()).poll().is_ready(), "one was inside");
        let check = move |_: End<[bool; 2]>| {
            assert_eq!((barrier.waiting(), barrier.is_broken()), (0, false));
            assert_eq!(complete(&barrier, &mut inside(&barrier, 1)), [0, 1]);
        };
        (future, step, check)
    });
    assert!(report.completed && report.drops == 3, "{report:?}");
}
