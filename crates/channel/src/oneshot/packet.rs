//! The one allocation of a oneshot, and its two ends. All `unsafe` code of this crate is here, and in [`spare`] where its memory comes from.
//!
//! The states, and who owns what in each, are drawn in [`state`](super::state).
#![expect(unsafe_code, reason = "one allocation, freed by whichever end leaves last, and one atomic step a send")]

use core::marker::PhantomData;
use core::mem::{ManuallyDrop, MaybeUninit};
use core::ptr::NonNull;
use core::task::{Poll, Waker};

use motet_prim::cell::UnsafeCell;
use motet_prim::{Wakeup, discard};

use super::spare;
use super::state::{Receiving, Sending, Settled, Side, State};

struct Packet<T> {
    state: State,
    value: UnsafeCell<MaybeUninit<T>>,
    wakers: [UnsafeCell<MaybeUninit<Waker>>; 2],
}

/// One end: the only one of its side.
pub(super) struct End<T, S: Side> {
    packet: NonNull<Packet<T>>,
    side: PhantomData<fn() -> S>,
}

// SAFETY: an end gives access to the value (which moves between threads: `T: Send`) and to wakers (`Send` and `Sync`);
// the state decides which end may touch them.
unsafe impl<T: Send, S: Side> Send for End<T, S> {}
// SAFETY: a shared end only reads the state.
unsafe impl<T: Send, S: Side> Sync for End<T, S> {}

/// A new packet and its two ends.
pub(super) fn ends<T>() -> (End<T, Sending>, End<T, Receiving>) {
    let packet = spare::occupy(Packet {
        state: State::new(),
        value: UnsafeCell::new(MaybeUninit::uninit()),
        wakers: [UnsafeCell::new(MaybeUninit::uninit()), UnsafeCell::new(MaybeUninit::uninit())],
    });
    let sender = End { packet, side: PhantomData };
    (sender, End { packet, side: PhantomData })
}

/// The wakers that fell to the end which settled first.
#[must_use]
struct Wakers {
    own: Option<Waker>,
    other: Option<Waker>,
}

impl Wakers {
    const NONE: Self = Self { own: None, other: None };

    /// Foreign code runs here, contained: the packet must have been left.
    fn use_up(self) {
        if let Some(other) = self.other {
            Wakeup::from(other).wake();
        }
        if let Some(own) = self.own {
            discard(own);
        }
    }
}

impl<T, S: Side> End<T, S> {
    fn packet(&self) -> &Packet<T> {
        // SAFETY: the packet is freed by the end that sets its GONE second, and this end, which is alive, has not set
        // its own (`left` and `leave` are followed by nothing else).
        unsafe { self.packet.as_ref() }
    }

    /// Whether the other end has settled.
    pub(super) fn other_is_settled(&self) -> bool {
        self.packet().state.load().is_settled::<S::Other>()
    }

    /// Whether this end has settled.
    pub(super) fn is_settled(&self) -> bool {
        self.packet().state.load().is_settled::<S>()
    }

    /// Ready once the other end has settled; until then leaves `waker` for it.
    pub(super) fn poll_other(&mut self, waker: &Waker) -> Poll<()> {
        let state = &self.packet().state;
        let now = state.load();
        if now.is_settled::<S::Other>() {
            return Poll::Ready(());
        }
        if now.is_waiting::<S>() {
            // SAFETY: WAITING is set, so this end has written the slot, and only it writes again. The other end may be
            // copying the waker out meanwhile (a read), and even using it up: `will_wake` compares the two words of the
            // copy that is still here and follows neither.
            let same = self.slot::<S>().with(|slot| unsafe { &*slot.cast::<Waker>() }.will_wake(waker));
            if same {
                return Poll::Pending;
            }
        }
        let fresh = waker.clone();
        if now.is_waiting::<S>() {
            if state.withdraw_waker::<S>().is_settled::<S::Other>() {
                // It settled while WAITING was set: the old waker is with it.
                discard(fresh);
                return Poll::Ready(());
            }
            // SAFETY: WAITING was set until just now, and the other end had not settled: the slot is full, and mine.
            discard(unsafe { self.take_waker::<S>() });
        }
        // SAFETY: WAITING is clear: the other end does not look at the slot, whenever it settles.
        self.slot::<S>().with_mut(|slot| unsafe { slot.cast::<Waker>().write(fresh) });
        // Registered; look again, or a step between the load above and here is missed.
        if state.publish_waker::<S>().is_settled::<S::Other>() {
            // SAFETY: when the other end settled WAITING was clear, so it has left the slot alone, and always will.
            discard(unsafe { self.take_waker::<S>() });
            return Poll::Ready(());
        }
        Poll::Pending
    }

    /// Takes this end's waker back, if one is registered: nobody waits any more.
    pub(super) fn stop_waiting(&mut self) {
        let state = &self.packet().state;
        if state.load().is_waiting::<S>() && !state.withdraw_waker::<S>().is_settled::<S::Other>() {
            // SAFETY: WAITING was set until just now, and the other end had not settled: the slot is full, and mine.
            discard(unsafe { self.take_waker::<S>() });
        }
    }

    /// Settles, and wakes the other end if it waits. Does nothing the second time.
    pub(super) fn settle(&mut self) {
        if !self.is_settled() {
            let settled = self.packet().state.settle::<S>(false);
            self.wakers_after(settled).use_up();
        }
    }

    fn slot<W: Side>(&self) -> &UnsafeCell<MaybeUninit<Waker>> {
        &self.packet().wakers[W::SLOT]
    }

    /// # Safety
    ///
    /// The slot of `W` must hold a waker that is this end's to take, once.
    unsafe fn take_waker<W: Side>(&self) -> Waker {
        // SAFETY: the caller's promise. A read and no write: the other end may be comparing the copy that stays.
        self.slot::<W>().with(|slot| unsafe { slot.cast::<Waker>().read() })
    }

    fn wakers_after(&self, settled: Settled) -> Wakers {
        let before = settled.before;
        if settled.left || before.is_settled::<S::Other>() {
            return Wakers::NONE;
        }
        // SAFETY: WAITING was set when this end settled, and it settled first: both slots that are full are its own now.
        let own = before.is_waiting::<S>().then(|| unsafe { self.take_waker::<S>() });
        // SAFETY: as above.
        let other = before.is_waiting::<S::Other>().then(|| unsafe { self.take_waker::<S::Other>() });
        Wakers { own, other }
    }

    /// # Safety
    ///
    /// The value must be in the packet, and this end's to take, once.
    unsafe fn take_value(&self) -> T {
        // SAFETY: the caller's promise.
        self.packet().value.with_mut(|value| unsafe { value.cast::<T>().read() })
    }

    /// Leaves, after settling; frees the packet if the other end has left.
    ///
    /// # Safety
    ///
    /// This end must have settled and must not be used, nor dropped, afterwards.
    unsafe fn leave(&self, settled: Option<Settled>) {
        let last = match settled {
            Some(settled) if settled.left => settled.is_last::<S>(),
            _ => self.packet().state.leave::<S>(),
        };
        if last {
            // SAFETY: this end left second: nobody else knows of the packet any more.
            unsafe { self.free() };
        }
    }

    /// # Safety
    ///
    /// The other end must have left, and this one must not be used, nor dropped, afterwards.
    unsafe fn free(&self) {
        // For a model, which does not see the memory go: all accesses come before this one.
        let packet = self.packet();
        packet.value.with_mut(|_| ());
        packet.wakers.iter().for_each(|slot| slot.with_mut(|_| ()));
        // SAFETY: `ends` has put it there, and by the caller's promise this happens once. What it holds was taken before: a packet
        // drops neither value nor wakers.
        unsafe { spare::vacate(self.packet) };
    }
}

impl<T> End<T, Sending> {
    /// Hands the value over, or gives it back if the receiver has settled.
    #[inline]
    pub(super) fn send(self, value: T) -> Result<(), T> {
        // SAFETY: without SENT the receiver does not look at the value, and this end is the only sender.
        self.packet().value.with_mut(|place| unsafe { place.cast::<T>().write(value) });
        if self.packet().state.offer_first() {
            // It has left, and the receiver has not.
            core::mem::forget(self);
            return Ok(());
        }
        self.offer()
    }

    /// Hands over the value, which is in the packet.
    #[inline(never)]
    fn offer(self) -> Result<(), T> {
        match self.packet().state.offer() {
            Ok(settled) => {
                let this = ManuallyDrop::new(self);
                let wakers = if settled.left { Wakers::NONE } else { this.wakers_after(settled) };
                // SAFETY: settled by `offer`; `ManuallyDrop` sees to it that this is the end of the end.
                unsafe { this.leave(Some(settled)) };
                wakers.use_up();
                Ok(())
            }
            // SAFETY: `send` has written it, and SENT is not set: it is still the sender's.
            Err(_refused) => Err(unsafe { self.take_value() }),
        }
    }
}

impl<T> End<T, Receiving> {
    /// Takes the value and the end with it, if the value has been sent and the sender has left: most often so.
    #[inline]
    pub(super) fn receive_last(end: &mut Option<Self>) -> Option<T> {
        let now = end.as_ref()?.packet().state.load();
        if !(now.is_sent() && now.is_gone::<Sending>()) {
            return None;
        }
        let this = ManuallyDrop::new(end.take()?);
        // SAFETY: SENT is set, so the value is there, and the receiver's; `this` receives nothing else.
        let value = unsafe { this.take_value() };
        // SAFETY: the sender has left; `ManuallyDrop` sees to it that this is the end of the end.
        unsafe { this.free() };
        Some(value)
    }

    /// Takes the value if it has been sent, or gives the end back.
    #[inline]
    pub(super) fn receive(self) -> Result<T, Self> {
        let now = self.packet().state.load();
        if !now.is_sent() {
            return Err(self);
        }
        let this = ManuallyDrop::new(self);
        // SAFETY: SENT is set, so the value is there, and the receiver's; `this` receives nothing else.
        let value = unsafe { this.take_value() };
        if now.is_gone::<Sending>() {
            // SAFETY: the sender has left; `ManuallyDrop` sees to it that this is the end of the end.
            unsafe { this.free() };
        } else {
            // SAFETY: SENT means that the sender has settled: no waker of this end is in the packet; as above.
            unsafe { this.leave(None) };
        }
        Ok(value)
    }
}

impl<T, S: Side> Drop for End<T, S> {
    fn drop(&mut self) {
        let now = self.packet().state.load();
        let settled = if now.is_settled::<S>() || now.is_gone::<S::Other>() {
            None
        } else {
            Some(self.packet().state.settle::<S>(true))
        };
        let left = settled.is_some_and(|settled| settled.left);
        let wakers = settled.map_or(Wakers::NONE, |settled| self.wakers_after(settled));
        // A receiver that leaves in the step that settles it saw no SENT, and none can come after that.
        let sent = S::RECEIVES && !left && self.packet().state.load().is_sent();
        // SAFETY: SENT makes the value the receiver's, and `receive`, which takes it, does not run this.
        let value = sent.then(|| unsafe { self.take_value() });
        if now.is_gone::<S::Other>() {
            // SAFETY: the other end has left, and this one ends here.
            unsafe { self.free() };
        } else {
            // SAFETY: settled above or before, and this end ends here.
            unsafe { self.leave(settled) };
        }
        wakers.use_up();
        // Last: its drop may panic.
        drop(value);
    }
}
