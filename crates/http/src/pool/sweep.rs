//! Closing what has been idle for too long, by a timer and without a thread or a task.
//!
//! The timer's waker is the sweeper itself. Whoever lets a connection rest and finds no sweep on its way arms one; a sweep
//! arms the next as long as something rests. Each has a round's number: only the latest is kept, and only its call counts.

use super::Core;
use super::ledger::{ArmSweep, Leaving};
use crate::clock;
use motet_timer::{Sleep, sleep_until};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Wake, Waker};

/// The timer of the present round.
#[derive(Default)]
pub(super) struct Sweeper(Mutex<Option<(u64, Pin<Box<Sleep>>)>>);

struct Call {
    pool: Weak<Core>,
    round: u64,
}

impl Wake for Call {
    fn wake(self: Arc<Self>) {
        if let Some(pool) = self.pool.upgrade() {
            pool.sweep(self.round);
        }
    }
}

impl Core {
    /// A shared connection rests now: it is one of the idle ones, and will be swept.
    pub(super) fn rested(self: &Arc<Self>) {
        let expires = clock::now().checked_add(self.limits.idle_expiry);
        let mut leaving = Leaving::default();
        let order = {
            let mut ledger = self.lock();
            ledger.trim(&mut leaving);
            expires.and_then(|at| ledger.arm(at))
        };
        drop(leaving);
        if let Some(order) = order {
            self.arm(order);
        }
    }

    /// Arms the timer, unless a later round has come in between.
    pub(super) fn arm(self: &Arc<Self>, order: ArmSweep) {
        let mut next = Some(order);
        while let Some(ArmSweep { round, at }) = next.take() {
            let waker = Waker::from(Arc::new(Call { pool: Arc::downgrade(self), round }));
            let mut sleep = Box::pin(sleep_until(at));
            if sleep.as_mut().poll(&mut Context::from_waker(&waker)).is_ready() {
                next = self.expire(round);
                continue;
            }
            let replaced = {
                let mut present = self.sweep.0.lock().unwrap_or_else(PoisonError::into_inner);
                match &*present {
                    Some((later, _)) if *later > round => Some((round, sleep)),
                    _ => present.replace((round, sleep)),
                }
            };
            drop(replaced);
        }
    }

    fn sweep(self: &Arc<Self>, round: u64) {
        if let Some(order) = self.expire(round) {
            self.arm(order);
        }
    }

    fn expire(&self, round: u64) -> Option<ArmSweep> {
        let (leaving, next) = {
            let mut ledger = self.lock();
            if !ledger.is_round(round) {
                return None;
            }
            ledger.expire(clock::now())
        };
        drop(leaving);
        next
    }
}
