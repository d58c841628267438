//! Which errors say that something was cancelled, rather than that it failed.

use crate::group::GroupError;
use crate::promise::Closed;
use core::any::Any;
use motet_prim::lock::Mutex;

/// Whether a value of a type that is found out at run time is a `GroupError::Cancelled`.
type Probe = fn(&dyn Any) -> bool;

motet_prim::global! {
    /// One for each type of error that a group was cancelled with so far.
    static GROUPS: Mutex<Vec<Probe>> = Mutex::new(Vec::new());
}

/// Whether an error says that work was cancelled, or is a `Closed` or a `GroupError::Cancelled`.
pub(crate) fn is_cancelled<E: 'static>(error: &E) -> bool {
    let any: &dyn Any = error;
    motet_cancel::is_cancelled(error) || any.is::<Closed>() || GROUPS.lock().iter().any(|probe| probe(error))
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
