//! `generator`: an async block that emits items and is sent values in return.

use crate::close;
use crate::emission::poll_exchange;
use crate::emitting::Emitting;
use crate::frame::{Key, new_id};
use core::fmt;
use core::future::poll_fn;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll};
use futures_core::stream::{FusedStream, Stream};

/// Turns an async block that emits items, and wants an answer to each, into a generator.
///
/// For conversations: the consumer sends a value in, and gets the next item for it. Where nothing is sent in, take [`stream`](crate::stream()).
/// The body is boxed, so that the generator is `Unpin`. Python: an asynchronous generator with `asend` (PEP 525).
///
/// ```
/// # futures::executor::block_on(async {
/// use motet_stream::generator;
///
/// let mut average = generator(|mut y| async move {
///     let (mut sum, mut count) = (0, 0);
///     let mut next = y.emit(0).await;
///     while let Some(value) = next {
///         (sum, count) = (sum + value, count + 1);
///         next = y.emit(sum / count).await;
///     }
/// });
/// assert_eq!(average.next().await, Some(0));
/// assert_eq!(average.send(10).await, Some(10));
/// assert_eq!(average.send(20).await, Some(15));
/// assert_eq!(average.next().await, None, "nothing was sent in, so the loop ends");
/// # });
/// ```
pub fn generator<Y, R, F>(f: impl FnOnce(GenYielder<Y, R>) -> F) -> Generator<Y, R, F>
where
    F: Future<Output = ()>,
{
    let (id, key) = new_id();
    Generator { emitting: Box::pin(Emitting::new(id, f(GenYielder { key }))), sent: None }
}

/// Emits the items of a [`generator`] and gets what is sent in, from inside of it.
pub struct GenYielder<Y, R> {
    key: Key<Y, R>,
}

impl<Y, R> GenYielder<Y, R> {
    /// Gives an item to the consumer; the value that the consumer [sends](Generator::send) when it asks for the next one, or `None` if
    /// it only asks.
    ///
    /// # Cancel safety
    ///
    /// As that of [`Yielder::emit`](crate::Yielder::emit). The answer to an emission that was dropped has no taker.
    ///
    /// # Panics
    ///
    /// As [`Yielder::emit`](crate::Yielder::emit).
    #[inline]
    pub fn emit(&mut self, item: Y) -> Exchange<'_, Y, R> {
        Exchange { key: self.key.copy(), item: Some(item), yielder: PhantomData }
    }
}

/// The future of [`GenYielder::emit`].
#[must_use = "nothing is emitted unless this is awaited"]
pub struct Exchange<'a, Y, R> {
    key: Key<Y, R>,
    /// `None`: it is in the slot, or was taken from there.
    item: Option<Y>,
    yielder: PhantomData<&'a mut GenYielder<Y, R>>,
}

// An item is not pinned.
impl<Y, R> Unpin for Exchange<'_, Y, R> {}

impl<Y, R> Future for Exchange<'_, Y, R> {
    type Output = Option<R>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<R>> {
        let Self { key, item, .. } = self.get_mut();
        poll_exchange(key, item, cx)
    }
}

impl<Y, R> fmt::Debug for Exchange<'_, Y, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exchange").finish_non_exhaustive()
    }
}

impl<Y, R> fmt::Debug for GenYielder<Y, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GenYielder").finish_non_exhaustive()
    }
}

/// What [`generator`] gives: items out, values in. A `Stream` too.
///
/// It takes values of exactly the type that its body expects: a body that expects `&'static str` may keep the word for ever.
///
/// ```
/// fn same<F>(g: motet_stream::Generator<(), &'static str, F>) -> motet_stream::Generator<(), &'static str, F> { g }
/// ```
///
/// ```compile_fail
/// fn shorter<'a, F>(g: motet_stream::Generator<(), &'static str, F>) -> motet_stream::Generator<(), &'a str, F> { g }
/// ```
#[must_use = "a generator does nothing unless it is asked for items"]
pub struct Generator<Y, R, F> {
    emitting: Pin<Box<Emitting<Y, R, F>>>,
    /// Sent in, and not yet taken by an emission.
    sent: Option<R>,
}

// The body is pinned in its box; values are not pinned.
impl<Y, R, F> Unpin for Generator<Y, R, F> {}

impl<Y, R, F: Future<Output = ()>> Generator<Y, R, F> {
    /// The next item; `None` once the body has ended. The body's `emit` gives `None`. Python: `anext`.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: no item is lost, and the next call goes on with the body where it was.
    pub async fn next(&mut self) -> Option<Y> {
        poll_fn(|cx| self.poll_item(cx)).await
    }

    /// Sends a value in, for the `emit` that the body waits in, and gives the next item. Python: `asend`.
    ///
    /// A value that is sent while no `emit` waits has no taker, and is dropped when the body emits or ends: before the first item, or after a `next`
    /// or `send` that was dropped with the body on its way to an item. Python refuses it.
    ///
    /// # Cancel safety
    ///
    /// No item is lost. Dropped before its first poll, the value is dropped with it; later, it is with the generator: a waiting `emit` that has not
    /// taken it yet takes it in the next call, unless another `send` replaces it.
    pub async fn send(&mut self, value: R) -> Option<Y> {
        self.sent = Some(value);
        poll_fn(|cx| self.poll_item(cx)).await
    }

    /// Drops the body and waits until what it left behind is cleaned up.
    ///
    /// A body that was never asked for an item never runs. Dropping the generator instead hands the cleanup to the current frame. Python: `aclose`.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use motet_stream::generator;
    ///
    /// let mut numbers = generator::<_, (), _>(|mut y| async move {
    ///     for n in 0.. {
    ///         y.emit(n).await;
    ///     }
    /// });
    /// assert_eq!(numbers.next().await, Some(0));
    /// numbers.aclose().await;
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// The body is dropped at the first poll; dropped later, it hands the cleanup that is left to the current frame.
    ///
    /// # Panics
    ///
    /// With a panic of the body's drop; with the first panic of its exits, once all of them have ended.
    pub async fn aclose(self) {
        close::in_nest(|| drop(self)).await;
    }

    fn poll_item(&mut self, cx: &mut Context<'_>) -> Poll<Option<Y>> {
        let item = self.emitting.as_mut().poll_item(cx, &mut self.sent).0;
        if self.emitting.has_ended() {
            // No emission will ever take it.
            self.sent = None;
        }
        item
    }
}

impl<Y, R, F: Future<Output = ()>> Stream for Generator<Y, R, F> {
    type Item = Y;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Y>> {
        self.poll_item(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.emitting.size_hint()
    }
}

impl<Y, R, F: Future<Output = ()>> FusedStream for Generator<Y, R, F> {
    fn is_terminated(&self) -> bool {
        self.emitting.has_ended()
    }
}

impl<Y, R, F> fmt::Debug for Generator<Y, R, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generator").finish_non_exhaustive()
    }
}
