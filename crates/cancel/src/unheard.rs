//! Errors that nobody awaits any more: told to a hook.

use crate::error::TaskError;
use crate::panic::silence;
use crate::recognise::is_cancelled;
use motet_prim::lock::Mutex;
use std::any::{Any, type_name};
use std::error::Error;
use std::sync::Arc;
use std::{fmt, io};

/// An error that nobody awaits any more, as the hook of [`set_on_unheard`] sees it.
///
/// Its `Display` is the error's own where the type is known to be an error, else the name of the type.
pub struct Unheard<'a> {
    error: &'a dyn Any,
    type_name: &'static str,
}

impl Unheard<'_> {
    /// The error, if it is an `E`.
    #[must_use]
    pub fn downcast_ref<E: 'static>(&self) -> Option<&E> {
        self.error.downcast_ref()
    }

    /// The error, if it is boxed, an [`io::Error`] or a [`TaskError`]: of others only the type is known.
    #[must_use]
    pub fn error(&self) -> Option<&(dyn Error + 'static)> {
        if let Some(error) = self.downcast_ref::<Box<dyn Error + Send + Sync>>() {
            return Some(&**error);
        }
        if let Some(error) = self.downcast_ref::<Box<dyn Error>>() {
            return Some(&**error);
        }
        if let Some(error) = self.downcast_ref::<io::Error>() {
            return Some(error);
        }
        self.downcast_ref::<TaskError>().map(|error| error as _)
    }

    /// The name of the error's type.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        self.type_name
    }
}

impl fmt::Display for Unheard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.error() {
            Some(error) => write!(f, "an error that nobody awaits: {error}"),
            None => write!(f, "an error that nobody awaits, of the type {}", self.type_name),
        }
    }
}

impl fmt::Debug for Unheard<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Unheard").field("type_name", &self.type_name).field("error", &self.error()).finish()
    }
}

type Hook = Arc<dyn Fn(&Unheard<'_>) + Send + Sync>;

motet_prim::global! {
    static HOOK: Mutex<Option<Hook>> = Mutex::new(None);
}

/// Sets what is told of each error that nobody awaits any more, in place of what was set before; for a log or a test.
///
/// Without one they are dropped in silence. It hears of a [shielded](crate::try_shield) work's error after its awaiter was cancelled, and of the
/// errors of a task group's children that an outer cancel wins over; and, as [`TaskError::Panicked`], of a panic in what was dropped where neither a
/// scope nor a reaper is there for it to go on in. Its own panics are swallowed. asyncio: `loop.set_exception_handler`.
///
/// ```
/// use motet_cancel::{report_unheard, set_on_unheard};
/// use std::{io, sync::mpsc};
///
/// let (tell, told) = mpsc::channel();
/// set_on_unheard(move |unheard| tell.send(unheard.to_string()).unwrap_or_default());
/// report_unheard(io::Error::other("disk full"));
/// assert_eq!(told.recv().unwrap(), "an error that nobody awaits: disk full");
/// ```
pub fn set_on_unheard(hook: impl Fn(&Unheard<'_>) + Send + Sync + 'static) {
    let earlier = HOOK.lock().replace(Arc::new(hook));
    drop(earlier);
}

/// Tells the hook of [`set_on_unheard`] of an error that nobody awaits any more, and drops it. For authors of combinators.
///
/// A cancel is no error: what [`is_cancelled`] knows is dropped untold. Never panics.
pub fn report_unheard<E: 'static>(error: E) {
    if !is_cancelled(&error) {
        let hook = HOOK.lock().clone();
        if let Some(hook) = hook {
            silence(|| hook(&Unheard { error: &error, type_name: type_name::<E>() }));
        }
    }
    silence(|| drop(error));
}
