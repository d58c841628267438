//! `try_stream`: an async block that emits items and may fail, as a `Stream` of results.

use crate::emitting::Emitting;
use crate::frame::new_id;
use crate::stream::Yielder;
use core::convert::Infallible;
use core::pin::Pin;
use core::task::{Context, Poll};
use futures_core::stream::{FusedStream, Stream};
use pin_project_lite::pin_project;

/// Turns an async block that emits items and may fail into a stream of results; `?` works inside.
///
/// Each emitted item comes as `Ok`. If the body fails, its error comes last, as `Err`; then the stream has ended. What
/// [`stream`](crate::stream()) says holds here too.
///
/// ```
/// use futures::{StreamExt, executor::block_on};
/// use motet_stream::try_stream;
/// use std::num::ParseIntError;
///
/// let numbers = try_stream(|mut y| async move {
///     for word in ["1", "2", "three", "4"] {
///         y.emit(word.parse::<i32>()?).await;
///     }
///     Ok::<_, ParseIntError>(())
/// });
/// let numbers: Vec<_> = block_on(numbers.collect());
/// assert_eq!(numbers[..2], [Ok(1), Ok(2)]);
/// assert!(numbers[2].is_err());
/// assert_eq!(numbers.len(), 3);
/// ```
pub fn try_stream<Y, E, F>(f: impl FnOnce(Yielder<Y>) -> F) -> impl FusedStream<Item = Result<Y, E>>
where
    F: Future<Output = Result<(), E>>,
{
    let (id, key) = new_id();
    Fallible { emitting: Emitting::new(id, f(Yielder { key })), error: None }
}

pin_project! {
    struct Fallible<Y, E, F> {
        #[pin]
        emitting: Emitting<Y, Infallible, F>,
        // The body failed in the poll in which an item was still on its way.
        error: Option<E>,
    }
}

impl<Y, E, F: Future<Output = Result<(), E>>> Stream for Fallible<Y, E, F> {
    type Item = Result<Y, E>;

    // Always: it is no more than a frame around the body's poll, and an item's way is short where the compiler sees both of its ends.
    #[inline(always)]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.project();
        let (polled, output) = this.emitting.poll_item(cx, &mut None);
        if let Some(Err(error)) = output {
            *this.error = Some(error);
        }
        match polled {
            Poll::Ready(Some(item)) => Poll::Ready(Some(Ok(item))),
            Poll::Ready(None) => Poll::Ready(this.error.take().map(Err)),
            Poll::Pending => Poll::Pending,
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        if self.error.is_some() { (1, Some(1)) } else { self.emitting.size_hint() }
    }
}

impl<Y, E, F: Future<Output = Result<(), E>>> FusedStream for Fallible<Y, E, F> {
    fn is_terminated(&self) -> bool {
        self.emitting.has_ended() && self.error.is_none()
    }
}
