//! Guards: a resource together with the asynchronous exit that ends its use, run even if the guard is only dropped.

mod armed;
mod with;

pub use self::with::{try_with, with};

use self::armed::Armed;
use crate::frame::{After, Local, Sendable};
use crate::outcome::Outcome;
use std::fmt;
use std::future::Future;
use std::ops::{Deref, DerefMut};

/// Holds a resource, and an exit that is run when its use ends. It is the asynchronous drop.
///
/// The exit gets the resource by value and the [`Outcome`]. [`close`](Guard::close) runs it in place. A guard that is dropped instead, by `?`, by a
/// lost `select!`, by cancellation, by a panic, hands the exit to the scope in which the drop happens, and the scope ends only
/// after it. Exits of nested guards run innermost first. asyncio: `async with`.
///
/// ```
/// use futures::executor::block_on;
/// use motet_cancel::{Outcome, guard, scope};
/// use std::sync::mpsc;
///
/// let (log, exits) = mpsc::channel();
/// let transaction = guard((log, vec![]), async |(log, rows): (mpsc::Sender<_>, Vec<&str>), outcome| {
///     // Here one awaits the commit, or the roll-back.
///     log.send((rows, outcome)).unwrap();
/// });
/// let (work, _handle) = scope(async move {
///     let mut transaction = transaction;
///     transaction.1.push("row");
///     None::<()>?; // Returns early: the guard is dropped.
///     transaction.close().await;
///     Some(())
/// });
/// assert_eq!(block_on(work), Ok(None));
/// assert_eq!(exits.recv().unwrap(), (vec!["row"], Outcome::Dropped));
/// ```
#[must_use = "a guard that is not held is dropped, and its exit handed over, at once"]
pub fn guard<R, E, Fut>(resource: R, exit: E) -> Guard<R, E>
where
    R: Send + 'static,
    E: FnOnce(R, Outcome) -> Fut + Send + 'static,
    Fut: Future<Output = ()> + Send + 'static,
{
    Guard { armed: Armed::sendable(resource, exit) }
}

/// [`guard`] for a resource or an exit that is not `Send`.
///
/// Dropped, it hands its exit to the nearest local frame: see [`adopt_local`](crate::adopt_local).
///
/// ```
/// use futures::executor::block_on;
/// use motet_cancel::guard_local;
/// use std::{cell::Cell, rc::Rc};
///
/// let open = Rc::new(Cell::new(true));
/// let guard = guard_local(Rc::clone(&open), async |open: Rc<Cell<bool>>, _outcome| open.set(false));
/// block_on(guard.close());
/// assert!(!open.get());
/// ```
#[must_use = "a guard that is not held is dropped, and its exit handed over, at once"]
pub fn guard_local<R, E, Fut>(resource: R, exit: E) -> LocalGuard<R, E>
where
    R: 'static,
    E: FnOnce(R, Outcome) -> Fut + 'static,
    Fut: Future<Output = ()> + 'static,
{
    LocalGuard { armed: Armed::local(resource, exit) }
}

/// A resource with its exit; made by [`guard`]. Dereferences to the resource.
pub struct Guard<R, E> {
    armed: Armed<R, E, Sendable>,
}

/// A [`Guard`] that need not be `Send`; made by [`guard_local`].
pub struct LocalGuard<R, E> {
    armed: Armed<R, E, Local>,
}

impl<R, E> Guard<R, E> {
    /// Ends the use: runs the exit with [`Outcome::Returned`], after what was adopted since the guard was made.
    ///
    /// # Cancel safety
    ///
    /// Dropped midway, it hands the exit over, which goes on where it was; the exit is never run twice and never lost.
    ///
    /// # Panics
    ///
    /// If the exit panics.
    pub async fn close(self) {
        self.armed.close(Outcome::Returned).await;
    }

    /// The same with [`Outcome::Failed`]: the use ended with an error.
    ///
    /// # Cancel safety
    ///
    /// Dropped midway, it hands the exit over, which goes on where it was; the exit is never run twice and never lost.
    ///
    /// # Panics
    ///
    /// If the exit panics.
    pub async fn fail(self) {
        self.armed.close(Outcome::Failed).await;
    }

    /// Gives the resource back; the exit will not run. asyncio: `ExitStack.pop_all` of a stack of one.
    ///
    /// ```
    /// use motet_cancel::guard;
    ///
    /// let guard = guard(7, async |_resource, _outcome| unreachable!("disarmed"));
    /// assert_eq!(guard.disarm(), 7);
    /// ```
    #[must_use = "the resource has no guard any more"]
    pub fn disarm(self) -> R {
        self.armed.disarm()
    }
}

impl<R, E> Guard<R, E> {
    /// A guard of another resource with the same exit, and as old as this one: its exit waits for the same.
    pub(crate) fn sibling(&self, resource: R) -> Self
    where
        E: Clone,
    {
        Self { armed: self.armed.sibling(resource) }
    }

    /// [`close`](Self::close) and [`fail`](Self::fail) as a type with a name. The exit is due from this call on.
    pub(crate) fn end(self, outcome: Outcome) -> After<Sendable> {
        self.armed.close(outcome)
    }
}

impl<R, E> LocalGuard<R, E> {
    /// Ends the use: runs the exit with [`Outcome::Returned`], after what was adopted since the guard was made.
    ///
    /// # Cancel safety
    ///
    /// Dropped midway, it hands the exit over, which goes on where it was; the exit is never run twice and never lost.
    ///
    /// # Panics
    ///
    /// If the exit panics.
    pub async fn close(self) {
        self.armed.close(Outcome::Returned).await;
    }

    /// The same with [`Outcome::Failed`]: the use ended with an error.
    ///
    /// # Cancel safety
    ///
    /// Dropped midway, it hands the exit over, which goes on where it was; the exit is never run twice and never lost.
    ///
    /// # Panics
    ///
    /// If the exit panics.
    pub async fn fail(self) {
        self.armed.close(Outcome::Failed).await;
    }

    /// Gives the resource back; the exit will not run.
    #[must_use = "the resource has no guard any more"]
    pub fn disarm(self) -> R {
        self.armed.disarm()
    }
}

impl<R, E> Deref for Guard<R, E> {
    type Target = R;

    fn deref(&self) -> &R {
        self.armed.resource()
    }
}

impl<R, E> DerefMut for Guard<R, E> {
    fn deref_mut(&mut self) -> &mut R {
        self.armed.resource_mut()
    }
}

impl<R, E> Deref for LocalGuard<R, E> {
    type Target = R;

    fn deref(&self) -> &R {
        self.armed.resource()
    }
}

impl<R, E> DerefMut for LocalGuard<R, E> {
    fn deref_mut(&mut self) -> &mut R {
        self.armed.resource_mut()
    }
}

impl<R: fmt::Debug, E> fmt::Debug for Guard<R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Guard").field(&**self).finish()
    }
}

impl<R: fmt::Debug, E> fmt::Debug for LocalGuard<R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LocalGuard").field(&**self).finish()
    }
}
