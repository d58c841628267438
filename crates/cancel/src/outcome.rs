//! How the body ended, as its guards' exits see it.

use crate::frame;
use crate::reason::Reason;

/// How the body that held a resource ended: what its exit is told. asyncio: the arguments of `__aexit__`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It was closed in the ordinary way.
    Returned,
    /// It was closed because of an error: [`Guard::fail`](crate::Guard::fail), or a body that gave `Err` to [`try_with`](crate::try_with).
    Failed,
    /// It was dropped since its scope was cancelled, for this reason.
    Cancelled(Reason),
    /// It was dropped in any other way: it went out of scope, a `select!` lost, a `?` returned early.
    Dropped,
    /// It was dropped by a panic that began after it was made.
    Panicked,
}

impl Outcome {
    /// How what is dropped now ends. `panicking_before`: whether the thread was panicking when it was made.
    pub(crate) fn of_drop(panicking_before: bool) -> Self {
        if !panicking_before && std::thread::panicking() {
            return Self::Panicked;
        }
        frame::cause().map_or(Self::Dropped, Self::Cancelled)
    }
}
