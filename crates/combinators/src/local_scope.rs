//! Local scopes: children that borrow, polled by the scope's own future.
//!
//! ```text
//!   Open (children arrive through handles) ──the scope's future is done or dropped──▶ Closed
//! ```
//!
//! The scope's future owns the children; handles own the list of arrivals. A child may hold a handle, so a child that has not arrived
//! yet is part of a cycle: closing the list, which the future's end does whichever way it comes, breaks it. A future that is forgotten never
//! runs its children again: nobody else has them.

use crate::nest::Siblings;
use crate::promise::{Awaited, Closed, promise};
use crate::settle::{Clear, Decide, Settle};
use crate::wait_set::WaitSet;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use futures_util::future::BoxFuture;
use motet_prim::lock::Mutex;
use motet_prim::{Wakeup, discard};
use pin_project_lite::pin_project;
use std::sync::Arc;

/// Runs a body that may spawn children which borrow; ends after all of them.
///
/// The children are concurrent, not parallel: the scope's own task polls them. For `Send` futures that borrow from their surroundings, on any executor,
/// with none at all too. [`task_group`](crate::task_group()) is for children that run in parallel, and own what they use.
///
/// ```
/// # futures::executor::block_on(async {
/// use motet_combinators::borrow_scope;
///
/// let mut numbers = [1, 2, 3];
/// borrow_scope(|scope| {
///     for number in &mut numbers {
///         drop(scope.spawn(async move { *number *= 10 }));
///     }
///     async {}
/// })
/// .await;
/// assert_eq!(numbers, [10, 20, 30]);
/// # });
/// ```
///
/// # Cancel safety
///
/// Dropped, it drops the body and the children, each apart from the others; the cleanup that they hand over goes to the frame around
/// it.
///
/// # Panics
///
/// With the panic of the body or of a child; the others are dropped.
pub async fn borrow_scope<'env, R, F>(f: impl FnOnce(LocalScope<'env>) -> F) -> R
where
    F: Future<Output = R>,
{
    let scope = LocalScope::new();
    // A panic of `f` closes the scope too.
    let close = Close(&scope.arrivals);
    let body = f(scope.clone());
    let output = scope.run(body).await;
    drop(close);
    output
}

/// A handle of a local scope: spawns children into it. Children may hold one.
#[derive(Clone)]
pub struct LocalScope<'env> {
    arrivals: Arc<Mutex<Arrivals<'env>>>,
}

struct Arrivals<'env> {
    open: bool,
    children: Vec<BoxFuture<'env, ()>>,
    /// The task that polls the scope's future.
    owner: Option<Waker>,
}

impl<'env> LocalScope<'env> {
    /// A scope that is not running yet; what is spawned into it starts with [`run`](Self::run).
    #[must_use]
    pub fn new() -> Self {
        Self { arrivals: Arc::new(Mutex::new(Arrivals { open: true, children: Vec::new(), owner: None })) }
    }

    /// Spawns a child, which may borrow for `'env`. It starts when the body suspends next.
    ///
    /// Once the scope has ended, the future is dropped unpolled, and its [`LocalTask`] gives [`Closed`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the [`LocalTask`] leaves the child running.
    pub fn spawn<T, F>(&self, future: F) -> LocalTask<T>
    where
        T: Send + 'env,
        F: Future<Output = T> + Send + 'env,
    {
        let (promise, awaited) = promise();
        let child: BoxFuture<'env, ()> = Box::pin(async move { promise.fulfil(future.await) });
        let mut arrivals = self.arrivals.lock();
        let (refused, owner) = if arrivals.open {
            arrivals.children.push(child);
            (None, arrivals.owner.take())
        } else {
            (Some(child), None)
        };
        drop(arrivals);
        drop(refused);
        if let Some(owner) = owner {
            Wakeup::from(owner).wake();
        }
        LocalTask { awaited }
    }

    /// Runs a body together with the children; ends after all of them.
    ///
    /// ```
    /// # futures::executor::block_on(async {
    /// use motet_combinators::LocalScope;
    ///
    /// let words = String::from("one two");
    /// let scope = LocalScope::new();
    /// let length = scope.run(async { scope.spawn(async { words.len() }).await }).await;
    /// assert_eq!(length, Ok(7));
    /// # });
    /// ```
    ///
    /// # Cancel safety
    ///
    /// As that of [`borrow_scope`].
    ///
    /// # Panics
    ///
    /// With the panic of the body or of a child; the others are dropped.
    pub async fn run<F: Future>(&self, body: F) -> F::Output {
        let close = Close(&self.arrivals);
        let (body, children, siblings) = (Some(body), WaitSet::new(), Siblings::new());
        let members = Members { arrivals: &self.arrivals, body, output: None, children, siblings };
        let output = Settle::new(members).await;
        drop(close);
        output
    }
}

/// Closes the list of arrivals and empties it.
struct Close<'a, 'env>(&'a Mutex<Arrivals<'env>>);

impl Drop for Close<'_, '_> {
    fn drop(&mut self) {
        let mut arrivals = self.0.lock();
        arrivals.open = false;
        let children = core::mem::take(&mut arrivals.children);
        let owner = arrivals.owner.take();
        drop(arrivals);
        owner.into_iter().for_each(discard);
        drop(children);
    }
}

pin_project! {
    struct Members<'a, 'env, F> where F: Future {
        arrivals: &'a Mutex<Arrivals<'env>>,
        // `None`: it has ended, and was dropped.
        #[pin]
        body: Option<F>,
        output: Option<F::Output>,
        children: WaitSet<BoxFuture<'env, ()>>,
        // What the body, and what the children leave to clean up.
        siblings: Siblings,
    }
}

const BODY: usize = 0;
const CHILDREN: usize = 1;

impl<'env, F: Future> Members<'_, 'env, F> {
    fn arrived(arrivals: &Mutex<Arrivals<'env>>) -> Vec<BoxFuture<'env, ()>> {
        core::mem::take(&mut arrivals.lock().children)
    }

    fn set_owner(arrivals: &Mutex<Arrivals<'env>>, task: &Waker) {
        if arrivals.lock().owner.as_ref().is_some_and(|owner| owner.will_wake(task)) {
            return;
        }
        let new = task.clone();
        let old = arrivals.lock().owner.replace(new);
        drop(old);
    }
}

impl<F: Future> Clear for Members<'_, '_, F> {
    fn clear(self: Pin<&mut Self>) {
        let mut this = self.project();
        this.siblings.alone(BODY, || this.body.set(None));
        this.siblings.alone(CHILDREN, || *this.children = WaitSet::new());
    }
}

impl<F: Future> Decide<()> for Members<'_, '_, F> {
    type Output = F::Output;

    fn decide(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        // Before the list is looked at: who arrives from now on wakes the task.
        Self::set_owner(this.arrivals, cx.waker());
        let sides = this.siblings.begin(true);
        sides.child(BODY);
        if let Some(body) = this.body.as_mut().as_pin_mut() {
            if let Poll::Ready(output) = body.poll(cx) {
                *this.output = Some(output);
                this.body.set(None);
            }
        }
        sides.child(CHILDREN);
        this.children.extend(Self::arrived(this.arrivals));
        let round = this.children.poll_round(cx);
        drop(this.children.take_outputs());
        drop(sides);
        this.children.extend(Self::arrived(this.arrivals));
        if this.body.is_none() && this.children.is_empty() {
            return Poll::Ready(this.output.take().expect("polled again after it was ready"));
        }
        if round.is_ready() {
            this.children.rest(cx);
        }
        Poll::Pending
    }
}

/// A child of a [`LocalScope`]: its output, or [`Closed`] if it came too late to start. Dropped, the child runs on.
pub struct LocalTask<T> {
    awaited: Awaited<T>,
}

impl<T> LocalTask<T> {
    /// Whether the child has ended.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        !self.awaited.is_pending()
    }
}

impl<T> Future for LocalTask<T> {
    type Output = Result<T, Closed>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.awaited.poll(cx)
    }
}

impl Default for LocalScope<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for LocalScope<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalScope").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for LocalTask<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalTask").field("is_finished", &self.is_finished()).finish_non_exhaustive()
    }
}
