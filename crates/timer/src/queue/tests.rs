//! How much happens under one hold of a shard's lock.

use std::time::Duration;

use motet_prim::WakeBatch;
use motet_test::WakeCount;

use super::drive::{MOVES_A_TURN, Turn};
use super::{Clock, TimerQueue, Unhosted};
use crate::clock;
use crate::helper::DriverThread;
use crate::sleep::Sleep;

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn a_crowd_that_was_postponed_is_put_back_in_steps_between_which_others_have_their_turn() {
    const CROWD: usize = 10 * MOVES_A_TURN;
    let helper: &DriverThread = Box::leak(Box::new(DriverThread::new()));
    let queue: &TimerQueue = Box::leak(Box::new(TimerQueue::new(Clock::Real, 1, helper)));
    let start = clock::now();
    let lease = queue.open(start, 1, Unhosted::User);
    let deadline = clock::after(start, HOUR);
    let wakes = WakeCount::new();
    let sleeps: Vec<_> = (0..CROWD)
        .map(|_| {
            let mut sleep = Box::pin(Sleep::until(deadline, Some(lease)));
            assert!(wakes.poll(sleep.as_mut()).is_pending());
            sleep.as_mut().reset(clock::instant(clock::after(deadline, 1000 * HOUR)));
            sleep
        })
        .collect();
    // So late that the slot of the old deadline is due as a whole.
    let now = clock::after(deadline, 10 * HOUR);
    let (mut turns, mut batch, mut fired) = (1, WakeBatch::new(), 0);
    while let Turn::Again = queue.shards[0].locked.lock().fire(now, &mut batch, &mut fired) {
        turns += 1;
    }
    assert!(turns >= CROWD / MOVES_A_TURN, "{CROWD} timers in {turns} turns");
    assert_eq!((fired, wakes.count()), (0, 0));
    drop(sleeps);
    assert_eq!(lease.next_deadline(), None);
}
