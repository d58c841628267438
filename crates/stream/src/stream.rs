//! `stream`: an async block that emits items, as a `Stream`.

use crate::emission::poll_emit;
use crate::emitting::Emitting;
use crate::frame::{Key, new_id};
use core::convert::Infallible;
use core::fmt;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll};
use futures_core::stream::{FusedStream, Stream};
use pin_project_lite::pin_project;

/// Turns an async block that emits items into a stream.
///
/// For sources that are easier to write as a loop than as a state machine. The body runs as far as the next [`emit`](Yielder::emit) when the stream
/// is polled, never ahead of it; it may borrow, await anything, and poll other such streams. No allocation; the consumer's waker passes
/// through unchanged. Fused: it gives `None` for ever once the body has ended. Python: an asynchronous generator (PEP 525).
///
/// ```
/// use futures::{StreamExt, executor::block_on};
/// use motet_stream::stream;
///
/// let countdown = stream(|mut y| async move {
///     for n in (1..=3).rev() {
///         y.emit(n).await;
///     }
/// });
/// assert_eq!(block_on(countdown.collect::<Vec<_>>()), [3, 2, 1]);
/// ```
///
/// Dropped early, it drops its body; what the body's guards leave to clean up goes to the current frame. To wait for that cleanup, wrap the
/// stream in [`closing`](crate::closing()).
pub fn stream<Y, F>(f: impl FnOnce(Yielder<Y>) -> F) -> impl FusedStream<Item = Y>
where
    F: Future<Output = ()>,
{
    let (id, key) = new_id();
    Plain { emitting: Emitting::new(id, f(Yielder { key })) }
}

/// Emits the items of a [`stream`] or [`try_stream`](crate::try_stream()), from inside of it.
///
/// ```
/// use futures::{StreamExt, executor::block_on};
/// use motet_stream::{Yielder, stream};
///
/// async fn emit_twice(y: &mut Yielder<&'static str>, word: &'static str) {
///     y.emit(word).await;
///     y.emit(word).await;
/// }
///
/// let words = stream(|mut y| async move { emit_twice(&mut y, "ha").await });
/// assert_eq!(block_on(words.collect::<Vec<_>>()).concat(), "haha");
/// ```
pub struct Yielder<Y> {
    pub(crate) key: Key<Y, Infallible>,
}

impl<Y> Yielder<Y> {
    /// Gives an item to the consumer, and goes on when the consumer asks for the next one.
    ///
    /// Inside something that polls again what was woken during its own poll (a `FuturesUnordered`, say) it goes on at once, as far as the next
    /// emission.
    ///
    /// # Cancel safety
    ///
    /// Dropped before its first poll, the item is dropped with it. Dropped later, the item is emitted all the same, unless the slot was
    /// still taken by another that was dropped like this in the same poll.
    ///
    /// # Panics
    ///
    /// If the stream that the yielder was made for is not being polled here: the yielder was sent to another task, or kept beyond its
    /// stream.
    #[inline]
    pub fn emit(&mut self, item: Y) -> Emit<'_, Y> {
        Emit { key: self.key.copy(), item: Some(item), yielder: PhantomData }
    }
}

/// The future of [`Yielder::emit`].
#[must_use = "nothing is emitted unless this is awaited"]
pub struct Emit<'a, Y> {
    key: Key<Y, Infallible>,
    /// `None`: it is in the slot, or was taken from there.
    item: Option<Y>,
    yielder: PhantomData<&'a mut Yielder<Y>>,
}

// An item is not pinned.
impl<Y> Unpin for Emit<'_, Y> {}

impl<Y> Future for Emit<'_, Y> {
    type Output = ();

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Self { key, item, .. } = self.get_mut();
        poll_emit(key, item, cx)
    }
}

impl<Y> fmt::Debug for Emit<'_, Y> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emit").finish_non_exhaustive()
    }
}

impl<Y> fmt::Debug for Yielder<Y> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Yielder").finish_non_exhaustive()
    }
}

pin_project! {
    struct Plain<Y, F> {
        #[pin]
        emitting: Emitting<Y, Infallible, F>,
    }
}

impl<Y, F: Future<Output = ()>> Stream for Plain<Y, F> {
    type Item = Y;

    // Always: it is no more than a frame around the body's poll, and an item's way is short where the compiler sees both of its ends.
    #[inline(always)]
    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Y>> {
        self.project().emitting.poll_item(cx, &mut None).0
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.emitting.size_hint()
    }
}

impl<Y, F: Future<Output = ()>> FusedStream for Plain<Y, F> {
    fn is_terminated(&self) -> bool {
        self.emitting.has_ended()
    }
}
