//! Which errors say that something was cancelled, rather than that it failed.

use crate::error::TaskError;
use crate::reason::Cancelled;
use std::any::Any;
use std::error::Error;
use std::io;
use std::sync::Arc;

/// Whether an error says that work was cancelled, rather than that it failed.
///
/// For combinators and hooks that must tell the two apart in an error of any type. It does if it is [`Cancelled`] or
/// [`TaskError::Cancelled`], also inside of an [`io::Error`], of a `Box<dyn Error>` with or without `Send` and `Sync`, or of an
/// `Arc<dyn Error + Send + Sync>`. Inside of one of these an error of your own joins in by a `source` that is `Cancelled`; by itself it counts as a
/// failure, for of a type that is unknown here nobody can ask the source.
///
/// ```
/// use motet_cancel::{Reason, TaskError, is_cancelled};
/// use std::{error::Error, io};
///
/// let error = io::Error::from(TaskError::Cancelled(Reason::none()));
/// assert!(is_cancelled(&error));
/// let boxed: Box<dyn Error + Send + Sync> = error.into();
/// assert!(is_cancelled(&boxed));
/// assert!(!is_cancelled(&io::Error::other("disk full")));
/// ```
#[must_use]
pub fn is_cancelled<E: 'static>(error: &E) -> bool {
    let error: &dyn Any = error;
    if let Some(error) = error.downcast_ref::<Box<dyn Error + Send + Sync>>() {
        return says_cancelled(&**error);
    }
    if let Some(error) = error.downcast_ref::<Box<dyn Error + Send>>() {
        return says_cancelled(&**error);
    }
    if let Some(error) = error.downcast_ref::<Box<dyn Error>>() {
        return says_cancelled(&**error);
    }
    if let Some(error) = error.downcast_ref::<Arc<dyn Error + Send + Sync>>() {
        return says_cancelled(&**error);
    }
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return says_cancelled(error);
    }
    error.is::<Cancelled>() || error.downcast_ref().is_some_and(TaskError::is_cancelled)
}

fn says_cancelled(error: &(dyn Error + 'static)) -> bool {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return error.get_ref().is_some_and(|inside| says_cancelled(inside));
    }
    error.is::<Cancelled>()
        || error.downcast_ref().is_some_and(TaskError::is_cancelled)
        || error.source().is_some_and(|source| source.is::<Cancelled>())
}
