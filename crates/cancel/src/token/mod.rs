//! Cooperative cancellation: a token that many can watch.
//!
//! ```text
//!   a token ──child()──▶ its child      cancel: the token, then all below it; never upwards
//!      │
//!      └── waiters: one entry for each pending `cancelled()`, gone when that is dropped
//! ```
//!
//! Each token's state is under a lock of its own; no two locks are held at once, and no waker is called, cloned or dropped under one. A child
//! keeps its parent alive; the parent knows its children weakly, and a dropped child strikes itself off.

mod links;
mod wait;

use self::links::Node;
use self::wait::{UntilCancelled, WaitForCancel};
use crate::frame::Run;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

/// A token that says "please stop" to whoever looks at it; clones are one token.
///
/// Nothing is dropped or interrupted: the work itself looks ([`is_cancelled`](Self::is_cancelled)), waits ([`cancelled`](Self::cancelled)), or names the steps that may be
/// dropped ([`run_until_cancelled`](Self::run_until_cancelled)). To stop work that does not look, take a [`scope`](crate::scope). A graceful shutdown takes both: a token
/// that ends the accept loop, then a limit, then a cancel.
///
/// ```
/// use futures::executor::block_on;
/// use motet_cancel::CancelToken;
///
/// let stop = CancelToken::new();
/// let of_connection = stop.child();
/// stop.cancel();
/// assert!(of_connection.is_cancelled());
/// block_on(of_connection.cancelled());
/// ```
///
/// # Complexity
///
/// Waiting and making a child cost the logarithm of the number of waiters and children; cancelling is linear in both.
#[doc(alias = "CancellationToken")]
#[derive(Clone)]
pub struct CancelToken {
    node: Arc<Node>,
}

impl CancelToken {
    /// A token that is not cancelled.
    #[must_use]
    pub fn new() -> Self {
        Self { node: Node::new() }
    }

    /// A token that is cancelled when this one is, and can be cancelled alone.
    ///
    /// ```
    /// let parent = motet_cancel::CancelToken::new();
    /// let child = parent.child();
    /// child.cancel();
    /// assert!(!parent.is_cancelled());
    /// ```
    #[doc(alias = "child_token")]
    #[must_use]
    pub fn child(&self) -> Self {
        Self { node: self.node.child() }
    }

    /// Cancels this token and its children, and wakes who waits; a second time it does nothing.
    pub fn cancel(&self) {
        self.node.cancel();
    }

    /// Whether the token, or one above it, was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.node.is_cancelled()
    }

    /// Waits until the token is cancelled; ready at once if it is.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped, it leaves the token's list of waiters.
    pub async fn cancelled(&self) {
        WaitForCancel::new(&self.node).await;
    }

    /// [`cancelled`](Self::cancelled) as a future that owns its token: for a `'static` one, and for a place in a struct.
    ///
    /// ```
    /// use futures::executor::block_on;
    ///
    /// let token = motet_cancel::CancelToken::new();
    /// let cancelled = token.clone().cancelled_owned();
    /// token.cancel();
    /// block_on(cancelled);
    /// ```
    ///
    /// # Cancel safety
    ///
    /// As that of [`cancelled`](Self::cancelled).
    pub async fn cancelled_owned(self) {
        self.cancelled().await;
    }

    /// Runs a future until it ends or the token is cancelled, whichever is first: `None` if it was cancelled.
    ///
    /// The token is read before each poll, so a loop around this ends although the future is always ready. When the token is cancelled, the
    /// future is dropped in a frame of its own, and this returns once the cleanup of what it left behind is done; its guards see
    /// [`Outcome::Cancelled`](crate::Outcome::Cancelled).
    ///
    /// ```
    /// use futures::executor::block_on;
    /// use motet_cancel::CancelToken;
    ///
    /// let stop = CancelToken::new();
    /// assert_eq!(block_on(stop.run_until_cancelled(async { 7 })), Some(7));
    /// stop.cancel();
    /// assert_eq!(block_on(stop.run_until_cancelled(async { 7 })), None);
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Dropped, it drops the future, and hands what that left behind to the enclosing scope. As cancel safe as the future.
    pub async fn run_until_cancelled<F: Future>(&self, future: F) -> Option<F::Output> {
        UntilCancelled { run: Run::new(future), wait: WaitForCancel::new(&self.node) }.await
    }

    /// [`run_until_cancelled`](Self::run_until_cancelled) as a future that owns its token: to be spawned.
    ///
    /// ```
    /// use futures::executor::block_on;
    ///
    /// let token = motet_cancel::CancelToken::new();
    /// assert_eq!(block_on(token.run_until_cancelled_owned(async { 7 })), Some(7));
    /// ```
    ///
    /// # Cancel safety
    ///
    /// As that of [`run_until_cancelled`](Self::run_until_cancelled).
    pub async fn run_until_cancelled_owned<F: Future>(self, future: F) -> Option<F::Output> {
        self.run_until_cancelled(future).await
    }

    /// Cancels the token when the guard is dropped.
    ///
    /// ```
    /// let token = motet_cancel::CancelToken::new();
    /// drop(token.clone().drop_guard());
    /// assert!(token.is_cancelled());
    /// ```
    pub fn drop_guard(self) -> DropGuard {
        DropGuard { token: self, armed: true }
    }
}

impl Default for CancelToken {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancelToken").field("is_cancelled", &self.is_cancelled()).finish()
    }
}

/// Cancels its token when dropped; made by [`CancelToken::drop_guard`].
#[derive(Debug)]
#[must_use = "a guard that is not held cancels the token at once"]
pub struct DropGuard {
    token: CancelToken,
    armed: bool,
}

impl DropGuard {
    /// Gives the token back, and does not cancel it.
    #[must_use]
    pub fn disarm(mut self) -> CancelToken {
        self.armed = false;
        self.token.clone()
    }
}

impl Drop for DropGuard {
    fn drop(&mut self) {
        if self.armed {
            self.token.cancel();
        }
    }
}
