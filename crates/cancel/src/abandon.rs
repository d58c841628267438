//! Exits that nobody could be found to run: counted, and told to a hook.

use crate::panic::silence;
use motet_prim::atomic::{AtomicUsize, Ordering};
use motet_prim::lock::Mutex;
use std::fmt;
use std::sync::Arc;

/// Why an exit was abandoned, that is dropped unfinished.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Abandoned {
    /// It was handed over where there is no frame and no reaper: see [`set_reaper`](crate::set_reaper).
    NoReaper,
    /// It may not leave its thread, and no local frame is open there: see [`scope_local`](crate::scope_local).
    NoLocalFrame,
    /// The limit of [`cancel_with_grace`](crate::CancelHandle::cancel_with_grace) came first.
    GraceExpired,
    /// The reaper dropped it, or panicked: its executor has shut down, perhaps.
    ReaperFailed,
}

impl fmt::Display for Abandoned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoReaper => "an exit was abandoned: no scope and no reaper is there to run it",
            Self::NoLocalFrame => {
                "an exit was abandoned: it may not leave its thread, and no local scope is open there"
            }
            Self::GraceExpired => "an exit was abandoned: the grace limit came before its end",
            Self::ReaperFailed => "an exit was abandoned: the reaper dropped it; has its executor shut down?",
        })
    }
}

type Hook = Arc<dyn Fn(Abandoned) + Send + Sync>;

motet_prim::global! {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    static HOOK: Mutex<Option<Hook>> = Mutex::new(None);
}

/// How many exits were abandoned in this process so far.
///
/// Anything but zero says that some cleanup never ran: see [`Abandoned`] for the causes.
///
/// ```
/// use motet_cancel::{abandoned, guard};
///
/// let before = abandoned();
/// // Neither a scope nor a reaper is there to run this exit.
/// drop(guard("resource", async |_resource, _outcome| {}));
/// assert_eq!(abandoned(), before + 1);
/// ```
#[must_use]
pub fn abandoned() -> usize {
    // Relaxed: a statistic.
    COUNT.load(Ordering::Relaxed)
}

/// Sets what is called for each exit that is abandoned, in place of what was set before; for a log or a test.
///
/// The hook runs in the thread that drops the exit, most likely inside a `Drop`; its panics are swallowed.
///
/// ```
/// use motet_cancel::{Abandoned, guard, set_on_abandon};
/// use std::sync::mpsc;
///
/// let (heard, abandoned) = mpsc::channel();
/// set_on_abandon(move |why| heard.send(why).unwrap());
/// drop(guard("resource", async |_resource, _outcome| {}));
/// assert_eq!(abandoned.recv().unwrap(), Abandoned::NoReaper);
/// ```
pub fn set_on_abandon(hook: impl Fn(Abandoned) + Send + Sync + 'static) {
    let earlier = HOOK.lock().replace(Arc::new(hook));
    drop(earlier);
}

/// One exit is lost.
pub(crate) fn note(why: Abandoned) {
    // Relaxed: a statistic.
    COUNT.fetch_add(1, Ordering::Relaxed);
    let hook = HOOK.lock().clone();
    if let Some(hook) = hook {
        silence(|| hook(why));
    }
}
