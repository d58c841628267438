//! Items out of an async block.

use crate::drive::Task;
use motet_benches::{Cell, Family};
use std::convert::Infallible;
use std::hint::black_box;

const ITEMS: u32 = 100_000;

/// Every cell of this file.
pub(crate) fn cells(family: &mut Family) {
    family.run(plain());
    family.run(fallible());
}

fn plain() -> Cell<'static> {
    Cell::new("stream/generator_100k", ITEMS)
        .rival("motet", || {
            let items = motet_stream::stream(|mut y| async move {
                for n in 0..ITEMS {
                    y.emit(black_box(n)).await;
                }
            });
            assert_eq!(Task::new().count(items), ITEMS);
        })
        .rival("async-stream", || {
            let items = async_stream::stream! {
                for n in 0..ITEMS {
                    yield black_box(n);
                }
            };
            assert_eq!(Task::new().count(items), ITEMS);
        })
        .rival("asynk-strim", || {
            let items = asynk_strim::stream_fn(|mut y: asynk_strim::Yielder<u32>| async move {
                for n in 0..ITEMS {
                    y.yield_item(black_box(n)).await;
                }
            });
            assert_eq!(Task::new().count(items), ITEMS);
        })
}

fn fallible() -> Cell<'static> {
    Cell::new("stream/try_generator_100k", ITEMS)
        .rival("motet", || {
            let items = motet_stream::try_stream(|mut y| async move {
                for n in 0..ITEMS {
                    y.emit(black_box(n)).await;
                }
                Ok::<_, Infallible>(())
            });
            assert_eq!(Task::new().count(items), ITEMS);
        })
        .rival("async-stream", || {
            let items = async_stream::try_stream! {
                for n in 0..ITEMS {
                    let item: Result<u32, Infallible> = Ok(black_box(n));
                    yield item?;
                }
            };
            let items: std::pin::Pin<Box<dyn futures::Stream<Item = Result<u32, Infallible>>>> = Box::pin(items);
            assert_eq!(Task::new().count(items), ITEMS);
        })
        .rival("asynk-strim", || {
            let items = asynk_strim::try_stream_fn(|mut y: asynk_strim::TryYielder<u32, Infallible>| async move {
                for n in 0..ITEMS {
                    y.yield_ok(black_box(n)).await;
                }
                Ok(())
            });
            assert_eq!(Task::new().count(items), ITEMS);
        })
}
