//! How a task can fail to give its output.

use crate::panic::{Payload, silence};
use crate::reason::{Cancelled, Reason, display_cancelled};
use motet_prim::lock::Mutex;
use std::any::Any;
use std::borrow::Cow;
use std::error::Error;
use std::{fmt, io, mem};

/// A task ended without its output: it was cancelled, or it panicked.
///
/// An executor's task resolves to `Result<T, TaskError>`. Two words wide. It converts into [`io::Error`], for code whose errors are
/// I/O errors.
///
/// ```
/// use motet_cancel::{Reason, TaskError};
/// use std::io;
///
/// let error = TaskError::Cancelled(Reason::from("too slow"));
/// assert_eq!(error.to_string(), "the task was cancelled: too slow");
/// assert!(error.is_cancelled());
/// assert!(io::Error::from(error).to_string().contains("too slow"));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum TaskError {
    /// It was cancelled, and its cleanup is done.
    Cancelled(Reason),
    /// It panicked, with this payload; its cleanup is done.
    Panicked(PanicPayload),
}

impl TaskError {
    /// Whether the task was cancelled.
    #[must_use]
    pub const fn is_cancelled(&self) -> bool {
        matches!(self, Self::Cancelled(_))
    }

    /// Whether the task panicked.
    #[must_use]
    pub const fn is_panicked(&self) -> bool {
        matches!(self, Self::Panicked(_))
    }

    /// The payload, if the task panicked; `Err` gives the error back.
    ///
    /// # Errors
    ///
    /// The task did not panic.
    pub fn try_into_panic(self) -> Result<PanicPayload, Self> {
        match self {
            Self::Panicked(payload) => Ok(payload),
            other @ Self::Cancelled(_) => Err(other),
        }
    }
}

impl fmt::Display for TaskError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled(reason) => {
                f.write_str("the task was ")?;
                display_cancelled(reason, f)
            }
            Self::Panicked(payload) => match payload.message() {
                Some(message) => write!(f, "the task panicked: {message}"),
                None => f.write_str("the task panicked with a payload that is no text"),
            },
        }
    }
}

impl Error for TaskError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Cancelled(reason) => reason.error().map(|error| error as _),
            Self::Panicked(_) => None,
        }
    }
}

impl From<Cancelled> for TaskError {
    fn from(cancelled: Cancelled) -> Self {
        Self::Cancelled(cancelled.reason)
    }
}

impl From<PanicPayload> for TaskError {
    fn from(payload: PanicPayload) -> Self {
        Self::Panicked(payload)
    }
}

impl From<TaskError> for io::Error {
    /// Of the kind `Other`, with the `TaskError` inside; never `Interrupted`, which `read_exact` and its kin would retry.
    fn from(error: TaskError) -> Self {
        Self::other(error)
    }
}

/// What a panic carried, made `Sync` so that it can travel in an error. Dropping it never panics.
///
/// ```
/// use motet_cancel::PanicPayload;
///
/// let caught = std::panic::catch_unwind(|| panic!("no luck")).unwrap_err();
/// let payload = PanicPayload::new(caught);
/// assert_eq!(payload.message(), Some("no luck"));
/// assert_eq!(*payload.into_any().downcast::<&str>().unwrap(), "no luck");
/// ```
pub struct PanicPayload(Box<Carried>);

struct Carried {
    message: Option<Cow<'static, str>>,
    /// The lock is never waited for: it makes a `Send` payload `Sync`.
    payload: Mutex<Option<Payload>>,
}

impl PanicPayload {
    /// Takes what `catch_unwind` or `JoinHandle::join` gave.
    #[must_use]
    pub fn new(payload: Box<dyn Any + Send>) -> Self {
        let message = if let Some(text) = payload.downcast_ref::<&'static str>() {
            Some(Cow::Borrowed(*text))
        } else {
            payload.downcast_ref::<String>().map(|text| Cow::Owned(text.clone()))
        };
        Self(Box::new(Carried { message, payload: Mutex::new(Some(payload)) }))
    }

    /// The panic's message, if the payload is a text, as that of `panic!` with a message is.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// The payload itself.
    #[must_use]
    pub fn into_any(mut self) -> Box<dyn Any + Send> {
        // Empty only after this method, which takes `self`; a unit stands for the impossible.
        self.0.payload.get_mut().take().unwrap_or_else(|| Box::new(()))
    }

    /// Lets the panic go on in this thread, without running the panic hook again.
    ///
    /// # Panics
    ///
    /// That is what it is for.
    pub fn resume(self) -> ! {
        std::panic::resume_unwind(self.into_any())
    }
}

impl Drop for PanicPayload {
    fn drop(&mut self) {
        let payload = self.0.payload.get_mut().take();
        silence(|| mem::drop(payload));
    }
}

impl fmt::Debug for PanicPayload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PanicPayload").field(&self.message().unwrap_or("(no text)")).finish()
    }
}
