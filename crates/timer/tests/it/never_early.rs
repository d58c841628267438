//! Somebody who tries to see an early timer: every resolution, timers that are polled in one runtime and then in another, moved, evicted,
//! and driven to the nanosecond before they are due.

use futures::executor::block_on;
use motet_test::WakeCount;
use motet_timer::{Sleep, Timer, Timers, VirtualClock, now, sleep_until};
use proptest::prelude::*;
use std::pin::Pin;
use std::sync::Barrier;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

const NANO: Duration = Duration::from_nanos(1);
/// What hosts may be late by; some of them divide nothing.
const TICKS: [Duration; 6] = [
    NANO,
    Duration::from_nanos(50),
    Duration::from_micros(1),
    Duration::from_millis(7),
    Duration::from_secs(1),
    Duration::from_secs(3600),
];
const RUNTIMES: usize = 3;

#[derive(Clone, Debug)]
enum Step {
    Make { on: On, after: Duration },
    Poll { nth: usize, inside: usize },
    Later { nth: usize, by: Duration },
    Earlier { nth: usize, by: Duration },
    Drop { nth: usize },
    Advance { runtime: usize, by: Duration },
    ToTheNanosecondBefore { nth: usize },
    Close { runtime: usize, tick: usize },
}

/// Whose clock and wheel a sleep is made for.
#[derive(Clone, Copy, Debug)]
enum On {
    Ambient(usize),
    Named(usize),
    Virtual,
}

struct Watched {
    sleep: Pin<Box<Sleep>>,
    deadline: Instant,
    is_virtual: bool,
    wakes: WakeCount,
}

/// Three runtimes, whose clock says what they are told, and a virtual clock.
struct World {
    runtimes: Vec<(Timers, Duration)>,
    /// The latest time that any of the runtimes was told.
    told: Instant,
    clock: VirtualClock,
    sleeps: Vec<Watched>,
}

impl World {
    fn new(ticks: [usize; RUNTIMES]) -> Self {
        let (_, clock) = Timers::virtual_time();
        // Far ahead of the real time, so that nothing is due but by what the runtimes are told.
        let told = Instant::now() + Duration::from_secs(1 << 30);
        Self { runtimes: ticks.map(runtime).into(), told, clock, sleeps: Vec::new() }
    }

    fn time_of(&self, watched: &Watched) -> Instant {
        if watched.is_virtual { self.clock.now() } else { self.told }
    }

    fn step(&mut self, step: &Step) {
        let count = self.sleeps.len().max(1);
        match *step {
            Step::Make { on, after } => self.make(on, after),
            Step::Poll { nth, inside } if nth % count < self.sleeps.len() => drop(self.poll(nth % count, inside)),
            Step::Later { nth, by } => self.reset(nth % count, |deadline| deadline + by),
            Step::Earlier { nth, by } => self.reset(nth % count, |deadline| deadline - by),
            Step::Drop { nth } if nth % count < self.sleeps.len() => drop(self.sleeps.swap_remove(nth % count)),
            Step::Advance { runtime, by } => {
                self.told += by;
                self.clock.advance(by);
                self.runtimes[runtime].0.advance(self.told);
                self.nobody_is_early();
            }
            Step::ToTheNanosecondBefore { nth } => {
                let Some(deadline) = self.sleeps.get(nth % count).map(|watched| watched.deadline - NANO) else {
                    return;
                };
                self.told = self.told.max(deadline);
                self.clock.advance(deadline.saturating_duration_since(self.clock.now()));
                for (timers, _) in &self.runtimes {
                    timers.advance(self.told);
                }
                self.nobody_is_early();
            }
            Step::Close { runtime: closed, tick } => {
                self.runtimes[closed] = runtime(tick);
                // Whoever waited there is woken, to wait elsewhere.
                self.sleeps.iter().for_each(|watched| watched.wakes.reset());
            }
            Step::Poll { .. } | Step::Drop { .. } => {}
        }
    }

    fn make(&mut self, on: On, after: Duration) {
        let (deadline, is_virtual) = match on {
            On::Virtual => (self.clock.now() + after, true),
            On::Ambient(_) | On::Named(_) => (self.told + after, false),
        };
        let sleep = match on {
            On::Virtual => self.clock.timers().sleep_until(deadline),
            On::Named(runtime) => self.runtimes[runtime].0.sleep_until(deadline),
            On::Ambient(runtime) => {
                let _entered = self.runtimes[runtime].0.enter();
                sleep_until(deadline)
            }
        };
        self.sleeps.push(Watched { sleep: Box::pin(sleep), deadline, is_virtual, wakes: WakeCount::new() });
    }

    /// Polls inside of a runtime that need not be the one where it waits.
    fn poll(&mut self, nth: usize, inside: usize) -> Poll<()> {
        let _entered = self.runtimes[inside].0.enter();
        let time = self.time_of(&self.sleeps[nth]);
        let watched = &mut self.sleeps[nth];
        let polled = watched.wakes.poll(watched.sleep.as_mut());
        assert!(polled.is_pending() || watched.deadline <= time, "ready early by {:?}", watched.deadline - time);
        polled
    }

    fn reset(&mut self, nth: usize, to: impl FnOnce(Instant) -> Instant) {
        let Some(watched) = self.sleeps.get_mut(nth) else { return };
        watched.deadline = to(watched.deadline);
        // A wake for what it waited for until now.
        watched.wakes.reset();
        watched.sleep.as_mut().reset(watched.deadline);
    }

    fn nobody_is_early(&self) {
        for watched in &self.sleeps {
            let time = self.time_of(watched);
            let is_woken = watched.wakes.take() > 0;
            assert!(!is_woken || watched.deadline <= time, "woken early by {:?}", watched.deadline - time);
        }
    }

    /// Drives as hosts do, from deadline to deadline: everybody is woken, within a tick.
    fn drain(mut self) {
        let begin = self.told;
        self.sleeps.retain(|watched| !watched.is_virtual);
        for nth in (0..self.sleeps.len()).rev() {
            if self.poll(nth, nth % RUNTIMES).is_ready() {
                self.sleeps.swap_remove(nth);
            }
        }
        let coarsest = self.runtimes.iter().map(|(_, tick)| *tick).max().expect("there are three");
        let next_of = |(timers, _): &(Timers, Duration)| timers.next_deadline().map(|next| (next, timers.clone()));
        while let Some((next, timers)) = self.runtimes.iter().filter_map(next_of).min_by_key(|(next, _)| *next) {
            self.told = self.told.max(next);
            timers.advance(self.told);
            let told = self.told;
            self.sleeps.retain_mut(|watched| {
                if watched.wakes.take() == 0 {
                    return true;
                }
                assert!(watched.deadline <= told, "woken early by {:?}", watched.deadline - told);
                assert!(told < watched.deadline.max(begin + NANO) + coarsest, "late by {:?}", told - watched.deadline);
                assert_eq!(watched.wakes.poll(watched.sleep.as_mut()), Poll::Ready(()));
                false
            });
        }
        assert_eq!(self.sleeps.len(), 0, "never woken");
    }
}

fn runtime(tick: usize) -> (Timers, Duration) {
    let tick = TICKS[tick % TICKS.len()];
    (Timers::builder().tick(tick).build(), tick)
}

/// From a nanosecond to an hour, as likely short as long.
fn span() -> impl Strategy<Value = Duration> {
    (0u32..42, any::<u64>()).prop_map(|(bits, noise)| Duration::from_nanos((1 << bits) | (noise & ((1 << bits) - 1))))
}

fn step() -> impl Strategy<Value = Step> {
    let on = prop_oneof![
        2 => (0..RUNTIMES).prop_map(On::Ambient),
        2 => (0..RUNTIMES).prop_map(On::Named),
        1 => Just(On::Virtual),
    ];
    let nth = any::<usize>;
    prop_oneof![
        5 => (on, span()).prop_map(|(on, after)| Step::Make { on, after }),
        6 => (nth(), 0..RUNTIMES).prop_map(|(nth, inside)| Step::Poll { nth, inside }),
        2 => (nth(), span()).prop_map(|(nth, by)| Step::Later { nth, by }),
        2 => (nth(), span()).prop_map(|(nth, by)| Step::Earlier { nth, by }),
        1 => nth().prop_map(|nth| Step::Drop { nth }),
        2 => (0..RUNTIMES, span()).prop_map(|(runtime, by)| Step::Advance { runtime, by }),
        3 => nth().prop_map(|nth| Step::ToTheNanosecondBefore { nth }),
        1 => (0..RUNTIMES, nth()).prop_map(|(runtime, tick)| Step::Close { runtime, tick }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_done_to_it_a_sleep_is_never_early_and_late_by_no_more_than_a_tick(
        ticks in any::<[usize; RUNTIMES]>(),
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let mut world = World::new(ticks);
        steps.iter().for_each(|step| world.step(step));
        world.drain();
    }
}

#[test]
fn runtimes_that_come_and_go_make_no_sleep_early() {
    const THREADS: u32 = 4;
    let start = Barrier::new(THREADS as usize);
    thread::scope(|scope| {
        for seed in 0..THREADS {
            let start = &start;
            scope.spawn(move || {
                start.wait();
                for round in 0..200 {
                    let deadline = now() + Duration::from_nanos(u64::from(seed + 7 * round) * 997 % 300_000);
                    let timers = Timers::builder().tick(TICKS[round as usize % 4]).build();
                    // Left by its host, it is driven by the helper thread.
                    drop(timers.host(std::task::Waker::noop().clone()));
                    let mut sleep = Box::pin(timers.sleep_until(deadline));
                    let is_ready = WakeCount::new().poll(sleep.as_mut()).is_ready();
                    assert!(!is_ready || now() >= deadline);
                    if round % 3 == 0 {
                        drop(timers);
                    } else if round % 3 == 1 {
                        sleep.as_mut().reset(deadline + Duration::from_micros(20));
                    }
                    let deadline = sleep.deadline();
                    block_on(sleep);
                    assert!(now() >= deadline, "early");
                }
            });
        }
    });
}
