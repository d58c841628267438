//! Floors: the same few futures polled in turn by hand, with nothing kept but what has to be.

use crate::drive::{Bells, Task, yield_once};
use motet_benches::{Cell, Family};
use motet_combinators::{gather, join};
use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::task::{Context, Poll};

const JOINS: u32 = 100_000;
const TEN: u32 = 10;
const ROUNDS: u32 = 2_000;

/// Every cell of this file.
pub(crate) fn cells(family: &mut Family) {
    family.run(three());
    family.run(ten_that_yield());
    family.run(ten_that_are_rung());
}

/// Futures polled in turn until each has given a number.
struct InTurn<'a, C> {
    futures: &'a mut [C],
    numbers: &'a mut [Option<u32>],
}

impl<C: Future<Output = u32> + Unpin> Future for InTurn<'_, C> {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { futures, numbers } = &mut *self;
        let mut all = true;
        for (future, number) in futures.iter_mut().zip(numbers.iter_mut()) {
            if number.is_none() {
                match Pin::new(future).poll(cx) {
                    Poll::Ready(output) => *number = Some(output),
                    Poll::Pending => all = false,
                }
            }
        }
        if all { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// As many as a gather of ten takes.
fn ten<C>(children: impl Iterator<Item = C>) -> (Vec<C>, Vec<Option<u32>>) {
    (children.collect(), vec![None; TEN as usize])
}

fn three() -> Cell<'static> {
    let (ours, by_hand) = (Task::new(), Task::new());
    let futures = |n| [yield_once(n), yield_once(n), yield_once(n)];
    let tuple = |n| (yield_once(n), yield_once(n), yield_once(n));
    Cell::new("floor/join3", JOINS)
        .rival("motet", move || (0..JOINS).for_each(|n| _ = black_box(ours.run(join(tuple(n))))))
        .rival("by hand", move || {
            for n in 0..JOINS {
                let (mut futures, mut numbers) = (futures(n), [None; 3]);
                by_hand.run(InTurn { futures: &mut futures, numbers: &mut numbers });
                black_box(numbers);
            }
        })
}

fn ten_that_yield() -> Cell<'static> {
    let (ours, by_hand) = (Task::new(), Task::new());
    Cell::new("floor/gather10_yield", TEN * ROUNDS)
        .rival("motet", move || {
            (0..ROUNDS).for_each(|_| drop(black_box(ours.run(gather((0..TEN).map(yield_once))))));
        })
        .rival("by hand", move || {
            for _ in 0..ROUNDS {
                let (mut futures, mut numbers) = ten((0..TEN).map(yield_once));
                by_hand.run(InTurn { futures: &mut futures, numbers: &mut numbers });
                drop(black_box(numbers));
            }
        })
}

fn ten_that_are_rung() -> Cell<'static> {
    let bells = Bells::new(TEN);
    let (ours, by_hand) = (Task::new(), Task::new());
    Cell::new("floor/gather10_scattered", TEN * ROUNDS)
        .rival("motet", move || {
            (0..ROUNDS).for_each(|_| drop(black_box(bells.run(&ours, gather(bells.children())))));
        })
        .rival("by hand", move || {
            for _ in 0..ROUNDS {
                let (mut futures, mut numbers) = ten(bells.children());
                bells.run(&by_hand, InTurn { futures: &mut futures, numbers: &mut numbers });
                drop(black_box(numbers));
            }
        })
}
