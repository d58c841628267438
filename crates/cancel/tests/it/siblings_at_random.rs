//! Combinators within one another that drop guards in a random order, over many polls: each exit begins after all that it must wait for, and all of them end.

use motet_cancel::frame::Siblings;
use motet_cancel::{Guard, checkpoint, guard, scope};
use motet_test::Stepped;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

const ROUNDS: usize = 8;
const CHILDREN: usize = 3;

/// A small generator: the same seed gives the same run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

/// What became of one guard: moments in the order of the whole run.
#[derive(Clone, Default)]
struct Life {
    path: Vec<usize>,
    made: usize,
    dropped: usize,
    begun: usize,
    ended: usize,
}

/// The lives of all guards, and the last moment.
#[derive(Clone, Default)]
struct Record(Arc<Mutex<(usize, Vec<Life>)>>);

type Exit = Pin<Box<dyn Future<Output = ()> + Send>>;
type Held = (usize, Vec<usize>, Guard<(), Box<dyn FnOnce((), motet_cancel::Outcome) -> Exit + Send>>);

impl Record {
    fn note(&self, change: impl FnOnce(&mut Vec<Life>, usize)) {
        let mut record = self.0.lock().unwrap();
        record.0 += 1;
        let now = record.0;
        change(&mut record.1, now);
    }

    /// A guard that is held by the child at this path, and whose exit yields so often.
    fn guard(&self, path: &[usize], yields: usize) -> Held {
        let mut number = 0;
        self.note(|lives, now| {
            number = lives.len();
            lives.push(Life { path: path.to_vec(), made: now, ..Life::default() });
        });
        let record = self.clone();
        let exit = move |(), _| -> Exit {
            Box::pin(async move {
                record.note(|lives, now| lives[number].begun = now);
                for _ in 0..yields {
                    checkpoint().await;
                }
                record.note(|lives, now| lives[number].ended = now);
            })
        };
        (number, path.to_vec(), guard((), Box::new(exit)))
    }

    fn drop(&self, (number, _, guard): Held) {
        self.note(|lives, now| lives[number].dropped = now);
        drop(guard);
    }
}

/// Takes some of what is held at this path.
fn some_at(held: &mut Vec<Held>, path: &[usize], random: &mut Random) -> Vec<Held> {
    let (some, rest) = std::mem::take(held).into_iter().partition(|(_, at, _)| at == path && random.below(3) == 0);
    *held = rest;
    some
}

/// A body with a combinator, whose first child is a combinator itself: each child makes and drops guards as it is polled.
async fn body(record: Record, seed: u64) {
    let mut random = Random(seed);
    let (mut outer, mut inner, mut held) = (Siblings::new(), Siblings::new(), Vec::new());
    let step = |path: &[usize], held: &mut Vec<Held>, random: &mut Random| {
        for _ in 0..random.below(3) {
            held.push(record.guard(path, random.below(4)));
        }
        some_at(held, path, random).into_iter().for_each(|guard| record.drop(guard));
    };
    for _ in 0..ROUNDS {
        step(&[], &mut held, &mut random);
        let polls = outer.begin();
        for child in 0..CHILDREN {
            Siblings::child(child);
            step(&[child], &mut held, &mut random);
            if child == 0 {
                let inner_polls = inner.begin();
                for child in 0..CHILDREN {
                    Siblings::child(child);
                    step(&[0, child], &mut held, &mut random);
                }
                drop(inner_polls);
                step(&[0], &mut held, &mut random);
                let alone = random.below(CHILDREN);
                inner.alone(alone, || step(&[0, alone], &mut held, &mut random));
            }
        }
        drop(polls);
        checkpoint().await;
    }
    for guard in held.into_iter().rev() {
        let (_, path, _) = &guard;
        match *path.as_slice() {
            [child, within] => outer.alone(child, || inner.alone(within, || record.drop(guard))),
            [child] => outer.alone(child, || record.drop(guard)),
            _ => record.drop(guard),
        }
    }
}

#[test]
fn every_exit_waits_for_what_its_child_and_those_around_left_since_its_guard_was_made() {
    for seed in 0..300 {
        let record = Record::default();
        let (work, _handle) = scope(body(record.clone(), seed));
        assert!(Stepped::new(work).poll_until_stalled().is_ready(), "seed {seed}");
        let (_, lives) = &*record.0.lock().unwrap();
        assert!(lives.len() > 10 && lives.iter().all(|life| life.ended > 0), "seed {seed}");
        for later in lives {
            for earlier in lives.iter().filter(|life| later.made < life.dropped && life.dropped < later.dropped) {
                let related = later.path.starts_with(&earlier.path) || earlier.path.starts_with(&later.path);
                let waited = earlier.ended < later.begun;
                assert!(waited || !related, "seed {seed}: {:?} did not wait for {:?}", later.path, earlier.path);
            }
        }
    }
}
