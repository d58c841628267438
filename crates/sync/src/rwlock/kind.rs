//! The kinds of guards, as types; and the references a guard may hold its lock by.

use core::fmt;
use core::ops::Deref;
use std::sync::Arc;

use super::RwLock;
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
pub trait Reference: Deref<Target = RwLock<Self::Value>> {
    /// What the lock guards.
    type Value: ?Sized;
}

impl<T: ?Sized> Reference for &RwLock<T> {
    type Value = T;
}

impl<T: ?Sized> Reference for Arc<RwLock<T>> {
    type Value = T;
}

pub(super) mod sealed {
    use super::Hold;

    pub trait Kind {
        const HOLD: Hold;
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
