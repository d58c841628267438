//! Which errors say that something was cancelled.

use core::any::Any;
use std::error::Error;

/// Whether an error says that a task or scope was cancelled, rather than that it failed.
pub(crate) fn is_cancelled<E: 'static>(error: &E) -> bool {
    let any: &dyn Any = error;
    if let Some(boxed) = any.downcast_ref::<Box<dyn Error + Send + Sync>>() {
        return says_cancelled(&**boxed);
    }
    false
}

fn says_cancelled(_error: &(dyn Error + Send + Sync + 'static)) -> bool {
    false
}
