//! Random trees of gathers, races, timeouts, groups, sets, shields and guards, with panics in them, cancelled at random points: every resource that was
//! acquired is released exactly once, inner before outer, and the same seed gives the same run.
//!
//! `MOTET_CHAOS_SEEDS=10000` runs that many; without it two thousand run.

mod wild;

use crate::support::Yield;
use futures::future::{BoxFuture, FutureExt as _};
use motet_cancel::{guard, scope, with};
use motet_combinators::{gather, join, race, select, shield, task_group, timeout, try_gather};
use motet_test::Sim;
use motet_timer::sleep;
use std::future::pending;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use wild::Wild;

/// How many seeds run if nobody says otherwise.
const SEEDS: u64 = 2_000;
/// How deep a tree is at most.
const DEPTH: u32 = 4;

/// A linear congruential generator (Knuth's); a tree and what befalls it follow from its seed.
#[derive(Clone)]
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn split(&mut self) -> Self {
        Self(self.roll(u64::MAX).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ self.0)
    }

    fn span(&mut self) -> Duration {
        Duration::from_millis(self.roll(20))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Event {
    Acquired {
        resource: usize,
        inside: Option<usize>,
    },
    Releasing(usize),
    Released(usize),
    /// How the whole ended.
    Ended(String),
}

/// What happened, in order.
#[derive(Clone, Default)]
struct History(Arc<Mutex<Vec<Event>>>);

impl History {
    fn write(&self, event: Event) {
        self.0.lock().unwrap().push(event);
    }

    fn acquire(&self, inside: Option<usize>) -> usize {
        let mut events = self.0.lock().unwrap();
        let resource = events.len();
        events.push(Event::Acquired { resource, inside });
        resource
    }

    async fn release(self, resource: usize, takes: Duration) {
        let work = async move {
            Yield::default().await;
            sleep(takes).await;
        };
        self.release_after(resource, work).await;
    }

    async fn release_after(self, resource: usize, work: impl Future<Output = ()>) {
        self.write(Event::Releasing(resource));
        work.await;
        self.write(Event::Released(resource));
    }

    /// Every resource was released once, and each inner one before its outer one began to be.
    fn check(&self) {
        let events = self.0.lock().unwrap();
        let at = |wanted: &Event| {
            let places: Vec<_> = (0..events.len()).filter(|place| events[*place] == *wanted).collect();
            assert_eq!(places.len(), 1, "{wanted:?} happened {} times: {events:#?}", places.len());
            places[0]
        };
        for event in events.iter() {
            let Event::Acquired { resource, inside } = event else { continue };
            let (begun, ended) = (at(&Event::Releasing(*resource)), at(&Event::Released(*resource)));
            assert!(begun < ended);
            if let Some(outer) = inside {
                assert!(ended < at(&Event::Releasing(*outer)), "{resource} outlived {outer}: {events:#?}");
            }
        }
    }
}

type Tree = BoxFuture<'static, ()>;

/// Where a tree grows.
#[derive(Clone)]
struct Place {
    history: History,
    sim: Sim,
    /// Somebody waits for what is cleaned up here.
    is_awaited: bool,
}

/// A random tree. `inside` is the resource around it.
fn tree(mut dice: Dice, depth: u32, inside: Option<usize>, place: Place) -> Tree {
    let kinds = if depth == 0 { 5 } else { 20 };
    let kind = dice.roll(kinds);
    let span = dice.span();
    let mut child = {
        let (mut dice, mut place) = (dice.split(), place.clone());
        place.is_awaited &= kind != 13;
        move |inside| tree(dice.split(), depth - 1, inside, place.clone())
    };
    let Place { history, sim, is_awaited } = place;
    match kind {
        0 => async {}.boxed(),
        1 => Yield::default().boxed(),
        2 => sleep(span).boxed(),
        3 => pending().boxed(),
        4 => leaf(history, inside, span).boxed(),
        5 => gather((0..=dice.roll(3)).map(|_| child(inside)).collect::<Vec<_>>()).map(drop).boxed(),
        6 => join((child(inside), child(inside))).map(drop).boxed(),
        7 => race((0..=dice.roll(3)).map(|_| child(inside)).collect::<Vec<_>>()).boxed(),
        8 => select((child(inside), child(inside))).map(drop).boxed(),
        9 => timeout(span, child(inside)).map(drop).boxed(),
        10 => fallible(child(inside), child(inside), span).boxed(),
        11 => guarded(history, inside, span, child).boxed(),
        12 => entered(history, inside, span, child).boxed(),
        // It ends by itself, and so releases what it holds.
        13 => shield(timeout(span, child(None))).map(drop).boxed(),
        14 => group(sim, child(inside), child(inside), span).boxed(),
        _ => Wild { dice, inside, span, history, sim, exits_may_panic: is_awaited }.tree(child),
    }
}

/// A resource with nothing in it, held for a while.
async fn leaf(history: History, inside: Option<usize>, span: Duration) {
    let resource = history.acquire(inside);
    let _held = guard(resource, move |resource, _outcome| history.release(resource, span));
    sleep(span).await;
}

/// One of two fails at some time.
async fn fallible(one: Tree, two: Tree, span: Duration) {
    let fails = async move {
        one.await;
        Err::<(), _>("no")
    };
    let lasts = async move {
        two.await;
        sleep(span).await;
        Ok(())
    };
    try_gather([fails.boxed(), lasts.boxed()]).await.ok();
}

async fn guarded(
    history: History,
    inside: Option<usize>,
    span: Duration,
    mut child: impl FnMut(Option<usize>) -> Tree,
) {
    let resource = history.acquire(inside);
    let held = guard(resource, move |resource, _outcome| history.release(resource, span));
    child(Some(resource)).await;
    if span.as_millis() % 2 == 0 {
        held.close().await;
    }
}

async fn entered(
    history: History,
    inside: Option<usize>,
    span: Duration,
    mut child: impl FnMut(Option<usize>) -> Tree,
) {
    let resource = history.acquire(inside);
    let work = child(Some(resource));
    with(resource, move |resource, _outcome| history.release(resource, span), async move |_: &mut usize| work.await)
        .await;
}

async fn group(sim: Sim, one: Tree, two: Tree, span: Duration) {
    let ended = task_group(&sim, |group| async move {
        let fails = span.as_millis() % 3 == 0;
        drop(group.spawn(async move {
            one.await;
            if fails { Err("no") } else { Ok(()) }
        }));
        drop(group.spawn(two.map(Ok)));
        sleep(span).await;
        if span.as_millis() % 2 == 0 {
            group.cancel();
        }
        Ok(())
    });
    ended.await.ok();
}

/// One run: the tree of this seed, cancelled at the point of this seed.
fn run(seed: u64) -> Vec<Event> {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    let history = History::default();
    let sim = Sim::new(seed);
    let (spawner, inside) = (sim.clone(), history.clone());
    sim.run(async move {
        let place = Place { history: inside.clone(), sim: spawner, is_awaited: true };
        let (whole, handle) = scope(tree(dice.split(), DEPTH, None, place));
        // A panic of an exit that was handed on from where it would have been caught.
        let whole = AssertUnwindSafe(whole).catch_unwind();
        let (cancel_at, again_at, polls) = (dice.span(), dice.span(), dice.roll(6));
        let cancels = async move {
            for _ in 0..polls {
                Yield::default().await;
            }
            sleep(cancel_at).await;
            handle.cancel("chaos");
            sleep(again_at).await;
            handle.cancel("again");
        };
        let (ended, ()) = join((whole, cancels)).await;
        inside.write(Event::Ended(format!("{ended:?}")));
        // Shields go on elsewhere, and end there.
        sleep(Duration::from_secs(3600)).await;
    });
    drop(sim);
    let events = history.0.lock().unwrap().clone();
    assert!(events.iter().any(|event| matches!(event, Event::Ended(_))));
    history.check();
    events
}

#[test]
fn whatever_is_cancelled_releases_each_resource_once_and_in_order() {
    let seeds = std::env::var("MOTET_CHAOS_SEEDS").map_or(SEEDS, |seeds| seeds.parse().expect("a number of seeds"));
    let (mut resources, mut cancelled) = (0, 0);
    for seed in 0..seeds {
        let events = std::panic::catch_unwind(|| run(seed)).unwrap_or_else(|_| panic!("seed {seed} failed"));
        resources += events.iter().filter(|event| matches!(event, Event::Acquired { .. })).count();
        cancelled +=
            usize::from(events.iter().any(|event| matches!(event, Event::Ended(how) if how.contains("chaos"))));
    }
    let seeds = usize::try_from(seeds).unwrap();
    assert!(resources > seeds && cancelled > seeds / 10, "too tame: {resources} resources, {cancelled} cancelled");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    for seed in 0..30 {
        assert_eq!(run(seed), run(seed), "seed {seed}");
    }
}
