//! A pair of fences of which the one costs nothing and the other a system call.
//!
//! Two threads that each write one word and then read the other's need a fence in between, both of them, which takes as long as an exchange. Where one of the
//! two does so all the time and the other hardly ever, the latter can fence for both: it interrupts every processor on which a thread of this
//! process runs (Linux' `membarrier`), so that whatever these threads had stored until then is seen, and whatever they load from then on is new. What is
//! left of the light fence is an order to the compiler. See Dice, Huang and Yang, "Asymmetric Dekker Synchronization"; folly has the pair as
//! `asymmetric_thread_fence_light` and `_heavy`.

use core::sync::atomic::{Ordering, compiler_fence};

/// That this system has the pair: whoever holds one may rely on it.
///
/// ```
/// use motet_prim::AsymmetricFence;
/// use motet_prim::atomic::{AtomicBool, Ordering, fence};
///
/// static IS_BUSY: AtomicBool = AtomicBool::new(false);
/// static IS_CLAIMED: AtomicBool = AtomicBool::new(false);
///
/// let asymmetric = AsymmetricFence::of_this_system();
/// // A thread that does this all the time:
/// IS_BUSY.store(true, Ordering::Relaxed);
/// asymmetric.map_or_else(|| fence(Ordering::SeqCst), AsymmetricFence::light);
/// let has_lost = IS_CLAIMED.load(Ordering::Relaxed);
/// IS_BUSY.store(false, Ordering::Release);
/// assert!(!has_lost);
/// // One that does this hardly ever:
/// IS_CLAIMED.store(true, Ordering::Relaxed);
/// let is_fenced = asymmetric.map_or_else(|| { fence(Ordering::SeqCst); true }, AsymmetricFence::heavy);
/// assert!(is_fenced && !IS_BUSY.load(Ordering::Acquire));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AsymmetricFence(());

impl AsymmetricFence {
    /// The pair, if the system has it: Linux 4.14 or newer. The first call of a process asks the system.
    #[must_use]
    pub fn of_this_system() -> Option<Self> {
        sys::has_fence().then_some(Self(()))
    }

    /// The free one: a full fence against every [`heavy`](Self::heavy) fence of this process, and against nothing else.
    #[inline]
    pub fn light(self) {
        if cfg!(motet_loom) {
            crate::atomic::fence(Ordering::SeqCst);
        } else {
            compiler_fence(Ordering::SeqCst);
        }
    }

    /// The dear one: a full fence here, and at some moment of the call in each thread of this process. Some microseconds; the first one of a process waits for its
    /// [registration](Self::register).
    ///
    /// False if the system refuses after all, as a sandbox may that was entered meanwhile: then there was no fence, and the caller must leave things alone.
    #[must_use]
    pub fn heavy(self) -> bool {
        sys::fence_everywhere()
    }

    /// Registers the process with the kernel for heavy fences, unless it is: some microseconds as long as it has one thread, some ten milliseconds otherwise.
    ///
    /// For whoever should not find that out in the first heavy fence.
    pub fn register(self) {
        sys::register();
    }

    /// The same as long as the process has one thread, so that it costs next to nothing; otherwise nothing happens.
    ///
    /// For whoever is about to start threads, and knows not whether any of them will ever make a heavy fence.
    ///
    /// ```standalone_crate
    /// use motet_prim::AsymmetricFence;
    ///
    /// // At the begin of `main`:
    /// let Some(fence) = AsymmetricFence::of_this_system() else { return };
    /// assert!(!fence.is_registered());
    /// fence.register_early();
    /// assert!(fence.is_registered() && fence.heavy());
    /// ```
    pub fn register_early(self) {
        sys::register_early();
    }

    /// Whether the process is registered, or was refused: then a heavy fence takes no longer than that.
    #[must_use]
    pub fn is_registered(self) -> bool {
        sys::is_registered()
    }
}

#[cfg(motet_loom)]
mod sys {
    pub(super) fn has_fence() -> bool {
        true
    }

    pub(super) fn fence_everywhere() -> bool {
        crate::atomic::fence(core::sync::atomic::Ordering::SeqCst);
        true
    }

    pub(super) fn register() {}

    pub(super) fn register_early() {}

    pub(super) fn is_registered() -> bool {
        true
    }
}

#[cfg(all(target_os = "linux", not(motet_loom)))]
mod sys {
    use rustix::thread::{MembarrierCommand as Command, MembarrierQuery, membarrier, membarrier_query};
    use std::os::linux::fs::MetadataExt;
    use std::sync::OnceLock;

    /// Whether the process was registered, once that was tried.
    static IS_REGISTERED: OnceLock<bool> = OnceLock::new();

    pub(super) fn has_fence() -> bool {
        static HAS_FENCE: OnceLock<bool> = OnceLock::new();
        let needed = MembarrierQuery::PRIVATE_EXPEDITED | MembarrierQuery::REGISTER_PRIVATE_EXPEDITED;
        *HAS_FENCE.get_or_init(|| membarrier_query().contains(needed))
    }

    pub(super) fn fence_everywhere() -> bool {
        register() && membarrier(Command::PrivateExpedited).is_ok()
    }

    pub(super) fn register() -> bool {
        *IS_REGISTERED.get_or_init(|| membarrier(Command::RegisterPrivateExpedited).is_ok())
    }

    pub(super) fn register_early() {
        if !is_registered() && has_one_thread() {
            register();
        }
    }

    pub(super) fn is_registered() -> bool {
        IS_REGISTERED.get().is_some()
    }

    /// As far as the kernel tells: the folder of a process' threads has a link for each, and two of its own.
    fn has_one_thread() -> bool {
        std::fs::metadata("/proc/self/task").is_ok_and(|threads| threads.st_nlink() == 2 + 1)
    }
}

#[cfg(not(any(target_os = "linux", motet_loom)))]
mod sys {
    pub(super) fn has_fence() -> bool {
        false
    }

    pub(super) fn fence_everywhere() -> bool {
        false
    }

    pub(super) fn register() {}

    pub(super) fn register_early() {}

    pub(super) fn is_registered() -> bool {
        true
    }
}
