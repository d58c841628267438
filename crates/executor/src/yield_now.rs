//! Gives way to other tasks once.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll};

/// Gives way once: every task that is ready on this worker runs before this one goes on (asyncio's `sleep(0)`).
///
/// For long computations between awaits. Works under any executor.
///
/// ```
/// use motet_executor::{block_on, yield_now};
///
/// block_on(async {
///     for _chunk in 0..3 {
///         yield_now().await;
///     }
/// });
/// ```
///
/// # Cancel safety
///
/// Cancel safe: there is nothing to lose.
pub async fn yield_now() {
    YieldNow { yielded: false }.await;
}

struct YieldNow {
    yielded: bool,
}

impl Future for YieldNow {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
