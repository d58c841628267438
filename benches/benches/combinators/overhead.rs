//! What cancellation costs whoever is not cancelled, and what ten thousand exits cost who is.

use crate::drive::Task;
use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use motet_benches::{Cell, Family};
use motet_cancel::{guard, scope, with};
use motet_executor::yield_now;
use std::hint::black_box;

const POLLS: u32 = 1_000;
const TASKS: u32 = 20;
const EXITS: u32 = 10_000;

/// Every cell of this file.
pub(crate) fn cells(family: &mut Family) {
    family.run(scope_of_yields());
    family.run(with_uncancelled());
    family.run(exits_at_once());
}

async fn yields() {
    for _ in 0..POLLS {
        yield_now().await;
    }
}

fn scope_of_yields() -> Cell<'static> {
    Cell::new("cancel/scope_of_yields", POLLS * TASKS)
        .rival("motet scope", || {
            for _ in 0..TASKS {
                Task::new().run(scope(yields()).0).expect("nobody cancels it");
            }
        })
        .rival("without", || (0..TASKS).for_each(|_| Task::new().run(yields())))
}

fn with_uncancelled() -> Cell<'static> {
    Cell::new("cancel/with_uncancelled", EXITS)
        .rival("motet with", || {
            let task = Task::new();
            for n in 0..EXITS {
                task.run(async {
                    with(
                        n,
                        async |n, _outcome| consume(n),
                        async |n: &mut u32| {
                            yield_now().await;
                            *n += 1;
                        },
                    )
                    .await;
                });
            }
        })
        .rival("by hand", || {
            let task = Task::new();
            for n in 0..EXITS {
                task.run(async {
                    let mut n = n;
                    yield_now().await;
                    n += 1;
                    async move { consume(n) }.await;
                });
            }
        })
}

fn exits_at_once() -> Cell<'static> {
    Cell::new("cancel/exits_10k_at_once", EXITS)
        .rival("motet scope", || {
            let (exits, _handle) = scope(async {
                let guards: Vec<_> = (0..EXITS)
                    .map(|n| {
                        guard(n, async |n, _outcome| {
                            yield_now().await;
                            consume(n);
                        })
                    })
                    .collect();
                drop(guards);
            });
            Task::new().run(exits).expect("nobody cancels it");
        })
        .rival("FuturesUnordered", || {
            let exits: FuturesUnordered<BoxFuture<'static, ()>> = (0..EXITS)
                .map(|n| -> BoxFuture<'static, ()> {
                    Box::pin(async move {
                        yield_now().await;
                        consume(n);
                    })
                })
                .collect();
            Task::new().run(exits.collect::<Vec<_>>());
        })
}

/// What an exit does.
fn consume(n: u32) {
    black_box(n);
}
