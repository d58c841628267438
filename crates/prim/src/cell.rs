//! A cell whose accesses a model checker can see.

#[cfg(motet_loom)]
pub use loom::cell::UnsafeCell;

#[cfg(not(motet_loom))]
pub use plain::UnsafeCell;

#[cfg(not(motet_loom))]
mod plain {
    /// `core`'s `UnsafeCell` in loom's shape: the pointer is lent to a closure, so that a model knows when an access
    /// begins and ends.
    ///
    /// Use it for data that an atomic or a lock of this crate guards.
    ///
    /// ```
    /// use motet_prim::cell::UnsafeCell;
    ///
    /// let mut cell = UnsafeCell::new(1);
    /// // SAFETY: nobody else knows of this cell.
    /// cell.with_mut(|value| unsafe { *value += 1 });
    /// assert_eq!(cell.into_inner(), 2);
    /// ```
    #[derive(Debug, Default)]
    #[repr(transparent)]
    pub struct UnsafeCell<T: ?Sized>(core::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        /// Puts a value into a cell.
        #[must_use]
        pub const fn new(value: T) -> Self {
            Self(core::cell::UnsafeCell::new(value))
        }

        /// Takes the value out of the cell.
        #[must_use]
        pub fn into_inner(self) -> T {
            self.0.into_inner()
        }
    }

    impl<T: ?Sized> UnsafeCell<T> {
        /// Lends a pointer for reading: nobody may write until the closure returns.
        #[inline(always)]
        pub fn with<R>(&self, f: impl FnOnce(*const T) -> R) -> R {
            f(self.0.get())
        }

        /// Lends a pointer for writing: nobody else may read or write until the closure returns.
        #[inline(always)]
        pub fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }
}
