//! A few futures polled in turn until each has given a number.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Polls each that is still waiting, at every wake.
pub(crate) struct InTurn<'a, C>(&'a mut [Child<C>]);

enum Child<C> {
    Waiting(C),
    Done(u32),
}

/// All numbers, by one allocation.
#[inline]
pub(crate) fn gather<C>(children: impl Iterator<Item = C>, run: impl FnOnce(InTurn<'_, C>)) -> Vec<u32> {
    let mut children: Vec<_> = children.map(Child::Waiting).collect();
    run(InTurn(&mut children));
    children.into_iter().map(Child::number).collect()
}

/// Three, each with its number beside it.
pub(crate) struct Three<C> {
    pub(crate) children: [C; 3],
    pub(crate) numbers: [Option<u32>; 3],
}

impl<C> Child<C> {
    #[inline]
    fn number(self) -> u32 {
        match self {
            Self::Done(number) => number,
            Self::Waiting(_) => panic!("it was not polled to its end"),
        }
    }
}

impl<C: Future<Output = u32> + Unpin> Future for InTurn<'_, C> {
    type Output = ();

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let mut all = true;
        for child in self.0.iter_mut() {
            if let Child::Waiting(future) = child {
                match Pin::new(future).poll(cx) {
                    Poll::Ready(number) => *child = Child::Done(number),
                    Poll::Pending => all = false,
                }
            }
        }
        if all { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl<C: Future<Output = u32> + Unpin> Future for Three<C> {
    type Output = [u32; 3];

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<[u32; 3]> {
        let Self { children, numbers } = &mut *self;
        for (child, number) in children.iter_mut().zip(numbers.iter_mut()) {
            if number.is_none() {
                if let Poll::Ready(output) = Pin::new(child).poll(cx) {
                    *number = Some(output);
                }
            }
        }
        match *numbers {
            [Some(a), Some(b), Some(c)] => Poll::Ready([a, b, c]),
            _ => Poll::Pending,
        }
    }
}
