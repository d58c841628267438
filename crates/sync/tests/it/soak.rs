//! Two thousand tasks on two workers take, hold, cancel and give up at random; in the end everything is where it was.
//!
//! The seed is fixed, the schedule is the machine's. `MOTET_SOAK=n` runs it n times, each with a seed of its own.

use crate::dice::Dice;
use crate::runtimes::{Runtime, run_everywhere, yield_now};
use motet_prim::atomic::{AtomicUsize, Ordering};
use motet_sync::{Condition, Event, Lock, Notify, RwLock, Semaphore, WaitGroup};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

const PERMITS: usize = 7;

/// What all fight for, and what they say of it.
struct Arena {
    locks: [Lock<usize>; 2],
    table: RwLock<usize>,
    seats: [Semaphore; 2],
    seated: [AtomicUsize; 2],
    open: Event,
    notify: Notify,
    turn: Lock<usize>,
    turned: Condition,
    counted: AtomicUsize,
    written: AtomicUsize,
}

impl Arena {
    fn new() -> Self {
        Self {
            locks: [Lock::new(0), Lock::unfair(0)],
            table: RwLock::new(0),
            seats: [Semaphore::new(PERMITS), Semaphore::unfair(PERMITS)],
            seated: [AtomicUsize::new(0), AtomicUsize::new(0)],
            open: Event::new(),
            notify: Notify::new(),
            turn: Lock::new(0),
            turned: Condition::new(),
            counted: AtomicUsize::new(0),
            written: AtomicUsize::new(0),
        }
    }

    /// One thing, whatever the dice say.
    async fn play(&self, dice: &mut Dice) {
        let (fairness, holds, patience) = (dice.index(2), dice.roll(3), dice.roll(6));
        match dice.roll(8) {
            0 | 1 => {
                if let Some(mut count) = within(patience, self.locks[fairness].lock()).await {
                    let before = *count;
                    rest(holds).await;
                    assert_eq!(*count, before, "two had the lock");
                    *count += 1;
                    // Relaxed: compared when all tasks have ended.
                    self.counted.fetch_add(1, Ordering::Relaxed);
                }
            }
            2 | 3 => self.sit(fairness, 1 + dice.index(PERMITS), holds, patience).await,
            4 => {
                if let Some(mut table) = within(patience, self.table.write()).await {
                    *table += 1;
                    self.written.fetch_add(1, Ordering::Relaxed);
                    rest(holds).await;
                }
            }
            5 => {
                if let Some(table) = within(patience, self.table.read()).await {
                    let before = *table;
                    rest(holds).await;
                    assert_eq!(*table, before, "somebody wrote beside a reader");
                }
            }
            6 => self.signal(dice, patience).await,
            _ => {
                let Some(mut turn) = within(patience, self.turn.lock()).await else { return };
                *turn += 1;
                self.turned.notify(1);
                within(patience, self.turned.wait(turn)).await;
            }
        }
    }

    async fn sit(&self, fairness: usize, wants: usize, holds: u32, patience: u32) {
        let seated = &self.seated[fairness];
        if let Some(permit) = within(patience, self.seats[fairness].acquire_many(wants)).await {
            let before = seated.fetch_add(wants, Ordering::Relaxed);
            assert!(before + wants <= PERMITS, "{before} and {wants} more");
            rest(holds).await;
            seated.fetch_sub(wants, Ordering::Relaxed);
            drop(permit);
        }
    }

    async fn signal(&self, dice: &mut Dice, patience: u32) {
        match dice.roll(6) {
            0 => self.open.set(),
            1 => self.open.clear(),
            2 => self.notify.notify_one(),
            3 => self.notify.notify_all(),
            4 => drop(within(patience, self.open.wait()).await),
            _ => drop(within(patience, self.notify.notified()).await),
        }
    }

    /// When all tasks have ended: nothing is held, nobody is counted in, nobody was let in beside another.
    fn assert_whole(&self) {
        let counts: usize = self.locks.iter().map(|lock| *lock.try_lock().expect("a lock stayed locked")).sum();
        assert_eq!(counts, self.counted.load(Ordering::Relaxed));
        assert_eq!(*self.table.try_write().expect("a hold was left"), self.written.load(Ordering::Relaxed));
        assert_eq!(self.seats.each_ref().map(Semaphore::available), [PERMITS; 2]);
        assert!(self.turn.try_lock().is_some());
    }
}

/// Waits for so many polls, and gives up then: most wakes come from the pool's own queue, so that is a short time. Without
/// patience it waits for ever, where that is not too long.
async fn within<F: Future>(patience: u32, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = 1 + patience * patience;
    poll_fn(move |cx| {
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Poll::Ready(Some(output));
        }
        left -= 1;
        if left == 0 {
            return Poll::Ready(None);
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await
}

async fn rest(yields: u32) {
    for _ in 0..yields {
        yield_now().await;
    }
}

async fn soak(runtime: Runtime, seed: u32, tasks: u32, plays: u32) {
    let (arena, group) = (Arc::new(Arena::new()), Arc::new(WaitGroup::new()));
    for task in 0..tasks {
        let (arena, member) = (arena.clone(), group.add_owned());
        runtime.spawn(async move {
            let mut dice = Dice::new(seed.wrapping_mul(tasks).wrapping_add(task));
            for _ in 0..plays {
                arena.play(&mut dice).await;
            }
            drop(member);
        });
    }
    group.wait().await;
    arena.assert_whole();
}

/// Those that must wait, without patience, for what the others give back: nobody is forgotten.
async fn soak_to_the_end(runtime: Runtime, seed: u32, tasks: u32, plays: u32) {
    let (arena, group) = (Arc::new(Arena::new()), Arc::new(WaitGroup::new()));
    for task in 0..tasks {
        let (arena, member) = (arena.clone(), group.add_owned());
        runtime.spawn(async move {
            let mut dice = Dice::new(seed.wrapping_mul(tasks).wrapping_add(task));
            for _ in 0..plays {
                let (fairness, wants, holds) = (dice.index(2), 1 + dice.index(PERMITS), dice.roll(2));
                let cancelled = dice.roll(3) == 0;
                if cancelled {
                    arena.play(&mut dice).await;
                    continue;
                }
                let permit = arena.seats[fairness].acquire_many(wants).await;
                let mut count = arena.locks[1 - fairness].lock().await;
                rest(holds).await;
                *count += 1;
                arena.counted.fetch_add(1, Ordering::Relaxed);
                drop((permit, count));
                drop(arena.table.read().await);
            }
            drop(member);
        });
    }
    group.wait().await;
    arena.assert_whole();
}

fn rounds() -> u32 {
    std::env::var("MOTET_SOAK").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(1)
}

#[test]
fn thousands_of_tasks_that_give_up_at_random_leave_everything_whole() {
    for seed in 0..rounds() {
        run_everywhere(|runtime| {
            let (tasks, plays) = runtime.of_size((2_000, 20), (100, 10));
            soak(runtime, seed, tasks, plays)
        });
    }
}

#[test]
fn thousands_of_tasks_are_served_to_the_last_whoever_gives_up() {
    for seed in 0..rounds() {
        run_everywhere(|runtime| {
            let (tasks, plays) = runtime.of_size((2_000, 15), (100, 10));
            soak_to_the_end(runtime, seed, tasks, plays)
        });
    }
}
