//! A value that lies where any thread may hold it, and that only the thread that made it can look at.

use core::marker::PhantomData;
use motet_prim::atomic::{AtomicU64, Ordering};
use std::cell::Cell;

/// A value of the thread that makes it.
pub(super) struct OwnThread<T> {
    owner: u64,
    value: T,
    /// What other threads may know of it is said below, and nowhere else.
    says_who: PhantomData<*const ()>,
}

// SAFETY: as any value that is `Send`: it may be dropped elsewhere.
unsafe impl<T: Send> Send for OwnThread<T> {}
// SAFETY: `get` gives a reference to one thread only, the owner; its number is no other thread's, ever.
unsafe impl<T: Send> Sync for OwnThread<T> {}

motet_prim::thread_local! {
    /// This thread's number; zero until it is asked for.
    static NUMBER: Cell<u64> = const { Cell::new(0) };
}

motet_prim::global! {
    static NUMBERS: AtomicU64 = AtomicU64::new(1);
}

fn this_thread() -> u64 {
    NUMBER.with(|number| {
        if number.get() == 0 {
            // Relaxed: only that each number is given once counts.
            number.set(NUMBERS.fetch_add(1, Ordering::Relaxed));
        }
        number.get()
    })
}

impl<T> OwnThread<T> {
    /// A value of this thread.
    pub(super) fn new(value: T) -> Self {
        Self { owner: this_thread(), value, says_who: PhantomData }
    }

    /// The value, on its thread; elsewhere nothing.
    pub(super) fn get(&self) -> Option<&T> {
        // A thread that has no number yet is not the owner, whose number is not zero.
        (self.owner == NUMBER.with(Cell::get)).then_some(&self.value)
    }

    /// The value.
    ///
    /// # Safety
    ///
    /// This is its thread.
    pub(super) unsafe fn get_unchecked(&self) -> &T {
        debug_assert!(self.get().is_some(), "another thread's value");
        &self.value
    }
}

#[cfg(all(test, not(motet_loom)))]
mod tests {
    use super::OwnThread;
    use std::cell::Cell;

    #[test]
    fn another_thread_sees_nothing() {
        let own = OwnThread::new(Cell::new(1));
        own.get().expect("this is its thread").set(2);
        std::thread::scope(|scope| {
            scope.spawn(|| assert!(own.get().is_none()));
        });
        assert_eq!(own.get().map(Cell::get), Some(2));
    }
}
