//! The lock around a state and its lists, and what may be done under it.

use core::fmt;
use core::ops::{Deref, DerefMut};
use core::panic::{RefUnwindSafe, UnwindSafe};

use super::batch::{WakeBatch, Wakeup};
use super::fifo::Fifo;
use super::node::Node;
// A model takes a mutex for a mutex; that this one is, is what its own models show.
#[cfg(not(motet_loom))]
use crate::adaptive::{AdaptiveGuard as Guard, AdaptiveMutex as Mutex, unlocked};
#[cfg(motet_loom)]
use crate::lock::{Mutex, MutexGuard as Guard, unlocked};

/// A state `S` and `N` FIFO lists of waiters, each with a payload `P`, under one lock.
///
/// [`super::wait`](crate::wait) tells how to build on it. The lists are numbered from 0.
///
/// ```
/// let line = motet_prim::WaitList::<u32, ()>::new(3);
/// assert_eq!(*line.lock(), 3);
/// assert!(line.lock().is_empty(0));
/// ```
pub struct WaitList<S, P, const N: usize = 1> {
    guarded: Mutex<Guarded<S, P, N>>,
}

// In this order: what comes first in the state shares a line of the cache with the lock.
#[repr(C)]
pub(super) struct Guarded<S, P, const N: usize> {
    state: S,
    pub(super) lists: [Fifo<P>; N],
}

impl<S, P, const N: usize> WaitList<S, P, N> {
    crate::const_fn! {
        /// A state with nobody in line.
        #[must_use]
        pub const fn new(state: S) -> Self {
            Self { guarded: Mutex::new(Guarded { state, lists: [const { Fifo::new() }; N] }) }
        }
    }

    /// Takes the lock. Hold it for a moment only: never over an await, nor over a waker's call, clone or drop.
    #[inline]
    pub fn lock(&self) -> Locked<'_, S, P, N> {
        Locked { list: self, guarded: self.guarded.lock() }
    }

    /// What the last holder [said](Locked::say) as it unlocked: 0 if it said nothing, and always in a model.
    ///
    /// Good for a guess at what one will find under the lock. Nothing may depend on it.
    #[must_use]
    #[inline]
    pub fn hint(&self) -> u8 {
        #[cfg(not(motet_loom))]
        return self.guarded.word();
        #[cfg(motet_loom)]
        return 0;
    }

    /// The state, without locking: `&mut self` proves that nobody else is here.
    pub fn get_mut(&mut self) -> &mut S {
        &mut self.guarded.get_mut().state
    }

    /// Takes the state out: nobody can be in line any more.
    pub fn into_inner(self) -> S {
        self.guarded.into_inner().state
    }
}

// A panic under the lock leaves the lists whole; whether the state is, its own type says.
impl<S: UnwindSafe, P, const N: usize> UnwindSafe for WaitList<S, P, N> {}
impl<S: UnwindSafe, P, const N: usize> RefUnwindSafe for WaitList<S, P, N> {}

impl<S: Default, P, const N: usize> Default for WaitList<S, P, N> {
    fn default() -> Self {
        Self::new(S::default())
    }
}

impl<S, P, const N: usize> fmt::Debug for WaitList<S, P, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitList").finish_non_exhaustive()
    }
}

/// A locked [`WaitList`]: derefs to the state; unlocks when dropped.
pub struct Locked<'a, S, P, const N: usize = 1> {
    list: &'a WaitList<S, P, N>,
    guarded: Guard<'a, Guarded<S, P, N>>,
}

impl<S, P, const N: usize> Locked<'_, S, P, N> {
    /// Leaves a [hint](WaitList::hint) to those who come after the unlock. It costs nothing: the unlock writes it.
    #[inline]
    pub fn say(&mut self, hint: u8) {
        #[cfg(not(motet_loom))]
        self.guarded.say(hint);
        #[cfg(motet_loom)]
        let _ = hint;
    }

    /// Whether nobody waits in a list.
    ///
    /// # Panics
    ///
    /// If there is no list of that number.
    #[must_use]
    #[inline]
    pub fn is_empty(&self, list: usize) -> bool {
        self.guarded.lists[list].is_empty()
    }

    /// Looks at the payload of the oldest waiter, without a grant. `None` if nobody waits.
    ///
    /// # Panics
    ///
    /// If there is no list of that number.
    pub fn look_front<R>(&mut self, list: usize, look: impl FnOnce(&mut S, &mut P) -> R) -> Option<R> {
        let Guarded { state, lists } = &mut *self.guarded;
        let front = lists[list].front()?;
        // SAFETY: a node in the list is alive, and it cannot leave while we hold the lock.
        let front: &Node<P> = unsafe { front.as_ref() };
        let look = |payload: &mut Option<P>| look(state, payload.as_mut().expect(CARRIED));
        // SAFETY: the node is queued and we hold the lock; `look` sees the state and the payload only.
        Some(unsafe { front.with_place(|place| look(&mut place.payload)) })
    }

    /// Grants to the oldest waiter: `grant` writes the outcome into its payload, then it leaves the line. `None` if
    /// nobody waits.
    ///
    /// # Panics
    ///
    /// If there is no list of that number.
    #[inline]
    pub fn grant_front(&mut self, list: usize, grant: impl FnOnce(&mut S, &mut P)) -> Option<Wakeup> {
        self.grant_front_if(list, |state, payload| {
            grant(state, payload);
            true
        })
    }

    /// Grants to the oldest waiter if `grant` says so, which then has written the outcome into its payload.
    ///
    /// # Panics
    ///
    /// If there is no list of that number.
    pub fn grant_front_if(&mut self, list: usize, grant: impl FnOnce(&mut S, &mut P) -> bool) -> Option<Wakeup> {
        if !self.look_front(list, grant)? {
            return None;
        }
        // SAFETY: we hold the lock.
        let front = unsafe { self.guarded.lists[list].pop_front() }?;
        // SAFETY: a node in the list is alive until it leaves under our lock, or until it is GRANTED: the last line here.
        let front: &Node<P> = unsafe { front.as_ref() };
        // SAFETY: just unlinked, by us; and not yet GRANTED, so that the waiter keeps it for us.
        let waker = unsafe { front.take_waker() };
        front.set_granted();
        Some(Wakeup::from(waker))
    }

    /// Grants to the oldest as long as `grant` says so, and collects the wakes.
    ///
    /// A full batch is woken with the lock released, and waiters may come and go meanwhile: `grant` must decide by what
    /// it sees. The batch may hold wakes when this returns: wake them after the unlock.
    ///
    /// # Panics
    ///
    /// If there is no list of that number, or the batch is full already.
    pub fn grant_while(&mut self, list: usize, wakes: &mut WakeBatch, mut grant: impl FnMut(&mut S, &mut P) -> bool) {
        while let Some(wakeup) = self.grant_front_if(list, &mut grant) {
            wakes.push(wakeup);
            if wakes.is_full() {
                self.flush(wakes);
            }
        }
    }

    /// Unlocks, wakes everybody in the batch, and locks again.
    pub fn flush(&mut self, wakes: &mut WakeBatch) {
        unlocked(&mut self.guarded, || wakes.wake_all());
    }

    pub(super) fn belongs_to(&self, list: &WaitList<S, P, N>) -> bool {
        core::ptr::eq(self.list, list)
    }

    pub(super) fn fifo(&mut self, list: usize) -> &mut Fifo<P> {
        &mut self.guarded.lists[list]
    }
}

pub(super) const CARRIED: &str = "a waiter carries its payload until it is done";

impl<S, P, const N: usize> Deref for Locked<'_, S, P, N> {
    type Target = S;

    #[inline]
    fn deref(&self) -> &S {
        &self.guarded.state
    }
}

impl<S, P, const N: usize> DerefMut for Locked<'_, S, P, N> {
    #[inline]
    fn deref_mut(&mut self) -> &mut S {
        &mut self.guarded.state
    }
}

impl<S: fmt::Debug, P, const N: usize> fmt::Debug for Locked<'_, S, P, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Locked").field("state", &**self).finish_non_exhaustive()
    }
}
