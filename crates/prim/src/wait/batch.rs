//! Wakes that are due: collected under a lock, made after it is released.
//!
//! A waker is foreign code: it may run a task in place, come back for our lock, or panic. It must not do so while we hold
//! the lock, and one that panics must not cost the others their wake.

use core::fmt;
use core::mem::MaybeUninit;
use core::task::Waker;

/// A wake that is due. [`wake`](Self::wake) it after the unlock.
///
/// Dropped, it wakes too, so that no wakeup is lost on an early return; but then under whatever locks are still held.
///
/// A waker that panics has been reported by the panic hook, and stops there: the wake of others goes on.
#[must_use = "wake it once the lock is released"]
pub struct Wakeup(Option<Waker>);

impl Wakeup {
    /// Wakes.
    pub fn wake(self) {
        drop(self);
    }
}

impl From<Waker> for Wakeup {
    /// A waker that its owner has taken out from under a lock of its own.
    fn from(waker: Waker) -> Self {
        Self(Some(waker))
    }
}

impl Drop for Wakeup {
    fn drop(&mut self) {
        if let Some(waker) = self.0.take() {
            foreign(|| waker.wake());
        }
    }
}

impl fmt::Debug for Wakeup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Wakeup")
    }
}

/// Drops a waker whose wake is not due any more. Hold no lock here: its drop is foreign code as well.
///
/// A drop that panics has been reported by the panic hook, and stops there: so a `Drop` may discard a waker.
///
/// ```
/// motet_prim::discard(std::task::Waker::noop().clone());
/// ```
pub fn discard(waker: Waker) {
    foreign(|| drop(waker));
}

/// Runs foreign code whose panic must not unwind into ours, which may stand in a `Drop`.
fn foreign(run: impl FnOnce()) {
    #[cfg(not(motet_loom))]
    if let Err(panic) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)) {
        // The hook has reported it. Its drop may panic as well: leave it.
        core::mem::forget(panic);
    }
    // A model reports its findings by panics.
    #[cfg(motet_loom)]
    run();
}

/// Up to 32 wakes that are due, on the stack.
///
/// Declare it before the lock is taken, push under the lock, unlock, then [`wake_all`](Self::wake_all); if it
/// [`is_full`](Self::is_full) before you are done, unlock, wake, lock and continue ([`Locked::flush`] does that).
///
/// [`Locked::flush`]: super::Locked::flush
///
/// ```
/// let mut wakes = motet_prim::WakeBatch::new();
/// assert!(!wakes.is_full());
/// wakes.wake_all();                     // nobody is due
/// ```
pub struct WakeBatch {
    due: [MaybeUninit<Waker>; Self::CAPACITY],
    /// The first `len` places of `due` hold a waker.
    len: usize,
}

impl WakeBatch {
    /// How many wakes one batch holds: 32. In a model 2, so that a third waiter takes it through the unlock in the middle.
    pub const CAPACITY: usize = if cfg!(motet_loom) { 2 } else { 32 };

    /// A batch with nobody in it.
    #[must_use]
    #[inline]
    pub const fn new() -> Self {
        Self { due: [const { MaybeUninit::uninit() }; Self::CAPACITY], len: 0 }
    }

    /// Whether nobody is due.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether another push would panic.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.len == Self::CAPACITY
    }

    /// Adds a wake.
    ///
    /// # Panics
    ///
    /// If the batch is full.
    pub fn push(&mut self, mut wakeup: Wakeup) {
        if let Some(waker) = wakeup.0.take() {
            self.due[self.len].write(waker);
            self.len += 1;
        }
    }

    /// Wakes everybody in the batch, in order, and leaves it empty. Hold no lock here.
    pub fn wake_all(&mut self) {
        let len = core::mem::take(&mut self.len);
        for place in &mut self.due[..len] {
            // SAFETY: `push` filled the first `len` places; `len` was set to zero before the first is read, so none is
            // read twice, even if a wake should unwind.
            let waker = unsafe { place.assume_init_read() };
            Wakeup(Some(waker)).wake();
        }
    }
}

impl Default for WakeBatch {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for WakeBatch {
    /// Nobody loses a wakeup to an early return.
    fn drop(&mut self) {
        self.wake_all();
    }
}

impl fmt::Debug for WakeBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WakeBatch").field("len", &self.len).finish()
    }
}
