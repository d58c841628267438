//! The kinds of guards, as types; and the references a guard may hold its lock by.

use core::fmt;
use core::ops::Deref;
use std::sync::Arc;

use super::RwLock;
use super::raw::RawRwLock;
use super::state::Hold;

/// Holds a [`RwLock`] together with other readers.
#[derive(Debug)]
pub enum Read {}

/// Holds a [`RwLock`] together with other readers, and may become its writer.
#[derive(Debug)]
pub enum Upgradable {}

/// Holds a [`RwLock`] alone.
#[derive(Debug)]
pub enum Write {}

/// A way to hold a [`RwLock`]: [`Read`], [`Upgradable`] or [`Write`]. There are no others.
pub trait Kind: fmt::Debug + sealed::Kind {}

/// A reference to a [`RwLock`]: `&RwLock<T>` or `Arc<RwLock<T>>`. There are no others.
pub trait Reference: Deref<Target = RwLock<Self::Value>> + sealed::Sealed {
    /// What the lock guards.
    type Value: ?Sized;
    /// What a guard keeps of the reference that is for a part of the value.
    type Lease: Lease;

    #[doc(hidden)]
    fn into_lease(self) -> Self::Lease;
}

/// What a mapped guard holds its lock by: [`Borrowed`] or [`Owned`]. There are no others.
pub trait Lease: sealed::Lease {}

/// A borrow of a [`RwLock`], whatever that guards.
#[derive(Debug)]
pub struct Borrowed<'a>(&'a RawRwLock);

/// A share of a [`RwLock`], which keeps it alive.
pub struct Owned<T: ?Sized>(Arc<RwLock<T>>);

impl<T: ?Sized> fmt::Debug for Owned<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Owned")
    }
}

impl<'a, T: ?Sized> Reference for &'a RwLock<T> {
    type Value = T;
    type Lease = Borrowed<'a>;

    fn into_lease(self) -> Borrowed<'a> {
        Borrowed(&self.raw)
    }
}

impl<T: ?Sized> Reference for Arc<RwLock<T>> {
    type Value = T;
    type Lease = Owned<T>;

    fn into_lease(self) -> Owned<T> {
        Owned(self)
    }
}

impl Lease for Borrowed<'_> {}

impl sealed::Lease for Borrowed<'_> {
    fn release(&self, hold: Hold) {
        self.0.release(hold);
    }
}

impl<T: ?Sized> Lease for Owned<T> {}

impl<T: ?Sized> sealed::Lease for Owned<T> {
    fn release(&self, hold: Hold) {
        self.0.raw.release(hold);
    }
}

pub(super) mod sealed {
    use super::{Arc, Hold, RwLock};

    pub trait Kind {
        const HOLD: Hold;
    }

    pub trait Sealed {}

    impl<T: ?Sized> Sealed for &RwLock<T> {}
    impl<T: ?Sized> Sealed for Arc<RwLock<T>> {}

    pub trait Lease {
        fn release(&self, hold: Hold);
    }
}

macro_rules! kinds {
    ($($kind:ident),+) => {$(
        impl sealed::Kind for $kind {
            const HOLD: Hold = Hold::$kind;
        }

        impl Kind for $kind {}
    )+};
}

kinds!(Read, Upgradable, Write);
