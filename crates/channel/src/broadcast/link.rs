//! A box that is set once, and looked at without a lock from then on.
//!
//! ```text
//!   null ──set, by one at a time──▶ a box, for good; freed with the link
//! ```
//!
//! `std`'s `OnceLock` with a word less, and with an atomic that a model sees.
#![expect(unsafe_code, reason = "a pointer that is shared before it is there")]

use core::marker::PhantomData;
use core::ptr;
use std::sync::OnceLock;

use motet_prim::atomic::{AtomicPtr, Ordering};

pub(super) struct Link<T> {
    target: AtomicPtr<T>,
    /// It is as `Send` and `Sync` as that.
    owns: PhantomData<OnceLock<Box<T>>>,
}

impl<T> Link<T> {
    pub(super) fn none() -> Self {
        Self { target: AtomicPtr::new(ptr::null_mut()), owns: PhantomData }
    }

    #[inline]
    pub(super) fn get(&self) -> Option<&T> {
        // Acquire: pairs with the Release in `get_or_set`: what is there was made before.
        let target = self.target.load(Ordering::Acquire);
        // SAFETY: null, or from a box that is freed with the link, which is borrowed; and nobody else has it.
        unsafe { target.as_ref() }
    }

    /// What is there; `make` makes it, if there is nothing. If two come at once, one box wins.
    pub(super) fn get_or_set(&self, make: impl FnOnce() -> Box<T>) -> &T {
        if let Some(target) = self.get() {
            return target;
        }
        let made = Box::into_raw(make());
        // Release: pairs with the Acquire in `get`. Acquire on failure: as in `get`.
        match self.target.compare_exchange(ptr::null_mut(), made, Ordering::Release, Ordering::Acquire) {
            // SAFETY: it has just been set, see `get`.
            Ok(_) => unsafe { &*made },
            Err(first) => {
                // SAFETY: made above, and given to nobody.
                drop(unsafe { Box::from_raw(made) });
                // SAFETY: not null, or the exchange had not failed; else as in `get`.
                unsafe { &*first }
            }
        }
    }
}

impl<T> Drop for Link<T> {
    fn drop(&mut self) {
        // Relaxed: `&mut self`: nobody else is here.
        let target = self.target.load(Ordering::Relaxed);
        if !target.is_null() {
            // SAFETY: from a box, set once, and this is the end of the link.
            drop(unsafe { Box::from_raw(target) });
        }
    }
}
