//! What a group can fail with.

use core::fmt;
use motet_cancel::{Cancelled, Reason};
use std::error::Error;

/// A group ended without a result: tasks failed, or it was cancelled.
///
/// asyncio: `ExceptionGroup`.
///
/// ```
/// use motet_combinators::GroupError;
///
/// let failed = GroupError::Failed(vec!["no route", "timed out"]);
/// assert_eq!(failed.errors(), ["no route", "timed out"]);
/// assert_eq!(failed.to_string(), "2 tasks of the group failed: no route; timed out");
/// assert_eq!(failed.into_first(), Some("no route"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GroupError<E> {
    /// Children or the body failed: all errors, in the order in which they came; never empty.
    Failed(Vec<E>),
    /// The group was cancelled before its body had a result.
    Cancelled,
}

impl<E> GroupError<E> {
    /// Whether the group was cancelled, and nothing failed.
    #[must_use]
    pub const fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled)
    }

    /// The errors; none if the group was cancelled.
    #[must_use]
    pub fn errors(&self) -> &[E] {
        match self {
            Self::Failed(errors) => errors,
            Self::Cancelled => &[],
        }
    }

    /// The error that came first.
    #[must_use]
    pub fn into_first(self) -> Option<E> {
        self.into_errors().into_iter().next()
    }

    /// The errors; none if the group was cancelled.
    #[must_use]
    pub fn into_errors(self) -> Vec<E> {
        match self {
            Self::Failed(errors) => errors,
            Self::Cancelled => Vec::new(),
        }
    }
}

impl<E: fmt::Display> fmt::Display for GroupError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Failed(errors) = self else { return f.write_str("the group was cancelled") };
        match errors.len() {
            1 => f.write_str("a task of the group failed: ")?,
            count => write!(f, "{count} tasks of the group failed: ")?,
        }
        for (index, error) in errors.iter().enumerate() {
            let separator = if index == 0 { "" } else { "; " };
            write!(f, "{separator}{error}")?;
        }
        Ok(())
    }
}

/// By this an error that is known as `dyn Error` alone says that a group was cancelled; see [`motet_cancel::is_cancelled`].
static CANCELLED: Cancelled = Cancelled { reason: Reason::none() };

impl<E: fmt::Debug + fmt::Display> Error for GroupError<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Failed(_) => None,
            Self::Cancelled => Some(&CANCELLED),
        }
    }
}
