//! `asyncio.run`: the way into asynchronous code.

use crate::Runtime;
use std::future::Future;

/// Runs `main` on a runtime of its own, and leaves nothing behind.
///
/// This is `asyncio.run`: it starts a [`Runtime`] with a worker for each core, runs `main` on this thread, cancels the tasks that are left,
/// waits for their cleanup (ten seconds at most; [`Runtime::builder`] sets another limit), and returns what `main` returned.
///
/// This thread is one of the workers while it waits: a task that blocks it holds up `main` too, for only this thread may poll `main`. Blocking
/// work belongs to [`to_thread`](crate::to_thread).
///
/// ```
/// use std::time::Duration;
///
/// let sum = motet::run(async {
///     let ready = motet::spawn(async { 1 });
///     motet::sleep(Duration::from_millis(1)).await;
///     ready.await.expect("it does not panic") + 1
/// });
/// assert_eq!(sum, 2);
/// ```
///
/// # Panics
///
/// With the panic of `main`, once everything else is cancelled and cleaned up; or if the operating system starts no thread at all
/// ([`Runtime::new`] gives that as an error).
pub fn run<F: Future>(main: F) -> F::Output {
    match Runtime::new() {
        Ok(runtime) => runtime.run(main),
        Err(error) => panic!("motet::run could not start a worker thread: {error}"),
    }
}
