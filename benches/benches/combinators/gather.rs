//! All of many: `gather` and its rivals.

use crate::drive::{Bells, Rings, Task, held, yield_once};
use crate::floor::{FLOOR, in_turn};
use futures::StreamExt as _;
use futures::future::join_all;
use futures::stream::FuturesUnordered;
use futures_concurrency::future::Join as _;
use motet_benches::{Cell, Family};
use motet_combinators::gather;
use std::future::{Future, ready};
use std::hint::black_box;
use tokio::runtime::Runtime;
use tokio::task::{JoinSet, LocalSet};

/// How many children a round has, about: enough to outweigh a look at the clock.
const CHILDREN: u32 = 20_000;

/// With more than so many, to poll all of them at each wake is no floor.
const FEW: u32 = 10;

/// Every cell of this file.
pub(crate) fn cells(family: &mut Family) {
    for (name, children) in [("comb/gather10_ready", 10), ("comb/gather1000_ready", 1000)] {
        family.run(polled(name, children, ready));
    }
    let yielding = [("comb/gather10_yield", 10), ("comb/gather1000_yield", 1000), ("comb/gather100k_yield", 100_000)];
    for (name, children) in yielding {
        family.run(polled(name, children, yield_once));
    }
    let scattered =
        [("comb/gather10_scattered", 10), ("comb/gather1000_scattered", 1000), ("comb/gather20k_scattered", 20_000)];
    for (name, children) in scattered {
        if family.asks_for(name) {
            family.run(rung(name, children, |child| child));
        }
    }
    if family.asks_for("comb/gather10_held") {
        family.run(rung("comb/gather10_held", 10, held));
    }
}

/// A runtime of tokio's on this thread.
pub(crate) fn tokio_runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().build().expect("it starts no thread")
}

/// One gather of so many children, polled by this task.
type Once<F> = fn(&Task, u32, fn(u32) -> F);

/// Children that need nobody to wake them.
fn polled<F>(name: &'static str, children: u32, child: fn(u32) -> F) -> Cell<'static>
where
    F: Future<Output = u32> + Send + Unpin + 'static,
{
    let rounds = (CHILDREN / children).max(1);
    let times = move |once: Once<F>| {
        let task = Task::new();
        move || (0..rounds).for_each(|_| once(&task, children, child))
    };
    let tokio = tokio_runtime();
    Cell::new(name, rounds * children)
        .rival("motet", times(|task, n, child| drop(black_box(task.run(gather((0..n).map(child)))))))
        .rival("futures join_all", times(|task, n, child| drop(black_box(task.run(join_all((0..n).map(child)))))))
        .rival(
            "FuturesUnordered",
            times(|task, n, child| {
                let all: FuturesUnordered<_> = (0..n).map(child).collect();
                drop(black_box(task.run(all.collect::<Vec<_>>())));
            }),
        )
        .rival(
            "futures-buffered",
            times(|task, n, child| drop(black_box(task.run(futures_buffered::join_all((0..n).map(child)))))),
        )
        .rival(
            "futures-concurrency",
            times(|task, n, child| drop(black_box(task.run((0..n).map(child).collect::<Vec<_>>().join())))),
        )
        .rival("tokio JoinSet", move || {
            for _ in 0..rounds {
                tokio.block_on(async {
                    let all: JoinSet<_> = (0..children).map(child).collect();
                    drop(black_box(all.join_all().await));
                });
            }
        })
        .floor(
            FLOOR,
            times(|task, n, child| drop(black_box(in_turn::gather((0..n).map(child), |children| task.run(children))))),
        )
}

/// Children that are woken one after another.
fn rung<F, C>(name: &'static str, children: u32, child: C) -> Cell<'static>
where
    F: Future<Output = u32> + Unpin + 'static,
    C: Fn(Rings) -> F + Copy + 'static,
{
    let rounds = (CHILDREN / children).max(1);
    let bells = Bells::new(children);
    let times = move |once: fn(&Task, Bells, C)| {
        let task = Task::new();
        move || (0..rounds).for_each(|_| once(&task, bells, child))
    };
    let tokio = tokio_runtime();
    let cell = Cell::new(name, rounds * children)
        .rounds(if children > 1000 { 7 } else { 15 })
        .rival(
            "motet",
            times(|task, bells, child| drop(black_box(bells.run(task, gather(bells.children().map(child)))))),
        )
        .rival(
            "futures join_all",
            times(|task, bells, child| drop(black_box(bells.run(task, join_all(bells.children().map(child)))))),
        )
        .rival(
            "FuturesUnordered",
            times(|task, bells, child| {
                let all: FuturesUnordered<_> = bells.children().map(child).collect();
                drop(black_box(bells.run(task, all.collect::<Vec<_>>())));
            }),
        )
        .rival(
            "futures-buffered",
            times(|task, bells, child| {
                drop(black_box(bells.run(task, futures_buffered::join_all(bells.children().map(child)))));
            }),
        )
        .rival(
            "futures-concurrency",
            times(|task, bells, child| {
                drop(black_box(bells.run(task, bells.children().map(child).collect::<Vec<_>>().join())));
            }),
        )
        .rival("tokio JoinSet", move || (0..rounds).for_each(|_| join_set(&tokio, bells, child)));
    if children > FEW {
        return cell;
    }
    cell.floor(
        FLOOR,
        times(|task, bells, child| {
            drop(black_box(in_turn::gather(bells.children().map(child), |children| bells.run(task, children))));
        }),
    )
}

/// Takes each child of a `JoinSet` after its bell.
pub(crate) fn join_set<F>(tokio: &Runtime, bells: Bells, child: impl Fn(Rings) -> F)
where
    F: Future<Output = u32> + 'static,
{
    LocalSet::new().block_on(tokio, async {
        let mut set = JoinSet::new();
        for rings in bells.children() {
            set.spawn_local(child(rings));
        }
        // All of them are at their bells.
        tokio::task::yield_now().await;
        let all = &mut set;
        bells.ring_all_async(async move || drop(black_box(all.join_next().await))).await;
    });
}
