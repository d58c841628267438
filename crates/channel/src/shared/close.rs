//! Closing, and the end of work: who is sent away, and who is let go.

#[cfg(all(test, motet_loom))]
mod model;

use super::ledger::Close;
use super::order::{Order, Store};
use super::parcel::Outcome;
use super::{AWAITS_CLOSE, GETTERS, JOINERS, Locked, PUTTERS, Shared};
use crate::queue::TooManyDone;
use motet_prim::WakeBatch;

impl<T, O: Order<T>> Shared<T, O> {
    /// Closes: putters and getters that wait are sent away, the former with their items. `Immediate` drops what is there.
    pub(crate) fn close(&self, how: Close) {
        let mut wakes = WakeBatch::new();
        let mut dropped = O::Store::default();
        let mut locked = self.line.lock();
        locked.ledger.close(how);
        if how == Close::Immediate {
            dropped = core::mem::take(&mut locked.store);
            locked.ledger.items_left(dropped.len());
            // Only items that are unfinished are dropped, unless the user called `task_done` before the work was done.
            let unfinished = usize::try_from(locked.ledger.unfinished()).unwrap_or(usize::MAX);
            finish(&mut locked, dropped.len().min(unfinished), &mut wakes);
        }
        // Nobody waits to get while there is something to get. And nobody comes to wait any more: the phase is set.
        locked.grant_while(GETTERS, &mut wakes, |state, parcel| {
            state.ledger.getter_left();
            parcel.outcome = Outcome::Closed;
            true
        });
        locked.grant_while(PUTTERS, &mut wakes, |_, parcel| {
            parcel.outcome = Outcome::Closed;
            true
        });
        locked.grant_while(JOINERS, &mut wakes, |_, parcel| parcel.ticket == AWAITS_CLOSE);
        self.unlock(locked);
        wakes.wake_all();
        drop(dropped);
    }

    /// One item is done.
    pub(crate) fn task_done(&self) -> Result<(), TooManyDone> {
        let mut wakes = WakeBatch::new();
        let mut locked = self.line.lock();
        if locked.ledger.count_done(1)? {
            wake_joiners(&mut locked, &mut wakes);
        }
        drop(locked);
        wakes.wake_all();
        Ok(())
    }

    /// Drops an item that came back after everything was dropped.
    pub(super) fn drop_unfinished(&self, mut locked: Locked<'_, T, O>, item: T) {
        let mut wakes = WakeBatch::new();
        finish(&mut locked, 1, &mut wakes);
        drop(locked);
        wakes.wake_all();
        drop(item);
    }
}

fn finish<T, O: Order<T>>(locked: &mut Locked<'_, T, O>, items: usize, wakes: &mut WakeBatch) {
    // Too many: the user has called `task_done` too early; there is nobody to tell.
    if let Ok(true) = locked.ledger.count_done(items) {
        wake_joiners(locked, wakes);
    }
}

/// Everything is done: the joiners may go. Those that come during a flush wait for what is put then: they are of a later generation.
fn wake_joiners<T, O: Order<T>>(locked: &mut Locked<'_, T, O>, wakes: &mut WakeBatch) {
    locked.generation += 1;
    let generation = locked.generation;
    locked.grant_while(JOINERS, wakes, |_, parcel| {
        let meant = parcel.ticket < generation;
        if meant {
            parcel.outcome = Outcome::Done;
        }
        meant
    });
}
