//! One of many after another: `as_completed`, `map_bounded`, and their rivals.

use crate::drive::{Bells, Task, yield_once};
use crate::gather::{join_set, tokio_runtime};
use futures::stream::FuturesUnordered;
use futures::{StreamExt as _, stream};
use futures_buffered::{BufferedStreamExt as _, FuturesUnorderedBounded};
use futures_concurrency::future::FutureGroup;
use motet_benches::{Cell, Family};
use motet_combinators::{as_completed, gather, map_bounded};
use std::hint::black_box;

const MANY: u32 = 100_000;
const AT_ONCE: usize = 100;
const SCATTERED: u32 = 20_000;

/// Every cell of this file.
pub(crate) fn cells(family: &mut Family) {
    if family.asks_for("comb/as_completed_20k") {
        family.run(scattered());
    }
    family.run(unordered());
    family.run(ordered());
    family.run(all());
}

fn scattered() -> Cell<'static> {
    let bells = Bells::new(SCATTERED);
    let tokio = tokio_runtime();
    Cell::new("comb/as_completed_20k", SCATTERED)
        .rival("motet", move || assert_eq!(bells.count(&Task::new(), as_completed(bells.children())), SCATTERED))
        .rival("FuturesUnordered", move || {
            let all: FuturesUnordered<_> = bells.children().collect();
            assert_eq!(bells.count(&Task::new(), all), SCATTERED);
        })
        .rival("futures-buffered", move || {
            let all: FuturesUnorderedBounded<_> = bells.children().collect();
            assert_eq!(bells.count(&Task::new(), all), SCATTERED);
        })
        .rival("futures-concurrency", move || {
            let all: FutureGroup<_> = bells.children().collect();
            assert_eq!(bells.count(&Task::new(), all), SCATTERED);
        })
        .rival("tokio JoinSet", move || join_set(&tokio, bells, |child| child))
}

fn unordered() -> Cell<'static> {
    let futures = || stream::iter(0..MANY).map(yield_once);
    Cell::new("comb/limit100_of_100k", MANY)
        .rival("motet", || assert_eq!(Task::new().count(map_bounded(0..MANY, AT_ONCE, yield_once).unordered()), MANY))
        .rival("buffer_unordered", move || assert_eq!(Task::new().count(futures().buffer_unordered(AT_ONCE)), MANY))
        .rival("futures-buffered", move || assert_eq!(Task::new().count(futures().buffered_unordered(AT_ONCE)), MANY))
}

fn ordered() -> Cell<'static> {
    let futures = || stream::iter(0..MANY).map(yield_once);
    Cell::new("comb/limit100_of_100k_ordered", MANY)
        .rival("motet", || assert_eq!(Task::new().count(map_bounded(0..MANY, AT_ONCE, yield_once)), MANY))
        .rival("buffered", move || assert_eq!(Task::new().count(futures().buffered(AT_ONCE)), MANY))
        .rival("futures-buffered", move || assert_eq!(Task::new().count(futures().buffered_ordered(AT_ONCE)), MANY))
}

fn all() -> Cell<'static> {
    let futures = || stream::iter(0..MANY).map(yield_once);
    Cell::new("comb/gather_limit100_of_100k", MANY)
        .rival("motet", || drop(black_box(Task::new().run(gather((0..MANY).map(yield_once)).limit(AT_ONCE)))))
        .rival("buffered", move || drop(black_box(Task::new().run(futures().buffered(AT_ONCE).collect::<Vec<_>>()))))
        .rival("futures-buffered", move || {
            drop(black_box(Task::new().run(futures().buffered_ordered(AT_ONCE).collect::<Vec<_>>())));
        })
}
