//! A point where a pending cancel takes effect.

use std::future::poll_fn;
use std::task::Poll;

/// Lets a pending cancel take effect: yields to the executor once.
///
/// For long computations between awaits: a scope reads its cancel only when it is polled. asyncio: `sleep(0)`; trio: `checkpoint`.
///
/// ```
/// use futures::executor::block_on;
/// use motet_cancel::{checkpoint, scope};
///
/// let (send, receive) = std::sync::mpsc::channel::<motet_cancel::CancelHandle>();
/// let (work, handle) = scope(async move {
///     receive.recv().unwrap().cancel("from inside");
///     checkpoint().await;
///     unreachable!("the cancel has taken effect");
/// });
/// send.send(handle).unwrap();
/// assert!(block_on(work).is_err());
/// ```
///
/// # Cancel safety
///
/// Cancel safe: it does nothing but yield.
pub async fn checkpoint() {
    let mut yielded = false;
    poll_fn(|cx| {
        if yielded {
            return Poll::Ready(());
        }
        yielded = true;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
