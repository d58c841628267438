//! Sending without waiting: how values get into the ring and places are reserved, all under the lock; wakes come after it.
#![forbid(unsafe_code)]

use super::policy::Policy;
use super::shared::{Admitted, Broadcast, Locked, RECEIVERS, SENDERS, State};
use super::slot::Slot;
use motet_prim::WakeBatch;

/// Why a value was not sent; it is given back.
pub(super) enum Refusal<T> {
    Full(T),
    Closed(T),
}

impl<T, P: Policy> Broadcast<T, P> {
    /// Sends over the oldest value if need be; the caller has the policy for it.
    #[inline]
    pub(super) fn send_over(&self, value: T) -> Result<(), T> {
        debug_assert!(P::OVERWRITES, "a value would be lost");
        let mut locked = self.line.lock();
        if locked.is_deaf() {
            return Err(value);
        }
        let old = self.push(&mut locked, value);
        self.announce(locked);
        drop(old);
        Ok(())
    }

    /// Sends if everybody has seen the oldest value, and nobody waits to send.
    #[inline]
    pub(super) fn try_send(&self, value: T) -> Result<(), Refusal<T>> {
        let mut locked = self.line.lock();
        if locked.is_deaf() {
            return Err(Refusal::Closed(value));
        }
        if !locked.is_empty(SENDERS) || !self.has_room(&locked) {
            return Err(Refusal::Full(value));
        }
        let old = self.push(&mut locked, value);
        self.announce(locked);
        drop(old);
        Ok(())
    }

    /// Sends into a reserved place; the reservation ends. Gives the value back if nobody would receive it.
    pub(super) fn fill(&self, value: T) -> Result<(), T> {
        let mut locked = self.line.lock();
        debug_assert!(locked.reserved > 0, "a place was filled that was not reserved");
        locked.reserved -= 1;
        if locked.is_deaf() {
            return Err(value);
        }
        let old = self.push(&mut locked, value);
        if locked.is_empty(SENDERS) {
            self.announce(locked);
        } else {
            let mut wakes = WakeBatch::new();
            self.admit_senders(&mut locked, &mut wakes);
            Self::wake_receivers(locked, wakes);
        }
        drop(old);
        Ok(())
    }

    /// Gives a reservation up: the place is for the next sender.
    pub(super) fn release(&self) {
        let mut wakes = WakeBatch::new();
        let mut locked = self.line.lock();
        debug_assert!(locked.reserved > 0, "a place was released that was not reserved");
        locked.reserved -= 1;
        self.admit_senders(&mut locked, &mut wakes);
        drop(locked);
        wakes.wake_all();
    }

    /// Reserves a place if everybody has seen the oldest value, and nobody waits to send.
    pub(super) fn try_reserve_at_once(&self) -> Result<(), Refusal<()>> {
        let mut locked = self.line.lock();
        if locked.is_deaf() {
            return Err(Refusal::Closed(()));
        }
        if !locked.is_empty(SENDERS) || !self.has_room(&locked) {
            return Err(Refusal::Full(()));
        }
        locked.reserved += 1;
        Ok(())
    }

    /// Reserves a place, unless others wait for one, or there is none. If there is none, whoever makes one will admit.
    pub(super) fn try_reserve(&self, locked: &mut Locked<'_>) -> bool {
        let free = locked.is_empty(SENDERS) && self.has_room_or_await(locked);
        if free {
            locked.reserved += 1;
        }
        free
    }

    /// Somebody has freed the place that a sender waits for.
    #[cold]
    pub(super) fn admit(&self) {
        let mut wakes = WakeBatch::new();
        let mut locked = self.line.lock();
        self.admit_senders(&mut locked, &mut wakes);
        drop(locked);
        wakes.wake_all();
    }

    /// Reserves places for those in line, oldest first, as long as there are any. The batch may hold wakes when this returns, but
    /// is not full.
    pub(super) fn admit_senders(&self, locked: &mut Locked<'_>, wakes: &mut WakeBatch) {
        // A full batch is woken with the lock released, and others come and go meanwhile: so look at everything again each time.
        while !locked.is_empty(SENDERS) && self.has_room_or_await(locked) {
            let wakeup = locked.grant_front(SENDERS, |state, wait| {
                state.reserved += 1;
                wait.end(Admitted::Place);
            });
            if let Some(wakeup) = wakeup {
                wakes.push(wakeup);
            }
            if wakes.is_full() {
                locked.flush(wakes);
            }
        }
    }

    /// Whether there is a place behind those that are reserved.
    #[inline]
    fn has_room(&self, locked: &State) -> bool {
        locked.reserved < self.capacity() && self.next_place(locked).is_free()
    }

    fn has_room_or_await(&self, locked: &State) -> bool {
        locked.reserved < self.capacity() && self.next_place(locked).await_free()
    }

    #[inline]
    fn next_place(&self, locked: &State) -> &Slot<T> {
        let index = locked.tail.index + locked.reserved;
        &self.slots[if index < self.capacity() { index } else { index - self.capacity() }]
    }

    /// Writes at the tail. Gives the value that was there.
    #[inline]
    fn push(&self, locked: &mut Locked<'_>, value: T) -> Option<T> {
        let tail = locked.tail;
        let old = self.slots[tail.index].write(tail.position, value, locked.receivers);
        locked.tail.advance(self.capacity());
        old
    }

    /// Wakes the receivers that wait for what was sent, and unlocks.
    #[inline]
    fn announce(&self, locked: Locked<'_>) {
        if !locked.is_empty(RECEIVERS) {
            Self::wake_receivers(locked, WakeBatch::new());
        }
    }

    fn wake_receivers(mut locked: Locked<'_>, mut wakes: WakeBatch) {
        let tail = locked.tail.position;
        // Those that come while a full batch is woken have seen this value: they wait for a later one, at the end of the line.
        locked.grant_while(RECEIVERS, &mut wakes, |_, wait| wait.position < tail);
        drop(locked);
        wakes.wake_all();
    }
}
