//! A task as work that a limit can cancel, and go on awaiting.

use super::Task;
use futures_util::future::BoxFuture;
use motet_cancel::{Cancellable, Reason, TaskError};
use std::pin::Pin;

impl<T> Cancellable for Task<T> {
    fn cancel(self: Pin<&mut Self>, reason: Reason, grace: Option<BoxFuture<'static, ()>>) -> bool {
        match grace {
            None => self.cancel_with(reason),
            Some(limit) => self.cancel_with_grace(reason, limit),
        }
    }

    fn was_cancelled(output: &Self::Output) -> bool {
        output.as_ref().is_err_and(TaskError::is_cancelled)
    }
}
