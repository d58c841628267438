//! Asynchronous context managers.

use crate::frame::{Framed, Sendable};
use crate::guard::guard;
use crate::outcome::Outcome;
use std::future::Future;

/// Something with an asynchronous way in and an asynchronous way out. asyncio: an object with `__aenter__` and `__aexit__`.
///
/// Use one with [`within`] or an [`ExitStack`](crate::ExitStack). For a single use, a [`guard`] is shorter.
///
/// ```
/// use futures::executor::block_on;
/// use motet_cancel::{AsyncContext, Outcome, within};
/// use std::sync::mpsc;
///
/// struct Session {
///     log: mpsc::Sender<String>,
/// }
///
/// impl AsyncContext for Session {
///     type Value = u32;
///
///     async fn enter(&mut self) -> u32 {
///         self.log.send("login".into()).unwrap();
///         7
///     }
///
///     async fn exit(self, outcome: Outcome) {
///         self.log.send(format!("logout: {outcome:?}")).unwrap();
///     }
/// }
///
/// let (log, said) = mpsc::channel();
/// let id = block_on(within(Session { log }, async |id| *id));
/// assert_eq!(id, 7);
/// assert_eq!(said.iter().collect::<Vec<_>>(), ["login", "logout: Returned"]);
/// ```
pub trait AsyncContext: Sized {
    /// What entering gives.
    type Value;

    /// The way in.
    ///
    /// # Cancel safety
    ///
    /// Dropped midway, the context is dropped with it and its exit does not run: leave nothing at an await that only the exit could undo.
    fn enter(&mut self) -> impl Future<Output = Self::Value> + Send;

    /// The way out, told how the body ended.
    ///
    /// # Cancel safety
    ///
    /// Never dropped midway by this crate, but at the end of a grace: a cancelled exit is carried to its end.
    fn exit(self, outcome: Outcome) -> impl Future<Output = ()> + Send + 'static;
}

/// Enters a context, runs `body` with what that gave, and exits, whatever happens to the body. asyncio: `async with context as value`.
///
/// The value is dropped before the context exits, however the body ends: guards in it clean up first, as inner ones do.
///
/// ```
/// # use futures::executor::block_on;
/// # use motet_cancel::{AsyncContext, Outcome, within};
/// struct Quiet;
/// impl AsyncContext for Quiet {
///     type Value = &'static str;
///     async fn enter(&mut self) -> &'static str { "hello" }
///     async fn exit(self, _outcome: Outcome) {}
/// }
/// assert_eq!(block_on(within(Quiet, async |value| value.len())), 5);
/// ```
///
/// In a spawned task, `body` over a value whose type holds a lifetime or a trait object, as here, is rejected: "implementation of `AsyncFnOnce` is not general
/// enough", a limit of the language. Give the value a type of its own that names neither, or enter the context with an [`ExitStack`](crate::ExitStack):
///
/// ```
/// # use futures::executor::block_on;
/// # use motet_cancel::{AsyncContext, ExitStack, Outcome};
/// # struct Quiet;
/// # impl AsyncContext for Quiet {
/// #     type Value = &'static str;
/// #     async fn enter(&mut self) -> &'static str { "hello" }
/// #     async fn exit(self, _outcome: Outcome) {}
/// # }
/// # block_on(async {
/// let mut stack = ExitStack::new();
/// let value = stack.enter(Quiet).await;
/// assert_eq!(value.len(), 5);
/// stack.close().await;
/// # });
/// ```
///
/// # Cancel safety
///
/// Nothing is lost: dropped after the context was entered, it drops the body and hands the exit over.
///
/// # Panics
///
/// With the first panic of the body or the exit, once both have ended.
pub fn within<C, B, T>(context: C, body: B) -> impl Future<Output = T>
where
    C: AsyncContext + Send + 'static,
    B: AsyncFnOnce(&mut C::Value) -> T,
{
    Framed::<_, Sendable>::new(async move {
        let mut context = context;
        let value = context.enter().await;
        let entered = guard(context, C::exit);
        // After the guard, so that it is dropped before it: guards in the value exit first, as the inner ones.
        let mut value = value;
        let output = body(&mut value).await;
        drop(value);
        entered.close().await;
        output
    })
}
