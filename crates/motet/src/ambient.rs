//! What finds its executor by itself: the one whose worker polls the caller.

use motet_combinators::{GroupError, TaskGroup};
use motet_executor::{TaskBuilder, TaskError};
use std::future::Future;

/// A task with a name, or one that starts eagerly, on the executor around the caller.
///
/// ```
/// motet::run(async {
///     let reader = motet::task().name("reader").spawn(async { 1 });
///     assert_eq!(reader.name().as_deref(), Some("reader"));
///     assert_eq!(reader.await.unwrap(), 1);
/// });
/// ```
///
/// # Panics
///
/// Where there is no executor around the caller; a [`Runtime`](crate::Runtime) has the same method.
#[must_use = "a builder does nothing until `spawn`"]
#[track_caller]
pub fn task() -> TaskBuilder {
    motet_executor::task()
}

/// Runs `f` on the blocking pool and waits for it: `asyncio.to_thread`.
///
/// ```
/// let sum = motet::run(motet::to_thread(|| (1..=10).sum::<u32>()));
/// assert_eq!(sum.unwrap(), 55);
/// ```
///
/// # Cancel safety
///
/// Dropped before `f` has started, `f` never runs; one that runs goes on to its end, and its result is dropped.
///
/// # Errors
///
/// With the panic of `f`, or if the pool was closed before it could start.
///
/// # Panics
///
/// Where there is no executor around the caller.
pub async fn to_thread<T>(f: impl FnOnce() -> T + Send + 'static) -> Result<T, TaskError>
where
    T: Send + 'static,
{
    motet_executor::spawn_blocking(f).await
}

/// Children that end with the group: `asyncio.TaskGroup`, on the executor around the caller.
///
/// The body gets the group by value and spawns into it; children may hold it too. The group returns when the body and every child have ended. The
/// first error cancels the rest, cleanup included, and all errors are kept.
///
/// ```
/// # motet::run(async {
/// let sum = motet::task_group(|group| async move {
///     let one = group.spawn(async { Ok(1) });
///     let two = group.spawn(async { Ok(2) });
///     Ok::<_, std::io::Error>(one.await? + two.await?)
/// });
/// assert_eq!(sum.await.unwrap(), 3);
/// # });
/// ```
///
/// # Cancel safety
///
/// Dropped, it cancels body and children, and hands the wait for their cleanup to the scope around the drop.
///
/// # Errors
///
/// [`GroupError::Failed`] with every error, or [`GroupError::Cancelled`] if the group was cancelled.
///
/// # Panics
///
/// With a child's panic, once the others have ended; and where there is no executor around the caller.
pub async fn task_group<E, R, F>(f: impl FnOnce(TaskGroup<E>) -> F) -> Result<R, GroupError<E>>
where
    E: Send + 'static,
    F: Future<Output = Result<R, E>>,
{
    let Some(spawner) = motet_executor::current_spawner() else {
        panic!(
            "motet::task_group needs an executor around it: call it inside motet::run, or take motet_combinators::task_group"
        );
    };
    motet_combinators::task_group(&spawner, f).await
}
