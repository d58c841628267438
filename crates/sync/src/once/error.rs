//! A value that came too late.

use core::error::Error;
use core::fmt;

/// What [`OnceCell::set`](super::OnceCell::set) gives back: the value, and why it was not taken.
///
/// An `Error` whatever the value is: no `T: Debug` is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum SetError<T> {
    /// The cell has a value: read it with [`get`](super::OnceCell::get).
    AlreadySet(T),
    /// An initialiser is running: [`wait`](super::OnceCell::wait) for what it makes, or use
    /// [`get_or_init`](super::OnceCell::get_or_init), which takes over if it fails.
    Initializing(T),
}

impl<T> SetError<T> {
    /// The value that was not taken.
    ///
    /// ```
    /// let late = motet_sync::OnceCell::from(1).set(2).unwrap_err();
    /// assert_eq!(late.into_inner(), 2);
    /// ```
    pub fn into_inner(self) -> T {
        match self {
            Self::AlreadySet(value) | Self::Initializing(value) => value,
        }
    }
}

impl<T> fmt::Debug for SetError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Self::AlreadySet(_) => "AlreadySet",
            Self::Initializing(_) => "Initializing",
        };
        f.debug_tuple(name).finish_non_exhaustive()
    }
}

impl<T> fmt::Display for SetError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AlreadySet(_) => "the cell has a value already: read it with `get`",
            Self::Initializing(_) => "the cell is being initialised: wait for its value, or use `get_or_init`",
        })
    }
}

impl<T> Error for SetError<T> {}
