//! A stack of exits whose number is known only at run time.

use crate::context::AsyncContext;
use crate::frame::{Framed, Sendable};
use crate::guard::{Guard, guard};
use crate::outcome::Outcome;
use futures_util::future::{BoxFuture, FutureExt};
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind};

type Exit = Box<dyn FnOnce(Outcome) -> BoxFuture<'static, ()> + Send>;
type Exits = Vec<Exit>;
type Unwind = fn(Exits, Outcome) -> BoxFuture<'static, ()>;

/// Exits that run last in, first out, at [`close`](Self::close), or when it is dropped, like those of a [`guard`]. asyncio: `AsyncExitStack`.
///
/// Use it where the number of resources is known only at run time, or where a function gives them all to its caller at its end
/// ([`pop_all`](Self::pop_all)). Each exit ends, with all that it hands over, before the next begins; a panic in one does not stop the others.
///
/// ```
/// use futures::executor::block_on;
/// use motet_cancel::ExitStack;
/// use std::sync::mpsc;
///
/// let (log, said) = mpsc::channel();
/// let mut stack = ExitStack::new();
/// for name in ["a", "b", "c"] {
///     let log = log.clone();
///     stack.push(move |_outcome| async move { log.send(name).unwrap() });
/// }
/// block_on(stack.close());
/// drop(log);
/// assert_eq!(said.iter().collect::<Vec<_>>(), ["c", "b", "a"]);
/// ```
#[must_use = "a stack that is not held is dropped, and its exits handed over, at once"]
pub struct ExitStack {
    guard: Guard<Exits, Unwind>,
}

impl ExitStack {
    /// An empty stack.
    pub fn new() -> Self {
        Self { guard: guard(Vec::new(), unwind as Unwind) }
    }

    /// Enters a context and keeps its exit; gives what entering gave. asyncio: `enter_async_context`.
    ///
    /// # Cancel safety
    ///
    /// Dropped before the context is entered, it drops the context, and no exit is kept.
    #[expect(
        clippy::manual_async_fn,
        reason = "`Send` by its signature: left to the compiler, it is not found for contexts whose type names a lifetime"
    )]
    pub fn enter<C>(&mut self, mut context: C) -> impl Future<Output = C::Value> + Send
    where
        C: AsyncContext + Send + 'static,
    {
        async move {
            let value = context.enter().await;
            self.push(move |outcome| context.exit(outcome));
            value
        }
    }

    /// Keeps an exit. asyncio: `push_async_exit`.
    pub fn push<E, Fut>(&mut self, exit: E)
    where
        E: FnOnce(Outcome) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        self.guard.push(Box::new(move |outcome| exit(outcome).boxed()));
    }

    /// Keeps a plain function. asyncio: `callback`.
    ///
    /// ```
    /// use futures::executor::block_on;
    /// use motet_cancel::ExitStack;
    /// use std::sync::mpsc;
    ///
    /// let (log, said) = mpsc::channel();
    /// let mut stack = ExitStack::new();
    /// stack.callback(move || log.send("called").unwrap());
    /// block_on(stack.close());
    /// assert_eq!(said.recv(), Ok("called"));
    /// ```
    pub fn callback(&mut self, callback: impl FnOnce() + Send + 'static) {
        self.push(|_outcome| async { callback() });
    }

    /// Moves all exits into a new stack, and leaves this one empty: nothing runs at its close. asyncio: `pop_all`.
    ///
    /// The new stack counts as old as this one: its exits, too, wait for what was adopted since this one was made.
    ///
    /// ```
    /// use futures::executor::block_on;
    /// use motet_cancel::ExitStack;
    ///
    /// let mut opening = ExitStack::new();
    /// opening.callback(|| ());
    /// let opened = opening.pop_all();
    /// assert!(opening.is_empty());
    /// assert_eq!(opened.len(), 1);
    /// # block_on(opened.close());
    /// ```
    pub fn pop_all(&mut self) -> Self {
        let exits = std::mem::take(&mut *self.guard);
        Self { guard: self.guard.sibling(exits) }
    }

    /// How many exits it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.guard.len()
    }

    /// Whether it holds no exit.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.guard.is_empty()
    }

    /// Runs the exits with [`Outcome::Returned`], the last one first. asyncio: `aclose`.
    ///
    /// # Cancel safety
    ///
    /// Dropped midway, it hands the rest over, the exit that was running included, which goes on where it was.
    ///
    /// # Panics
    ///
    /// With the first panic of an exit, once all have ended.
    pub async fn close(self) {
        self.guard.end(Outcome::Returned).await;
    }

    /// The same with [`Outcome::Failed`].
    ///
    /// # Cancel safety
    ///
    /// Dropped midway, it hands the rest over, the exit that was running included, which goes on where it was.
    ///
    /// # Panics
    ///
    /// With the first panic of an exit, once all have ended.
    pub async fn fail(self) {
        self.guard.end(Outcome::Failed).await;
    }
}

fn unwind(exits: Exits, outcome: Outcome) -> BoxFuture<'static, ()> {
    unwind_all(exits, outcome).boxed()
}

async fn unwind_all(mut exits: Exits, outcome: Outcome) {
    let mut first_panic = None;
    while let Some(exit) = exits.pop() {
        let outcome = outcome.clone();
        let exit = Framed::<_, Sendable>::new(async move { exit(outcome).await });
        if let Err(panic) = AssertUnwindSafe(exit).catch_unwind().await {
            match first_panic {
                None => first_panic = Some(panic),
                Some(_) => std::mem::forget(panic),
            }
        }
    }
    if let Some(panic) = first_panic {
        resume_unwind(panic);
    }
}

impl Default for ExitStack {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for ExitStack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExitStack").field("len", &self.len()).finish()
    }
}
