//! Why something was cancelled.

use crate::panic::silence;
use std::borrow::Cow;
use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

/// Why a scope or a task was cancelled: a text, an error, or nothing in particular.
///
/// One pointer wide and cheap to clone; [`Reason::default`] allocates nothing. Two reasons are equal if they read the same. Dropping one never panics.
/// asyncio: the `msg` of `Task.cancel`.
///
/// ```
/// use motet_cancel::Reason;
///
/// assert_eq!(Reason::from("shutting down").to_string(), "shutting down");
/// assert_eq!(Reason::default().to_string(), "no reason given");
/// ```
#[derive(Clone, Default)]
pub struct Reason(Option<Arc<Cause>>);

enum Cause {
    Text(Cow<'static, str>),
    Error(Foreign),
}

/// Somebody's error, empty only while it is dropped: the last reason may go with its task, where nothing may unwind.
struct Foreign(Option<Arc<dyn Error + Send + Sync>>);

impl Foreign {
    fn error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self.0.as_deref().expect("it is there until the drop")
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        silence(|| drop(self.0.take()));
    }
}

impl Reason {
    /// No reason in particular; what [`Default`] gives.
    #[must_use]
    pub const fn none() -> Self {
        Self(None)
    }

    /// A reason that is an error, which [`Reason::error`] gives back.
    ///
    /// ```
    /// use motet_cancel::Reason;
    /// use std::io;
    ///
    /// let reason = Reason::from_error(io::Error::from(io::ErrorKind::TimedOut));
    /// let error = reason.error().unwrap().downcast_ref::<io::Error>().unwrap();
    /// assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    /// ```
    #[must_use]
    pub fn from_error(error: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self::of(Arc::from(error.into()))
    }

    /// Whether there is no reason in particular.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// The error, if the reason is one.
    #[must_use]
    pub fn error(&self) -> Option<&(dyn Error + Send + Sync + 'static)> {
        match self.0.as_deref() {
            Some(Cause::Error(error)) => Some(error.error()),
            _ => None,
        }
    }

    fn of(error: Arc<dyn Error + Send + Sync>) -> Self {
        Self(Some(Arc::new(Cause::Error(Foreign(Some(error))))))
    }

    fn text(text: Cow<'static, str>) -> Self {
        Self(Some(Arc::new(Cause::Text(text))))
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_deref() {
            None => f.pad("no reason given"),
            Some(Cause::Text(text)) => f.pad(text),
            Some(Cause::Error(error)) => fmt::Display::fmt(error.error(), f),
        }
    }
}

impl fmt::Debug for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_deref() {
            None => f.write_str("Reason"),
            Some(Cause::Text(text)) => f.debug_tuple("Reason").field(text).finish(),
            Some(Cause::Error(error)) => f.debug_tuple("Reason").field(&error.error()).finish(),
        }
    }
}

impl PartialEq for Reason {
    fn eq(&self, other: &Self) -> bool {
        match (self.0.as_deref(), other.0.as_deref()) {
            (None, None) => true,
            (Some(Cause::Text(one)), Some(Cause::Text(two))) => one == two,
            (Some(_), Some(_)) => self.to_string() == other.to_string(),
            _ => false,
        }
    }
}

impl Eq for Reason {}

impl PartialEq<str> for Reason {
    fn eq(&self, other: &str) -> bool {
        match self.0.as_deref() {
            Some(Cause::Text(text)) => text == other,
            Some(Cause::Error(error)) => error.error().to_string() == other,
            None => false,
        }
    }
}

impl PartialEq<&str> for Reason {
    fn eq(&self, other: &&str) -> bool {
        *self == **other
    }
}

impl From<&'static str> for Reason {
    fn from(text: &'static str) -> Self {
        Self::text(Cow::Borrowed(text))
    }
}

impl From<String> for Reason {
    fn from(text: String) -> Self {
        Self::text(Cow::Owned(text))
    }
}

impl From<Cow<'static, str>> for Reason {
    fn from(text: Cow<'static, str>) -> Self {
        Self::text(text)
    }
}

impl From<Box<dyn Error + Send + Sync>> for Reason {
    fn from(error: Box<dyn Error + Send + Sync>) -> Self {
        Self::from_error(error)
    }
}

impl From<Arc<dyn Error + Send + Sync>> for Reason {
    fn from(error: Arc<dyn Error + Send + Sync>) -> Self {
        Self::of(error)
    }
}

impl From<()> for Reason {
    fn from((): ()) -> Self {
        Self::none()
    }
}

impl From<Cancelled> for Reason {
    fn from(cancelled: Cancelled) -> Self {
        cancelled.reason
    }
}

/// The scope was cancelled, has dropped its body, and all that the body left behind is cleaned up.
///
/// asyncio: `CancelledError`. It is a value of the scope's output and is never thrown into the body.
///
/// ```
/// use motet_cancel::{Cancelled, Reason};
///
/// let cancelled = Cancelled { reason: Reason::from("shutting down") };
/// assert_eq!(cancelled.to_string(), "cancelled: shutting down");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cancelled {
    /// The reason that the first request to cancel gave.
    pub reason: Reason,
}

impl fmt::Display for Cancelled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        display_cancelled(&self.reason, f)
    }
}

pub(crate) fn display_cancelled(reason: &Reason, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    if reason.is_none() { f.write_str("cancelled") } else { write!(f, "cancelled: {reason}") }
}

impl Error for Cancelled {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.reason.error().map(|error| error as _)
    }
}

impl From<Cancelled> for io::Error {
    /// Of the kind `Other`, with the `Cancelled` inside, as [`TaskError`](crate::TaskError) has it.
    fn from(cancelled: Cancelled) -> Self {
        Self::other(cancelled)
    }
}

/// The cancel could not be taken back: the scope has already acted on it.
///
/// Given by [`CancelHandle::uncancel`](crate::CancelHandle::uncancel).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken;

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the cancel has already taken effect: take it back before the scope's next poll, or not at all")
    }
}

impl Error for Taken {}
