//! `with`: a guard, a body and a close in one call.

use super::guard;
use crate::frame::{Framed, Sendable};
use crate::outcome::Outcome;
use std::future::Future;

/// Runs `body` with a resource, then `exit`, whatever happens to the body. asyncio: `async with`.
///
/// It is a frame: what the body hands over ends before the exit begins. Dropped midway, it hands over one piece of work that holds both in
/// that order.
///
/// This is sugar for a [`guard`], a body and a [`close`](crate::Guard::close). Take those where the compiler says that an "implementation of `AsyncFnOnce` is not
/// general enough": a limit of the language for closures over borrowed arguments whose type holds a lifetime or a trait object.
///
/// ```
/// use futures::executor::block_on;
/// use motet_cancel::{Outcome, with};
///
/// let length = with(
///     vec![1, 2],
///     async |list: Vec<i32>, outcome| assert_eq!((list.len(), outcome), (3, Outcome::Returned)),
///     async |list| {
///         list.push(3);
///         list.len()
///     },
/// );
/// assert_eq!(block_on(length), 3);
/// ```
///
/// # Cancel safety
///
/// Nothing is lost: dropped at any point, before its first poll too, it drops the body and hands the exit over.
///
/// # Panics
///
/// With the first panic of the body or the exit, once both have ended.
pub fn with<R, E, Fut, B, T>(resource: R, exit: E, body: B) -> impl Future<Output = T>
where
    R: Send + 'static,
    E: FnOnce(R, Outcome) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
    B: AsyncFnOnce(&mut R) -> T,
{
    let mut guard = guard(resource, exit);
    Framed::<_, Sendable>::new(async move {
        let output = body(&mut guard).await;
        guard.close().await;
        output
    })
}

/// [`with`] for a body that can fail: an `Err` gives the exit [`Outcome::Failed`].
///
/// ```
/// use futures::executor::block_on;
/// use motet_cancel::{Outcome, try_with};
///
/// let failed = try_with(
///     "transaction",
///     async |_transaction, outcome| assert_eq!(outcome, Outcome::Failed),
///     async |_transaction| Err::<(), _>("constraint violated"),
/// );
/// assert_eq!(block_on(failed), Err("constraint violated"));
/// ```
///
/// # Errors
///
/// Those of the body, once the exit has ended.
///
/// # Cancel safety
///
/// Nothing is lost: dropped at any point, before its first poll too, it drops the body and hands the exit over.
///
/// # Panics
///
/// With the first panic of the body or the exit, once both have ended.
pub fn try_with<R, E, Fut, B, T, X>(resource: R, exit: E, body: B) -> impl Future<Output = Result<T, X>>
where
    R: Send + 'static,
    E: FnOnce(R, Outcome) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
    B: AsyncFnOnce(&mut R) -> Result<T, X>,
{
    let mut guard = guard(resource, exit);
    Framed::<_, Sendable>::new(async move {
        let output = body(&mut guard).await;
        match &output {
            Ok(_) => guard.close().await,
            Err(_) => guard.fail().await,
        }
        output
    })
}
