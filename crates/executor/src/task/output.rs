//! A task's result on its way to whoever awaits it; it reports a panic that nobody came for.

use super::{Record, TaskRef};
use crate::pool::PanicHook;
use motet_cancel::TaskError;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A result inside async-task's allocation.
///
/// async-task aborts the process if the output of a detached task panics in its drop; this type's drop never does.
pub(crate) struct Output<T> {
    result: Option<Result<T, TaskError>>,
    /// The task that panicked, and who is told if nobody comes for it.
    panicked: Option<Box<(TaskRef, PanicHook)>>,
}

impl<T> Output<T> {
    /// A result; `task` is asked for if it is a panic.
    pub(crate) fn new(result: Result<T, TaskError>, task: impl FnOnce() -> TaskRef) -> Self {
        let of_panicked = |task: TaskRef| {
            let hook = Record::panic_hook(&task);
            Box::new((task, hook))
        };
        let panicked = matches!(result, Err(TaskError::Panicked(_))).then(|| of_panicked(task()));
        Self { result: Some(result), panicked }
    }

    /// A value.
    #[inline]
    pub(crate) fn of(value: T) -> Self {
        Self { result: Some(Ok(value)), panicked: None }
    }

    /// Nothing, instead of a value that is dropped here.
    #[inline]
    pub(crate) fn dropped(value: T) -> Self {
        if std::mem::needs_drop::<T>() {
            contain(|| drop(value));
        }
        Self::gone()
    }

    /// Nothing: what stands for a result that was dropped already.
    pub(crate) fn gone() -> Self {
        Self { result: None, panicked: None }
    }

    /// Takes the result out.
    pub(crate) fn take(mut self) -> Option<Result<T, TaskError>> {
        self.result.take()
    }
}

impl<T> Drop for Output<T> {
    fn drop(&mut self) {
        // Nothing foreign to drop, as a rule.
        if !std::mem::needs_drop::<T>() && matches!(self.result, None | Some(Ok(_))) {
            return;
        }
        match (self.result.take(), self.panicked.take()) {
            (Some(Err(TaskError::Panicked(payload))), Some(panicked)) => panicked.0.report(&panicked.1, &payload),
            (result, _) => contain(|| drop(result)),
        }
    }
}

/// Runs foreign code that must not panic here; a payload whose own drop panics leaves one that is forgotten.
pub(crate) fn contain(run: impl FnOnce()) {
    let Err(payload) = catch_unwind(AssertUnwindSafe(run)) else { return };
    if let Err(payload_of_its_drop) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(payload_of_its_drop);
    }
}
