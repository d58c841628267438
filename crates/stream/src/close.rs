//! Closing early: drop a body and wait for what it leaves behind.

use core::fmt;
use core::future::poll_fn;
use core::ops::{Deref, DerefMut};
use core::pin::Pin;
use core::task::{Context, Poll};
use futures_core::stream::{FusedStream, Stream};
use motet_cancel::frame::Nest;

/// Makes a stream that can be closed: dropped, with a wait for what its body leaves to clean up.
///
/// For streams whose bodies hold guards, when the loop over them may end early. Python: `contextlib.aclosing`.
///
/// ```
/// # futures::executor::block_on(async {
/// use futures::StreamExt;
/// use motet_stream::{closing, stream};
///
/// let mut numbers = closing(stream(|mut y| async move {
///     for n in 0.. {
///         y.emit(n).await;
///     }
/// }));
/// while let Some(n) = numbers.next().await {
///     if n == 3 {
///         break;
///     }
/// }
/// numbers.close().await;
/// # });
/// ```
pub fn closing<S: Stream>(stream: S) -> Closing<S> {
    Closing { stream: Box::pin(stream) }
}

/// What [`closing`] gives. Dropped without [`close`](Self::close), the current frame adopts the cleanup.
#[must_use = "streams do nothing unless polled"]
pub struct Closing<S> {
    stream: Pin<Box<S>>,
}

impl<S> Closing<S> {
    /// Drops the stream and waits until what it left behind is cleaned up.
    ///
    /// # Cancel safety
    ///
    /// The stream is dropped at the first poll; dropped later, it hands the cleanup that is left to the current frame.
    ///
    /// # Panics
    ///
    /// With a panic of the stream's drop; with the first panic of its exits, once all of them have ended.
    pub async fn close(self) {
        in_nest(|| drop(self.stream)).await;
    }
}

/// Drops something in a frame of its own, and waits for what that hands over.
pub(crate) async fn in_nest(drop: impl FnOnce()) {
    let mut nest = Nest::new();
    nest.enter(drop);
    poll_fn(|cx| nest.poll_drain(cx)).await;
}

impl<S> Deref for Closing<S> {
    type Target = Pin<Box<S>>;

    fn deref(&self) -> &Self::Target {
        &self.stream
    }
}

impl<S> DerefMut for Closing<S> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut self.stream
    }
}

impl<S: Stream> Stream for Closing<S> {
    type Item = S::Item;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<S::Item>> {
        self.stream.as_mut().poll_next(cx)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.stream.size_hint()
    }
}

impl<S: FusedStream> FusedStream for Closing<S> {
    fn is_terminated(&self) -> bool {
        self.stream.is_terminated()
    }
}

impl<S> fmt::Debug for Closing<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closing").finish_non_exhaustive()
    }
}
