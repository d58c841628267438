//! Items out of an async block.
//!
//! Each item is made opaque to the compiler where it is produced and where it is consumed, for all contestants alike. What remains is a
//! question of taste, so both answers are here: a consumer that is compiled together with the body, where luck in inlining decides much, and one that
//! knows the stream by its vtable only, as across crates.

use crate::drive::Task;
use crate::floor::{FLOOR, checked};
use futures::Stream;
use motet_benches::{Cell, Family};
use std::convert::Infallible;
use std::hint::black_box;
use std::pin::{Pin, pin};

const ITEMS: u32 = 100_000;

/// Every cell of this file.
pub(crate) fn cells(family: &mut Family) {
    family.run(
        Cell::new("stream/generator_100k", ITEMS)
            .rival("motet", || inlined(motet()))
            .rival("async-stream", || inlined(async_stream()))
            .rival("asynk-strim", || inlined(asynk_strim()))
            .floor(FLOOR, || inlined(floor())),
    );
    family.run(
        Cell::new("stream/generator_100k_dyn", ITEMS)
            .rival("motet", || opaque(motet()))
            .rival("async-stream", || opaque(async_stream()))
            .rival("asynk-strim", || opaque(asynk_strim()))
            .floor(FLOOR, || opaque(floor())),
    );
    family.run(
        Cell::new("stream/try_generator_100k", ITEMS)
            .rival("motet", || inlined(try_motet()))
            .rival("async-stream", || inlined(try_async_stream()))
            .rival("asynk-strim", || inlined(try_asynk_strim())),
    );
}

/// Takes all items in a loop that knows what it polls.
fn inlined(items: impl Stream) {
    assert_eq!(Task::new().count(items), ITEMS);
}

/// The same through a vtable.
fn opaque<Y>(items: impl Stream<Item = Y>) {
    let items = pin!(items);
    let items: Pin<&mut dyn Stream<Item = Y>> = items;
    assert_eq!(Task::new().count(black_box(items)), ITEMS);
}

fn motet() -> impl Stream<Item = u32> {
    motet_stream::stream(|mut y| async move {
        for n in 0..ITEMS {
            y.emit(black_box(n)).await;
        }
    })
}

fn async_stream() -> impl Stream<Item = u32> {
    async_stream::stream! {
        for n in 0..ITEMS {
            yield black_box(n);
        }
    }
}

fn asynk_strim() -> impl Stream<Item = u32> {
    asynk_strim::stream_fn(|mut y: asynk_strim::Yielder<u32>| async move {
        for n in 0..ITEMS {
            y.yield_item(black_box(n)).await;
        }
    })
}

fn floor() -> impl Stream<Item = u32> {
    checked::stream(|mut y| async move {
        for n in 0..ITEMS {
            y.emit(black_box(n)).await;
        }
    })
}

fn try_motet() -> impl Stream<Item = Result<u32, Infallible>> {
    motet_stream::try_stream(|mut y| async move {
        for n in 0..ITEMS {
            y.emit(black_box(n)).await;
        }
        Ok(())
    })
}

fn try_async_stream() -> impl Stream<Item = Result<u32, Infallible>> {
    async_stream::try_stream! {
        for n in 0..ITEMS {
            let item: Result<u32, Infallible> = Ok(black_box(n));
            yield item?;
        }
    }
}

fn try_asynk_strim() -> impl Stream<Item = Result<u32, Infallible>> {
    asynk_strim::try_stream_fn(|mut y: asynk_strim::TryYielder<u32, Infallible>| async move {
        for n in 0..ITEMS {
            y.yield_ok(black_box(n)).await;
        }
        Ok(())
    })
}
