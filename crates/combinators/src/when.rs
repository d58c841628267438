//! When a wait returns.

use crate::cancelled::is_cancelled;

/// When a [`wait`](crate::wait()) returns; asked about each output as it comes.
///
/// Any `FnMut(&T) -> bool` is one. asyncio: `return_when`.
///
/// ```
/// # futures::executor::block_on(async {
/// use motet_combinators::{WaitSet, wait};
/// use std::future::ready;
///
/// let mut set: WaitSet<_> = [1, 2, 3].map(ready).into_iter().collect();
/// let done = wait(&mut set, |n: &i32| *n == 2).await.unwrap();
/// assert_eq!(done.into_iter().count(), 3, "all that were ready in that poll");
/// # });
/// ```
pub trait When<T> {
    /// Whether the wait may return, now that there is this output.
    fn is_met(&mut self, output: &T) -> bool;
}

/// A wait returns when one member has completed. asyncio: `FIRST_COMPLETED`.
#[derive(Clone, Copy, Debug, Default)]
pub struct FirstCompleted;

/// A wait returns when all members have completed. asyncio: `ALL_COMPLETED`.
#[derive(Clone, Copy, Debug, Default)]
pub struct AllCompleted;

/// A wait returns when one member has failed, or all have completed; a task that was cancelled has not failed. asyncio: `FIRST_EXCEPTION`.
///
/// It looks at one level of `Result`: over tasks that give a `Result` themselves, make one of the two (`Task::flat`). Cancelled is what
/// [`motet_cancel::is_cancelled`] says, `GroupError::Cancelled` and `Closed`: each also inside of a `Box<dyn Error>` or an `io::Error`.
#[derive(Clone, Copy, Debug, Default)]
pub struct FirstError;

impl<T> When<T> for FirstCompleted {
    fn is_met(&mut self, _: &T) -> bool {
        true
    }
}

impl<T> When<T> for AllCompleted {
    fn is_met(&mut self, _: &T) -> bool {
        false
    }
}

impl<T, E: 'static> When<Result<T, E>> for FirstError {
    fn is_met(&mut self, output: &Result<T, E>) -> bool {
        output.as_ref().is_err_and(|error| !is_cancelled(error))
    }
}

impl<T, F: FnMut(&T) -> bool> When<T> for F {
    fn is_met(&mut self, output: &T) -> bool {
        self(output)
    }
}
