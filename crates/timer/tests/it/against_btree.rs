//! Whole timers against a model that is plainly right: a `BTreeMap` from deadline and order of arming to sleep.

use motet_timer::{Sleep, Timer, Timers};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};
use std::time::{Duration, Instant};

/// Writes down who was woken.
struct Logged {
    id: usize,
    log: Arc<Mutex<Vec<usize>>>,
}

impl Wake for Logged {
    fn wake(self: Arc<Self>) {
        self.log.lock().unwrap().push(self.id);
    }
}

struct Pair {
    timers: Timers,
    now: Instant,
    sleeps: BTreeMap<usize, Pin<Box<Sleep>>>,
    /// By deadline and order of arming: which sleep.
    model: BTreeMap<(Instant, usize), usize>,
    /// Where each armed sleep is in the model.
    places: BTreeMap<usize, (Instant, usize)>,
    arms: usize,
    log: Arc<Mutex<Vec<usize>>>,
}

impl Pair {
    fn new(timers: Timers) -> Self {
        Self {
            now: timers.now(),
            timers,
            sleeps: BTreeMap::new(),
            model: BTreeMap::new(),
            places: BTreeMap::new(),
            arms: 0,
            log: Arc::default(),
        }
    }

    fn place(&mut self, id: usize, deadline: Instant) {
        if let Some(place) = self.places.remove(&id) {
            self.model.remove(&place);
        }
        self.model.insert((deadline, self.arms), id);
        self.places.insert(id, (deadline, self.arms));
        self.arms += 1;
    }

    fn poll(&mut self, id: usize) -> bool {
        let waker = Waker::from(Arc::new(Logged { id, log: self.log.clone() }));
        let sleep = self.sleeps.get_mut(&id).expect("an id in use");
        sleep.as_mut().poll(&mut Context::from_waker(&waker)).is_ready()
    }

    fn arm(&mut self, after: Duration) {
        let id = self.arms;
        let deadline = self.now + after;
        self.sleeps.insert(id, Box::pin(self.timers.sleep_until(deadline)));
        if !self.poll(id) {
            self.place(id, deadline);
        }
    }

    fn nth(&self, n: usize) -> Option<usize> {
        self.places.keys().nth(n % self.places.len().max(1)).copied()
    }

    fn drop_nth(&mut self, n: usize) {
        let Some(id) = self.nth(n) else { return };
        let place = self.places.remove(&id).expect("an id in place");
        self.model.remove(&place);
        self.sleeps.remove(&id);
    }

    fn reset_nth(&mut self, n: usize, after: Duration) {
        let Some(id) = self.nth(n) else { return };
        let deadline = self.now + after;
        self.sleeps.get_mut(&id).expect("an id in use").as_mut().reset(deadline);
        self.place(id, deadline);
    }

    /// Who is woken up to `to`, by the timers and by the model.
    fn advance(&mut self, to: Instant) -> (Vec<usize>, Vec<usize>) {
        self.now = to;
        let count = self.timers.advance(to);
        let woken = std::mem::take(&mut *self.log.lock().unwrap());
        assert_eq!(count, woken.len());
        let later = self.model.split_off(&(to + Duration::from_nanos(1), 0));
        let due: Vec<_> = std::mem::replace(&mut self.model, later).into_values().collect();
        due.iter().for_each(|id| assert!(self.places.remove(id).is_some()));
        for id in &woken {
            assert!(self.poll(*id), "woken, and not ready");
            self.sleeps.remove(id);
        }
        (woken, due)
    }
}

#[derive(Clone, Debug)]
enum Step {
    Arm(Duration),
    Drop(usize),
    Reset(usize, Duration),
    PollAgain(usize),
    Advance(Duration),
    AdvanceToNext,
}

/// From a nanosecond to an hour, as likely short as long; never zero, so that nothing is due when it is armed.
fn span() -> impl Strategy<Value = Duration> {
    (0u32..42, any::<u64>()).prop_map(|(bits, noise)| Duration::from_nanos((1 << bits) | (noise & ((1 << bits) - 1))))
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => span().prop_map(Step::Arm),
        2 => any::<usize>().prop_map(Step::Drop),
        3 => (any::<usize>(), span()).prop_map(|(n, after)| Step::Reset(n, after)),
        1 => any::<usize>().prop_map(Step::PollAgain),
        2 => span().prop_map(Step::Advance),
        3 => Just(Step::AdvanceToNext),
    ]
}

/// Runs the steps; `start` is where the time of the deadlines starts. Gives the woken, in order, by both.
fn run(timers: Timers, ahead: Duration, steps: Vec<Step>) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
    let mut pair = Pair::new(timers);
    pair.now += ahead;
    pair.timers.advance(pair.now);
    let (mut woken, mut due) = (Vec::new(), Vec::new());
    for step in steps {
        let to = match step {
            Step::Arm(after) => {
                pair.arm(after);
                continue;
            }
            Step::Drop(n) => {
                pair.drop_nth(n);
                continue;
            }
            Step::Reset(n, after) => {
                pair.reset_nth(n, after);
                continue;
            }
            Step::PollAgain(n) => {
                if let Some(id) = pair.nth(n) {
                    assert!(!pair.poll(id), "ready, and not woken");
                }
                continue;
            }
            Step::Advance(by) => pair.now + by,
            Step::AdvanceToNext => match pair.model.keys().next() {
                Some(&(deadline, _)) => {
                    assert!(pair.timers.next_deadline() <= Some(deadline), "later than the next");
                    deadline
                }
                None => {
                    assert_eq!(pair.timers.next_deadline(), None);
                    continue;
                }
            },
        };
        let (by_timers, by_model) = pair.advance(to);
        woken.push(by_timers);
        due.push(by_model);
    }
    (woken, due)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn virtual_timers_wake_in_the_models_order(steps in prop::collection::vec(step(), 1..80)) {
        let (timers, _clock) = Timers::virtual_time();
        let (woken, due) = run(timers, Duration::ZERO, steps);
        prop_assert_eq!(woken, due);
    }

    #[test]
    fn real_timers_wake_the_same_ones_at_the_same_times(steps in prop::collection::vec(step(), 1..80)) {
        // Far ahead of the real time, so that only `advance` decides what is due.
        let (mut woken, mut due) = run(Timers::new(), Duration::from_secs(1 << 30), steps);
        woken.iter_mut().chain(&mut due).for_each(|ids| ids.sort_unstable());
        prop_assert_eq!(woken, due);
    }
}
