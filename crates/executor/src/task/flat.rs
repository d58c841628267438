//! A task whose future gives a `Result`, with one error instead of two.

use super::{Task, TaskHandle};
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use motet_cancel::TaskError;

/// A task whose own error and the error of its future are one: made by [`Task::flat`].
///
/// Dropping it is dropping the task.
#[derive(Debug)]
#[must_use = "a task is cancelled when it is dropped; `detach` lets it run"]
pub struct FlatTask<T, E> {
    task: Task<Result<T, E>>,
}

impl<T, E> FlatTask<T, E> {
    pub(super) fn new(task: Task<Result<T, E>>) -> Self {
        Self { task }
    }

    /// A handle that can cancel the task and outlives it.
    #[must_use]
    pub fn handle(&self) -> TaskHandle {
        self.task.handle()
    }

    /// Lets the task run on its own.
    pub fn detach(self) {
        self.task.detach();
    }
}

impl<T, E: From<TaskError>> Future for FlatTask<T, E> {
    type Output = Result<T, E>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let result = ready!(Pin::new(&mut self.task).poll(cx));
        Poll::Ready(result.map_err(E::from).and_then(|inner| inner))
    }
}
