//! Random lives of timers in virtual time, where nothing is late: each sleep ends at its instant, to the nanosecond.

use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use motet_combinators::timeout;
use motet_executor::{spawn, yield_now};
use motet_test::explore;
use motet_timer::{MissedTick, Sleep, interval_at, now, sleep, sleep_until};
use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

const TASKS: u64 = 20;
const ROUNDS: u32 = 40;
const HOUR: Duration = Duration::from_secs(3600);

/// A small generator for each task (Marsaglia's xorshift).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    /// From no time to days, as likely short as long; now and then just the same as somebody else's.
    fn span(&mut self) -> Duration {
        let bits = self.roll(48);
        match self.roll(4) {
            0 => Duration::from_nanos(1 << bits),
            _ => Duration::from_nanos(self.roll(1 << bits)),
        }
    }
}

type Boxed = Pin<Box<Sleep>>;

async fn armed(deadline: Instant) -> Boxed {
    let mut sleep = Box::pin(sleep_until(deadline));
    let is_due = poll_fn(|cx| Poll::Ready(sleep.as_mut().poll(cx).is_ready())).await;
    assert_eq!(is_due, deadline <= now());
    sleep
}

/// Waits for it, and looks at the clock: it ends at its deadline, or at once if that has passed.
async fn ends_in_time(sleep: Boxed) {
    let due = sleep.deadline().max(now());
    sleep.await;
    assert_eq!(now(), due);
}

async fn ticks_in_time(dice: &mut Dice) {
    let period = dice.span() + Duration::from_nanos(1);
    let mut due = now() + dice.span();
    let missed = [MissedTick::Burst, MissedTick::Delay, MissedTick::Skip][dice.roll(3) as usize];
    let mut ticks = interval_at(due, period).missed_tick(missed);
    for _ in 0..3 {
        assert_eq!((ticks.tick().await, now()), (due, due));
        due += period;
    }
    due = now() + dice.span();
    ticks.reset_at(due);
    assert_eq!((ticks.tick().await, now()), (due, due));
}

/// Lives of sleeps; some are armed here, and awaited by whoever gets them.
async fn live(mut dice: Dice, give: UnboundedSender<Boxed>, mut take: UnboundedReceiver<Boxed>) {
    for _ in 0..ROUNDS {
        let deadline = now() + dice.span();
        match dice.roll(8) {
            0 => ends_in_time(Box::pin(sleep_until(deadline))).await,
            1 => {
                let due = now() + Duration::from_secs(dice.roll(3));
                assert!(timeout(due - now(), pending::<()>()).await.is_err());
                assert_eq!(now(), due);
            }
            2 => {
                // Later, and perhaps earlier again.
                let mut sleep = armed(deadline).await;
                sleep.as_mut().reset(deadline + dice.span());
                yield_now().await;
                if dice.roll(2) == 0 {
                    sleep.as_mut().reset(now() + dice.span());
                }
                ends_in_time(sleep).await;
            }
            3 => drop(armed(deadline).await),
            4 => {
                // The next one may have ended.
                let _gone = give.unbounded_send(armed(deadline).await);
            }
            5 => {
                while let Ok(sleep) = take.try_recv() {
                    ends_in_time(sleep).await;
                }
            }
            6 => ticks_in_time(&mut dice).await,
            _ => assert!(timeout(HOUR, yield_now()).await.is_ok()),
        }
    }
}

#[test]
fn whatever_tasks_do_with_their_sleeps_each_ends_at_its_instant() {
    explore(0..40, |sim| {
        let seed = sim.seed();
        sim.run(async move {
            let (gives, takes): (Vec<_>, Vec<_>) = (0..TASKS).map(|_| unbounded()).unzip();
            // Around in a circle.
            let gives = gives.into_iter().cycle().skip(1);
            let tasks: Vec<_> = (gives.zip(takes).zip(1..))
                .map(|((give, take), id)| {
                    let dice = Dice((seed * TASKS + id).wrapping_mul(0x9E37_79B9_7F4A_7C15));
                    spawn(live(dice, give, take))
                })
                .collect();
            for task in tasks {
                task.await.unwrap();
            }
            sleep(HOUR).await;
        });
    });
}
