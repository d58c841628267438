//! What is left of a task that another thread than its list's owner has ended: its memory goes home.
//!
//! ```text
//!   live ── ended by the owner ────────▶ freed at once
//!     │
//!     └──── ended by another thread ───▶ returned ── the owner needs a place, or looks around ──▶ freed by the owner
//!             ├ the owner rests, or there is none ──▶ freed at once
//!             └ somebody awaits the task ───────────▶ freed by whoever does
//! ```
//!
//! Allocators give memory back to where it came from: a thread that frees what another has allocated takes the lock, or writes to the lines, of that
//! other's arena, and a worker that spawns while a thief ends its tasks then waits for the thief at each spawn. So the thief leaves a reference on
//! the task here, with one exchange that gives back the task's place as well; the owner drops it when it takes the place for the next task.
//!
//! It is a stack whose links lie in the dead tasks themselves. Anybody pushes; whoever takes (the owner, or a thief who finds no
//! heir) takes all, so a link that is met again is right.
//!
//! What bounds it: an owner frees some when it looks around and all before it rests, and a resting owner is no heir. The race to fear: a thief finds an
//! heir, who lies down, and pushes then. The thief pushes *first* and looks for the heir *again*; the owner says that he is none *first* and empties the
//! stack *then*, all in one order (sequentially consistent). So either the owner finds what was pushed, or the thief finds no heir, and frees it. An owner
//! in one long poll keeps what is left to him until that ends.

use super::{Key, fence_for_loom};
use core::marker::PhantomData;
use core::ptr::{self, NonNull};
use motet_prim::atomic::{AtomicBool, AtomicPtr, Ordering};

/// A pointer to a task, as its list knows it.
///
/// # Safety
///
/// The address that one gives is not null and a multiple of four, and makes the same one again. The link stays where it is as long as the task's memory.
pub(crate) unsafe trait Listed: Copy {
    /// For a word.
    fn address(self) -> NonNull<()>;

    /// What [`address`](Self::address) gave.
    ///
    /// # Safety
    ///
    /// The address comes from there.
    unsafe fn from_address(address: NonNull<()>) -> Self;

    /// The place that its list gave it.
    ///
    /// # Safety
    ///
    /// The task's memory is there.
    unsafe fn key(self) -> Key;

    /// A word that nobody reads any more once the task has ended.
    ///
    /// # Safety
    ///
    /// The task's memory outlives the borrow.
    unsafe fn link<'a>(self) -> &'a AtomicPtr<()>;

    /// Drops a reference on the task.
    ///
    /// # Safety
    ///
    /// There is one, and `reference` is what its holder has left of it.
    unsafe fn release(self, reference: NonNull<()>);
}

/// A reference on a task that has ended; dropped, it frees the task, unless others still have references.
pub(crate) struct Remains<T: Listed> {
    task: T,
    reference: NonNull<()>,
}

impl<T: Listed> Remains<T> {
    /// # Safety
    ///
    /// `reference` is one on this task, to be [released](Listed::release) once.
    pub(super) unsafe fn new(task: T, reference: NonNull<()>) -> Self {
        Self { task, reference }
    }
}

impl<T: Listed> Drop for Remains<T> {
    fn drop(&mut self) {
        // SAFETY: says who made it; and it is dropped once.
        unsafe { self.task.release(self.reference) }
    }
}

/// The stack.
pub(super) struct Returned<T> {
    newest: AtomicPtr<()>,
    has_heir: AtomicBool,
    _tasks: PhantomData<T>,
}

// SAFETY: it holds references on tasks, each as a pointer; tasks are dropped on any thread.
unsafe impl<T: Listed + Send> Send for Returned<T> {}
// SAFETY: as above.
unsafe impl<T: Listed + Send> Sync for Returned<T> {}

impl<T: Listed> Returned<T> {
    pub(super) fn new() -> Self {
        Self { newest: AtomicPtr::new(ptr::null_mut()), has_heir: AtomicBool::new(false), _tasks: PhantomData }
    }

    /// Whether somebody will look here; to be asked again after a push.
    pub(super) fn has_heir(&self) -> bool {
        // SeqCst: after the push; see the head of this file.
        self.has_heir.load(Ordering::SeqCst)
    }

    /// An owner who is none any more empties the stack after this.
    pub(super) fn set_heir(&self, has_heir: bool) {
        // SeqCst: before the look at the stack.
        self.has_heir.store(has_heir, Ordering::SeqCst);
        fence_for_loom();
    }

    pub(super) fn is_empty(&self) -> bool {
        // SeqCst: after an owner said that he is no heir.
        self.newest.load(Ordering::SeqCst).is_null()
    }

    /// Pushes a task that has ended; its memory is kept by a reference that the stack has from now on.
    pub(super) fn push(&self, task: T) {
        // SAFETY: the reference keeps the memory.
        let link = unsafe { task.link() };
        let mut newest = self.newest.load(Ordering::Relaxed);
        loop {
            link.store(newest, Ordering::Relaxed);
            let task = task.address().as_ptr();
            // SeqCst: before the second look for an heir. Release in it: pairs with the Acquire in `take_all`; link and place are visible.
            match self.newest.compare_exchange_weak(newest, task, Ordering::SeqCst, Ordering::Relaxed) {
                Ok(_) => return fence_for_loom(),
                Err(changed) => newest = changed,
            }
        }
    }

    /// For the owner, or for whoever finds that there is none: the newest, and by its link the others.
    pub(super) fn take_all(&self) -> Option<T> {
        // Acquire: pairs with the Release in `push`.
        let newest = NonNull::new(self.newest.swap(ptr::null_mut(), Ordering::Acquire))?;
        // SAFETY: `push` put it there.
        Some(unsafe { T::from_address(newest) })
    }
}
