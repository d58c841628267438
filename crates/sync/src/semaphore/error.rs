//! A closed semaphore, no permit, and a release too many.

use core::error::Error;
use core::fmt;

/// The semaphore was [closed](super::ClosableSemaphore::close): there will be no more permits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the semaphore was closed: do without, or stop")
    }
}

impl Error for Closed {}

/// Why [`ClosableSemaphore::try_acquire`](super::ClosableSemaphore::try_acquire) gave no permit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TryAcquireError {
    /// It was closed: there will be no more permits.
    Closed,
    /// Too few permits are free, or others wait: try later, or wait with [`acquire`](super::ClosableSemaphore::acquire).
    NoPermits,
}

impl fmt::Display for TryAcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => Closed.fmt(f),
            Self::NoPermits => f.write_str("too few permits are free: try later, or wait with `acquire`"),
        }
    }
}

impl Error for TryAcquireError {}

/// More permits were [released](super::BoundedSemaphore::release) than had been forgotten; asyncio raises a `ValueError`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OverReleased;

impl fmt::Display for OverReleased {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a bounded semaphore was released once too often: release by hand only what was forgotten")
    }
}

impl Error for OverReleased {}
