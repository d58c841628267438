//! Which errors say that something was cancelled, rather than that it failed.

use crate::group::GroupError;
use core::any::Any;
use motet_cancel::{Cancelled, TaskError};
use motet_prim::lock::Mutex;
use std::error::Error;

type BoxError = Box<dyn Error + Send + Sync>;

/// Whether a value of a type that is found out at run time is a `GroupError::Cancelled`.
type Probe = fn(&dyn Any) -> bool;

motet_prim::global! {
    /// One for each type of error that a group was cancelled with so far.
    static GROUPS: Mutex<Vec<Probe>> = Mutex::new(Vec::new());
}

/// Whether an error is `Cancelled`, `TaskError::Cancelled` or `GroupError::Cancelled`, be it in a box.
pub(crate) fn is_cancelled<E: 'static>(error: &E) -> bool {
    let error: &dyn Any = error;
    if let Some(boxed) = error.downcast_ref::<BoxError>() {
        return is_boxed_cancelled(&**boxed);
    }
    if let Some(error) = error.downcast_ref::<TaskError>() {
        return error.is_cancelled();
    }
    error.is::<Cancelled>() || GROUPS.lock().iter().any(|probe| probe(error))
}

fn is_boxed_cancelled(error: &(dyn Error + Send + Sync + 'static)) -> bool {
    error.is::<Cancelled>()
        || error.downcast_ref::<TaskError>().is_some_and(TaskError::is_cancelled)
        || error.downcast_ref::<GroupError<BoxError>>().is_some_and(GroupError::is_cancelled)
}

/// A group is about to give `GroupError::<E>::Cancelled`: from now on, [`is_cancelled`] knows that type.
pub(crate) fn group_was_cancelled<E: 'static>() {
    let probe: Probe = |error| error.downcast_ref::<GroupError<E>>().is_some_and(GroupError::is_cancelled);
    let known = |known: &Probe| core::ptr::fn_addr_eq(*known, probe);
    let mut groups = GROUPS.lock();
    if !groups.iter().any(known) {
        groups.push(probe);
    }
}
