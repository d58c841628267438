//! Finding futures that were given what they waited for, and are not polled any more.
//!
//! A lock that is handed to a waiter is the waiter's, though it has not been polled yet. If it never is, because its task awaits
//! something else and keeps the future meanwhile (`select!` over `&mut future`, a future in a struct, a stream of them that nobody
//! polls), then everybody waits: a *futurelock*. No lock that hands over can avoid it, and it looks like a deadlock without a
//! cycle.
//!
//! Builds with debug assertions keep an eye on it. A waiter that has had its [`Lock`](crate::Lock), its hold on a
//! [`RwLock`](crate::RwLock) or its permits for longer than [a threshold](set_threshold) without being polled is reported, once, with
//! the place in the source where it was made: as soon as another waiter of the same lock is polled, or when it is polled or dropped
//! itself after all. No thread is started for it, and no timer: to ask at any time, from a watchdog or from a debugger, call
//! [`overdue`].
//!
//! In builds without debug assertions nothing is kept, nothing is reported, and it costs nothing.
//!
//! ```
//! use motet_sync::{Lock, futurelock};
//! use std::task::{Context, Waker};
//! use std::time::Duration;
//!
//! futurelock::set_threshold(Duration::ZERO);
//! futurelock::set_hook(|found| eprintln!("{found}"));           // what it does anyway
//!
//! let table = Lock::new(0);
//! let guard = table.lock_blocking();
//! let (mut kept, line) = (Box::pin(table.lock()), line!());
//! assert!(kept.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
//! drop(guard);                                                  // handed to `kept`, which nobody polls
//!
//! let found = futurelock::overdue().iter().any(|found| found.made_at().line() == line);
//! assert_eq!(found, cfg!(debug_assertions));
//! # use std::future::Future;
//! ```
//!
//! # How to mend one
//!
//! Poll the future, or drop it: a waiter that is dropped hands on what it was given. Spawn what must go on by itself; do not
//! await while you keep a half-polled future of a lock.

#[cfg(not(all(debug_assertions, not(motet_loom))))]
mod blind;
mod report;
#[cfg(all(debug_assertions, not(motet_loom)))]
mod watching;

#[cfg(not(all(debug_assertions, not(motet_loom))))]
use blind as watch;
#[cfg(all(debug_assertions, not(motet_loom)))]
use watching as watch;

pub use report::Futurelock;
pub(crate) use watch::{Watch, look};

use std::time::Duration;

/// Says who is told of what is found, instead of the standard error stream.
///
/// The hook is called by whoever found it: within a poll, or within the drop of a future, when that has handed on what it had. No lock
/// of the machinery's own is held, but the finder's locks are: one that is polled late has just been given what it was not polled for,
/// and its task may hold others. So the hook does not wait for a lock that tasks use: it tries, writes, or sends word to
/// somebody else. A panic in it is caught there.
///
/// ```
/// motet_sync::futurelock::set_hook(|found| eprintln!("{found}"));
/// ```
pub fn set_hook(hook: impl Fn(&Futurelock) + Send + Sync + 'static) {
    watch::set_hook(hook);
}

/// Says for how long a waiter may have what it waited for without being polled. At first that is one second.
///
/// ```
/// motet_sync::futurelock::set_threshold(std::time::Duration::from_millis(100));
/// ```
pub fn set_threshold(threshold: Duration) {
    watch::set_threshold(threshold);
}

/// Who has had something for longer than the threshold without being polled, reported or not. Empty without debug assertions.
///
/// # Complexity
///
/// It looks at 64 places: so many grants are watched at a time, in the whole process.
#[must_use]
pub fn overdue() -> Vec<Futurelock> {
    watch::overdue()
}
