//! What the owner of a timer does with its shard: arm, give it another waker, move it, take it out.

use core::pin::Pin;
use core::task::Waker;

use super::{Clock, Lease, Place};
use crate::clock;
use crate::entry::{Entry, Linked};
use crate::state::{Postpone, State};

/// Why [`Lease::arm`] took no timer: its waker is the owner's to drop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The deadline has passed.
    IsDue,
    /// The lease has ended.
    IsClosed,
}

/// What came of [`Place::replace_waker`].
#[must_use]
pub(crate) enum Replace {
    /// The former waker.
    Replaced(Waker),
    /// The timer has left the wheel; the new waker comes back.
    IsOver(Waker),
}

/// What came of [`Place::rearm`].
#[must_use]
pub(crate) enum Rearm {
    /// It waits for the new deadline.
    Moved,
    /// The new deadline has passed: the timer is out of the wheel, and this waker is to be called.
    IsDue(Waker),
    /// The timer had left the wheel; its waker was called.
    IsOver,
}

impl Lease {
    /// Puts a timer into the wheel of a shard. The owner is to remember that, and then to announce it, which may panic.
    ///
    /// # Safety
    ///
    /// The caller owns the entry, which is in no wheel, and has registered a waker. It stays pinned and alive until it has ended
    /// or was disarmed.
    #[inline]
    pub(crate) unsafe fn arm(self, entry: Pin<&Entry>, shard: u8, at: u64) -> Result<(), Refused> {
        let mut locked = self.queue.shard(shard).locked.lock();
        if locked.lease != self.number {
            return Err(Refused::IsClosed);
        }
        if locked.is_due(at) {
            return Err(Refused::IsDue);
        }
        entry.word().set(State::Armed, at);
        // SAFETY: the caller promises that it stays; the lock is held until it is in the wheel.
        locked.wheel.insert_for(unsafe { Linked::new(entry) }, at);
        if !locked.is_active {
            locked.is_active = true;
            self.queue.horizon.mark(shard);
        }
        Ok(())
    }
}

impl Place {
    /// Gives an armed timer another waker.
    ///
    /// # Safety
    ///
    /// The caller owns the entry, and armed it here.
    pub(crate) unsafe fn replace_waker(self, entry: &Entry, waker: Waker) -> Replace {
        let _locked = self.queue.shard(self.shard).locked.lock();
        if entry.word().state() != State::Armed {
            return Replace::IsOver(waker);
        }
        // SAFETY: armed in this shard, whose lock is held; the next line puts another waker in its place.
        let former = unsafe { entry.take_waker() };
        // SAFETY: the caller is the owner, and the lock is held.
        unsafe { entry.put_waker(waker) };
        Replace::Replaced(former)
    }

    /// Takes a timer out, if it is still in; its waker is to be called or dropped without the lock.
    ///
    /// # Safety
    ///
    /// The caller owns the entry, and armed it here.
    #[inline]
    pub(crate) unsafe fn disarm(self, entry: Pin<&Entry>) -> Option<Waker> {
        let mut locked = self.queue.shard(self.shard).locked.lock();
        // Once more, under the lock: it may have fired since the caller looked.
        if entry.word().state() != State::Armed {
            return None;
        }
        // SAFETY: pinned and alive, armed in this shard, and the lock is held until it is out of the wheel.
        let item = unsafe { Linked::new(entry) };
        let spot = item.spot();
        locked.wheel.remove(item, spot);
        // SAFETY: it was armed in this shard; no longer in the wheel, it gets a waker anew when it is armed again.
        Some(unsafe { entry.take_waker() })
    }

    /// Moves an armed timer to another deadline, without the lock if that is later; takes it out, if that has passed.
    ///
    /// # Safety
    ///
    /// The caller owns the entry, and armed it here.
    pub(crate) unsafe fn rearm(self, entry: Pin<&Entry>, at: u64) -> Rearm {
        // The order of equal deadlines is that of arming, which a postponed timer would lose: virtual time moves it.
        if self.queue.clock == Clock::Real {
            match entry.word().postpone(at) {
                Postpone::Postponed => return Rearm::Moved,
                Postpone::IsOver => return Rearm::IsOver,
                Postpone::IsEarlier => {}
            }
        }
        // The system's clock is asked before the lock, which is to be short; virtual time is read under it.
        let has_come = self.queue.clock == Clock::Real && at <= clock::now();
        {
            let mut locked = self.queue.shard(self.shard).locked.lock();
            if entry.word().state() != State::Armed {
                return Rearm::IsOver;
            }
            // SAFETY: pinned and alive, armed in this shard, and the lock is held until it is in the wheel again.
            let item = unsafe { Linked::new(entry) };
            let spot = item.spot();
            locked.wheel.remove(item, spot);
            if has_come || locked.is_due(at) {
                // SAFETY: it was armed in this shard; no longer in the wheel, it gets a waker anew when it is armed again.
                return Rearm::IsDue(unsafe { entry.take_waker() });
            }
            entry.word().set(State::Armed, at);
            // SAFETY: as above. A shard that had this timer is marked as one that has any.
            locked.wheel.insert_for(unsafe { Linked::new(entry) }, at);
        }
        self.queue.announce(at);
        Rearm::Moved
    }
}
