//! Wakers that panic: foreign code at its worst, which must harm nobody but its owner.

use std::sync::Arc;
use std::task::{Wake, Waker};

/// Panics when it is woken.
struct Grumpy;

impl Wake for Grumpy {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        panic!("on purpose: a waker that panics when it is woken");
    }
}

/// Panics when it is dropped.
struct Fragile;

impl Wake for Fragile {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Fragile {
    fn drop(&mut self) {
        // Two panics at a time would end the process, and with it whatever the first has to tell.
        if !std::thread::panicking() {
            panic!("on purpose: a waker that panics when it is dropped");
        }
    }
}

/// A waker that panics each time it is woken.
///
/// To check that a primitive which wakes several goes on to the others, and that its `Drop`, where it wakes, does not panic.
///
/// ```
/// let waker = motet_test::waker_that_panics_when_woken();
/// assert!(std::panic::catch_unwind(|| waker.wake_by_ref()).is_err());
/// ```
#[must_use]
pub fn waker_that_panics_when_woken() -> Waker {
    Waker::from(Arc::new(Grumpy))
}

/// A waker whose last clone panics as it is dropped.
///
/// To check that a primitive which lets go of a waker, of a wait that has ended or has moved to another task, contains that. Poll with it, drop
/// it, and the last clone is what the primitive keeps.
///
/// ```
/// let waker = motet_test::waker_that_panics_when_dropped();
/// let kept = waker.clone();
/// drop(waker);
/// assert!(std::panic::catch_unwind(|| drop(kept)).is_err());
/// ```
#[must_use]
pub fn waker_that_panics_when_dropped() -> Waker {
    Waker::from(Arc::new(Fragile))
}
