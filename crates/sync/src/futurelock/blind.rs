//! Where nothing is watched: nothing is kept.

use std::time::Duration;

use super::Futurelock;

/// What is known of a waiter: nothing.
#[derive(Clone, Copy, Debug)]
pub struct Watch;

impl Watch {
    #[inline(always)]
    pub(crate) const fn new(_what: &'static str) -> Self {
        Self
    }

    #[inline(always)]
    pub(crate) fn granted<L>(&mut self, _lock: &L) {}

    #[inline(always)]
    pub(crate) fn taken(&mut self) {}
}

#[inline(always)]
pub(crate) fn look<'a, L: 'a>(_lock: impl FnOnce() -> Option<&'a L>) {}

pub(super) fn set_hook(_hook: impl Fn(&Futurelock)) {}

pub(super) fn set_threshold(_threshold: Duration) {}

pub(super) fn overdue() -> Vec<Futurelock> {
    Vec::new()
}
