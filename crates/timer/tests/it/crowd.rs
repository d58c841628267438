//! Many threads arm, reset, hand over and drop sleeps while one drives: nothing early, nothing lost, nothing left.

use futures::executor::block_on;
use motet_prim::park::Parker;
use motet_test::WakeCount;
use motet_timer::{Sleep, Timer, Timers};
use std::pin::Pin;
use std::sync::mpsc;
use std::time::{Duration, Instant};

const ROUNDS: u64 = 1_000;
const MICRO: Duration = Duration::from_micros(1);

/// A small generator, so that a thread's choices do not depend on the others (Marsaglia's xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn micros(&mut self, most: u64) -> Duration {
        Duration::from_micros(self.roll(most))
    }
}

fn finish(sleep: Pin<Box<Sleep>>) {
    let deadline = sleep.deadline();
    block_on(sleep);
    assert!(Instant::now() >= deadline, "early");
}

/// One of the crowd: each round plays one life of a sleep; some are handed to the next thread.
fn live(timers: &Timers, mut dice: Dice, give: &mpsc::Sender<Pin<Box<Sleep>>>, take: &mpsc::Receiver<Pin<Box<Sleep>>>) {
    for _ in 0..ROUNDS {
        let mut sleep = Box::pin(timers.sleep(dice.micros(100)));
        let is_done = WakeCount::new().poll(sleep.as_mut()).is_ready();
        match dice.roll(6) {
            0 if !is_done => finish(sleep),
            1 => {
                sleep.as_mut().reset(Instant::now() + dice.micros(200));
                finish(sleep);
            }
            2 => {
                let later = sleep.deadline() + dice.micros(50) + MICRO;
                sleep.as_mut().reset(later);
                drop(sleep);
            }
            3 => {
                // The next one may be gone already, having played its rounds.
                let _gone = give.send(sleep);
            }
            4 => take.try_iter().for_each(finish),
            _ => drop(sleep),
        }
    }
}

#[test]
fn a_crowd_on_one_wheel() {
    let timers = Timers::new();
    let parker = Parker::new();
    let host = timers.host(parker.waker());
    let (done, is_done) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let (first_give, mut take) = mpsc::channel();
        let mut gives = vec![first_give];
        for seed in 1..=3 {
            let (give, next_take) = mpsc::channel();
            let (timers, done) = (timers.clone(), done.clone());
            let to_next = if seed == 3 { gives.pop().expect("the first one") } else { give };
            let from_last = std::mem::replace(&mut take, next_take);
            scope.spawn(move || {
                live(&timers, Dice(0x9E37_79B9_7F4A_7C15 ^ seed), &to_next, &from_last);
                drop((to_next, from_last, done));
            });
        }
        drop(done);
        // The driver: until each of the crowd has gone, and with it its sender.
        while is_done.try_recv() != Err(mpsc::TryRecvError::Disconnected) {
            let limit = Instant::now() + 500 * MICRO;
            parker.park_until(timers.next_deadline().map_or(limit, |next| next.min(limit)));
            timers.advance(Instant::now());
        }
    });
    assert_eq!(timers.next_deadline(), None, "nothing is left in the wheel");
    drop(host);
}
