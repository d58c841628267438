//! The lock under every wait list and every timer wheel: held for some ten nanoseconds at a time, millions of times a second.
//!
//! ```text
//!               set the bit HELD                    look again, with pauses          set WANTED, look, sleep
//!   FREE ─────────────────────────▶ HELD    others: ──────────────────────▶ others: ────────────────────────▶ asleep on
//!     ▲                              │                                        ▲        parking_lot's Condvar
//!     └───── a store; no exchange ───┘                                        └── called by a release that sees WANTED,
//!                                                                                 or after a nap at the latest
//! ```
//!
//! A mutex whose unlock must not miss a sleeper pays an atomic exchange on both sides; on the way of a message through a channel that is half
//! of all the time. Here the unlock is a plain store, and then a look at WANTED. The race to fear follows from that: the look
//! may run ahead of the store, miss somebody who lies down at that very moment, and nobody calls him. He had found HELD after he
//! had set WANTED, so all of that fell into the nanoseconds that a store takes to become visible. So a sleep is a nap: it ends after
//! a tenth of a millisecond. Nothing depends on the call but how long that one wait takes.
//!
//! *Pauses.* Who finds the lock held looks again four times at once, for the holder is as a rule about to leave; then once more after a
//! hundred pauses. A thread that takes the lock again and again is better left alone with it for a while: to pass it back and forth costs both
//! of them more than the wait. Who does not get it then sleeps: the holder may have been preempted. A pause is 10 to 140 cycles, by processor, so
//! that nobody ever spins for more than five microseconds at a stretch.
//!
//! *Hints.* The word that the unlock writes has room for eight more bits: what the holder says to those who look before they lock. They stay
//! there, out of date, while the next one holds the lock.
//!
//! *Fairness.* None: whoever comes first when it is free. Who waits in line, and in which order, is the business of the list that is
//! guarded, whose grants do not depend on who takes the lock when.

use core::cell::UnsafeCell;
use core::fmt;
use core::marker::PhantomData;
use core::ops::{Deref, DerefMut};

use crate::atomic::{AtomicBool, AtomicU32, Ordering};
use crate::lock::MutexGuard;

#[cfg_attr(motet_loom, path = "adaptive/turn.rs")]
mod bed;
#[cfg(all(test, motet_loom))]
mod model;

/// The pauses before each look; after the last one a thread sleeps.
#[cfg(not(motet_loom))]
const PAUSES: [u32; 5] = [1, 1, 1, 1, 100];

/// In `word`: somebody has the lock. The other bits are what the last holder said.
const HELD: u32 = 1 << 8;

/// A mutex for sections of some ten nanoseconds: locking is one atomic exchange, unlocking a plain store.
///
/// A thread that finds it held spins for a few microseconds, five at most, before it sleeps. For longer sections take [`Mutex`](crate::lock::Mutex).
///
/// ```
/// use motet_prim::lock::AdaptiveMutex;
///
/// let count = AdaptiveMutex::new(1);
/// *count.lock() += 1;
/// assert_eq!(*count.lock(), 2);
/// ```
///
/// # Fairness
///
/// None: whoever comes first when it is free.
// In this order: what comes first in the value shares a line of the cache with the lock.
#[repr(C)]
pub struct AdaptiveMutex<T> {
    word: AtomicU32,
    /// Somebody sleeps, and wants the next release to call.
    wanted: AtomicBool,
    value: UnsafeCell<T>,
}

// SAFETY: the value moves with the mutex.
unsafe impl<T: Send> Send for AdaptiveMutex<T> {}
// SAFETY: one thread at a time has the value, the one that holds the lock: it moves between threads, and is never shared.
unsafe impl<T: Send> Sync for AdaptiveMutex<T> {}

impl<T> AdaptiveMutex<T> {
    crate::const_fn! {
        /// Puts a value under a lock.
        pub const fn new(value: T) -> Self {
            Self {
                word: AtomicU32::new(0),
                wanted: AtomicBool::new(false),
                value: UnsafeCell::new(value),
            }
        }
    }

    #[cfg(not(motet_loom))]
    pub(crate) fn into_inner(self) -> T {
        self.value.into_inner()
    }

    #[cfg(not(motet_loom))]
    pub(crate) fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    /// Waits for the lock.
    #[inline]
    pub fn lock(&self) -> AdaptiveGuard<'_, T> {
        self.acquire();
        AdaptiveGuard { mutex: self, word: 0, parked: PhantomData }
    }

    /// What the last holder said as it unlocked; 0 if it said nothing.
    #[cfg(not(motet_loom))]
    #[inline]
    pub(crate) fn word(&self) -> u8 {
        // Relaxed: it is good for a guess only.
        self.word.load(Ordering::Relaxed) as u8
    }

    #[inline]
    fn acquire(&self) {
        if !self.try_acquire() {
            self.wait();
        }
    }

    #[inline]
    fn try_acquire(&self) -> bool {
        // Acquire: pairs with the Release in `release`; what the last holder did is visible. If it is held, it stays so.
        #[cfg(not(motet_loom))]
        return self.word.fetch_or(HELD, Ordering::Acquire) & HELD == 0;
        // The same where nobody leaves hints. A model takes each store for a new state, and one that changes nothing for no end of them.
        #[cfg(motet_loom)]
        return self.word.compare_exchange(0, HELD, Ordering::Acquire, Ordering::Relaxed).is_ok();
    }

    #[inline]
    fn release(&self, word: u8) {
        // Release: pairs with the Acquire in `try_acquire`; publishes what was done under the lock.
        self.word.store(word.into(), Ordering::Release);
        // Relaxed: it may run ahead of the store, see the head of this file.
        if self.wanted.load(Ordering::Relaxed) {
            self.call();
        }
    }

    #[cold]
    #[inline(never)]
    fn wait(&self) {
        #[cfg(not(motet_loom))]
        for pauses in PAUSES {
            (0..pauses).for_each(|_| crate::hint::spin_loop());
            // Relaxed: only the exchange in `try_acquire` counts.
            if self.word.load(Ordering::Relaxed) & HELD == 0 && self.try_acquire() {
                return;
            }
        }
        self.sleep();
    }

    fn sleep(&self) {
        bed::sleep_until(self.address(), || {
            // Before the look: a release that comes after it calls.
            self.wanted.store(true, Ordering::SeqCst);
            self.try_acquire()
        });
    }

    #[cold]
    #[inline(never)]
    fn call(&self) {
        // Relaxed: one call a sleep, however long it takes to wake up; whoever sleeps on wants another.
        self.wanted.store(false, Ordering::Relaxed);
        bed::call(self.address());
    }

    fn address(&self) -> usize {
        core::ptr::from_ref(&self.word).addr()
    }
}

/// Unlocks an [`AdaptiveMutex`] when dropped.
#[must_use = "the lock is released when the guard is dropped"]
pub struct AdaptiveGuard<'a, T> {
    mutex: &'a AdaptiveMutex<T>,
    /// What it will say when it unlocks.
    word: u8,
    /// Stays on its thread, like the guard of any mutex.
    parked: PhantomData<MutexGuard<'a, T>>,
}

impl<T> AdaptiveGuard<'_, T> {
    /// Says something to those who look at the lock before they take it, heard from the unlock to the next one.
    #[cfg(not(motet_loom))]
    #[inline]
    pub(crate) fn say(&mut self, word: u8) {
        self.word = word;
    }
}

/// Unlocks, runs `f`, and locks again, also if `f` panics.
pub(crate) fn unlocked<T, R>(guard: &mut AdaptiveGuard<'_, T>, f: impl FnOnce() -> R) -> R {
    /// Locks again.
    struct Again<'a, T>(&'a AdaptiveMutex<T>);

    impl<T> Drop for Again<'_, T> {
        fn drop(&mut self) {
            self.0.acquire();
        }
    }

    // Dropped after `f`: the guard, which is borrowed until then, stands for a lock that is held whenever it can be used.
    let _again = Again(guard.mutex);
    guard.mutex.release(0);
    f()
}

impl<T> fmt::Debug for AdaptiveMutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("AdaptiveMutex")
    }
}

impl<T: fmt::Debug> fmt::Debug for AdaptiveGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T> Deref for AdaptiveGuard<'_, T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the guard stands for the lock being held, by this thread: nobody else has a reference, and the borrow of the guard
        // keeps this thread from a second one that is mutable.
        unsafe { &*self.mutex.value.get() }
    }
}

impl<T> DerefMut for AdaptiveGuard<'_, T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as above, and the guard is borrowed mutably.
        unsafe { &mut *self.mutex.value.get() }
    }
}

impl<T> Drop for AdaptiveGuard<'_, T> {
    #[inline]
    fn drop(&mut self) {
        self.mutex.release(self.word);
    }
}
