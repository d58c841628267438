//! One place in line, as the waiting future sees it.
//!
//! Why the node may live here: it is linked through a pinned `Waiter` only, and `Drop` unlinks it under the lock. Why the
//! list outlives the link: the waiter owns its handle, gave out nothing but shared references to it since the link, and
//! drops it after the unlink. So the reference that `wait_list` gave stays good, as if one borrow of the handle had
//! lasted that long, whatever a (safe) implementation of `Waitable` or `Deref` does.

use core::cell::Cell;
use core::fmt;
use core::pin::Pin;
use core::ptr::NonNull;
use core::task::{Context, Poll, Waker};
use std::sync::Arc;

use super::batch::{WakeBatch, discard};
use super::list::{CARRIED, Locked, WaitList};
use super::node::{Node, Stage};

/// What has a [`WaitList`], and what it does when a waiter goes without its grant.
///
/// Implement it for the lock, the semaphore, the shared part of a channel; `&X` and `Arc<X>` follow.
pub trait Waitable<const N: usize = 1> {
    /// What the list's lock guards.
    type State;
    /// What each waiter carries.
    type Payload;

    /// The list.
    fn wait_list(&self) -> &WaitList<Self::State, Self::Payload, N>;

    /// A waiter has left `list` before it was granted; the lock is held. Clear your has-waiters bit if nobody is left;
    /// look again at who is now in front. Wakes put into `wakes` are made after the unlock.
    fn on_leave(&self, list: usize, locked: &mut Locked<'_, Self::State, Self::Payload, N>, wakes: &mut WakeBatch) {
        let _ = (list, locked, wakes);
    }

    /// A waiter of `list` was dropped after it was granted; no lock is held. Hand on what it was granted.
    fn on_return(&self, list: usize, payload: Self::Payload);
}

macro_rules! waitable_through_a_pointer {
    ($($pointer:ty),+) => {$(
        impl<X: Waitable<N> + ?Sized, const N: usize> Waitable<N> for $pointer {
            type State = X::State;
            type Payload = X::Payload;

            #[inline]
            fn wait_list(&self) -> &WaitList<X::State, X::Payload, N> {
                (**self).wait_list()
            }

            fn on_leave(&self, list: usize, locked: &mut Locked<'_, X::State, X::Payload, N>, wakes: &mut WakeBatch) {
                (**self).on_leave(list, locked, wakes);
            }

            fn on_return(&self, list: usize, payload: X::Payload) {
                (**self).on_return(list, payload);
            }
        }
    )+};
}

waitable_through_a_pointer!(&X, Arc<X>);

/// The answer to a newcomer, given under the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Admit {
    /// It need not wait.
    Pass,
    /// It queues behind all others.
    Wait,
    /// It queues before all others: for one that had its turn and lost it to a barger.
    WaitFirst,
}

/// How a waiter [left](Waiter::leave).
#[derive(Debug)]
#[must_use]
pub enum Leave<H, P> {
    /// It had not been granted: here is what it came with.
    Ungranted(H, P),
    /// It had been granted: whoever holds this now has what was granted, and hands it on if need be.
    Granted(H, P),
}

type Home<H, const N: usize> = NonNull<WaitList<<H as Waitable<N>>::State, <H as Waitable<N>>::Payload, N>>;

/// A place in the line of what `H` refers to; the pinned part of a waiting future.
///
/// It is created idle, queues itself when [polled](Self::poll_wait), and takes itself out when dropped: handing on what
/// it was granted and had not taken. To wait again, `Pin::set` a new one in its place.
pub struct Waiter<H: Waitable<N>, const N: usize = 1> {
    node: Node<H::Payload>,
    /// Where the node is linked, once it is.
    home: Cell<Option<Home<H, N>>>,
    /// Empty once the waiter is done.
    handle: Option<H>,
}

// SAFETY: a linked node is reached from other threads under the lock only, and payload and waker may move between
// threads; the list it points home to is reached through the handle, which is `Send`.
unsafe impl<H, const N: usize> Send for Waiter<H, N>
where
    H: Waitable<N> + Send,
    H::Payload: Send,
{
}

// SAFETY: a shared waiter gives out nothing but `&H`.
unsafe impl<H, const N: usize> Sync for Waiter<H, N>
where
    H: Waitable<N> + Sync,
    H::Payload: Send,
{
}

impl<H: Waitable<N>, const N: usize> Waiter<H, N> {
    crate::const_fn! {
        /// A waiter for `list`, which is not in it yet.
        ///
        /// # Panics
        ///
        /// If there is no list of that number.
        #[must_use]
        pub const fn new(handle: H, list: usize, payload: H::Payload) -> Self {
            const { assert!(N <= 256, "a waiter knows its list by one byte") };
            assert!(list < N, "there is no list of that number");
            Self { node: Node::new(list as u8, payload), home: Cell::new(None), handle: Some(handle) }
        }
    }

    /// What it waits for.
    ///
    /// # Panics
    ///
    /// If the waiter is done: the handle was given back.
    #[must_use]
    pub fn handle(&self) -> &H {
        self.handle.as_ref().expect(DONE)
    }

    /// Whether it is in line, or was granted and has not taken it.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.node.stage() != Stage::Idle
    }

    /// Passes, or waits in line to be granted; gives the handle and the payload back.
    ///
    /// On its first poll a waiter asks `pass`, without any lock: the fast path. If that refuses, its waker is cloned,
    /// the lock taken, and `admit` decides. Between the two the world may have changed: `admit` checks again.
    ///
    /// # Panics
    ///
    /// If polled after it was ready, and if `admit` exchanges its `Locked` for another list's.
    pub fn poll_wait(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pass: impl FnOnce(&H, &mut H::Payload) -> bool,
        admit: impl FnOnce(&H, &mut Locked<'_, H::State, H::Payload, N>, &mut H::Payload) -> Admit,
    ) -> Poll<(H, H::Payload)> {
        let done = match self.node.stage() {
            Stage::Granted => true,
            Stage::Queued => self.is_granted_else_wake(cx.waker()),
            Stage::Idle => {
                let handle = self.handle();
                // SAFETY: an idle node is ours. `pass` cannot reach this place but through the reference it is given.
                let passes =
                    unsafe { self.node.with_place(|place| pass(handle, place.payload.as_mut().expect(CARRIED))) };
                passes || self.as_ref().admit(cx.waker(), admit)
            }
        };
        if done { Poll::Ready(self.take()) } else { Poll::Pending }
    }

    /// Takes itself out of the line, and gives back the handle and the payload.
    ///
    /// # Panics
    ///
    /// If the waiter is done.
    pub fn leave(self: Pin<&mut Self>) -> Leave<H, H::Payload> {
        let granted = self.unlink_unless_granted();
        let (handle, payload) = self.take();
        if granted { Leave::Granted(handle, payload) } else { Leave::Ungranted(handle, payload) }
    }

    /// Under the lock, passes or links the node; whether it passes.
    fn admit(
        self: Pin<&Self>,
        waker: &Waker,
        admit: impl FnOnce(&H, &mut Locked<'_, H::State, H::Payload, N>, &mut H::Payload) -> Admit,
    ) -> bool {
        let this = self.get_ref();
        let handle = this.handle();
        let waker = waker.clone();
        let home = handle.wait_list();
        let mut locked = home.lock();
        let admit = |payload: &mut Option<_>| admit(handle, &mut locked, payload.as_mut().expect(CARRIED));
        // SAFETY: an idle node is ours, and `admit` cannot reach its place but through the reference it is given.
        let answer = unsafe { this.node.with_place(|place| admit(&mut place.payload)) };
        if answer == Admit::Pass {
            drop(locked);
            discard(waker);
            return true;
        }
        assert!(locked.belongs_to(home), "`admit` exchanged its list for another");
        let fifo = locked.fifo(this.list());
        // SAFETY: still idle.
        unsafe { this.node.put_waker(waker) };
        this.node.set_queued();
        this.home.set(Some(NonNull::from(home)));
        match answer {
            // SAFETY: we hold the lock; the node is in no list, and pinned; `leave` and `Drop` unlink it.
            Admit::WaitFirst => unsafe { fifo.push_front(&this.node) },
            // SAFETY: as above.
            _ => unsafe { fifo.push_back(&this.node) },
        }
        false
    }

    /// Whether a queued waiter was granted meanwhile; if not, `waker` is the one to wake from now on.
    fn is_granted_else_wake(&self, waker: &Waker) -> bool {
        // SAFETY: we are the waiter, and found it queued. If that is over already, it is this waker that is being woken.
        if unsafe { self.node.will_wake(waker) } {
            return false;
        }
        // A clone is foreign code, so it is made without the lock; then look whether the grant has come meanwhile.
        let waker = waker.clone();
        let locked = self.home().lock();
        let granted = self.node.stage() == Stage::Granted;
        let stale = if granted {
            waker
        } else {
            // SAFETY: queued, and we hold the lock.
            unsafe { self.node.exchange_waker(waker) }
        };
        drop(locked);
        discard(stale);
        granted
    }

    /// Takes a queued node out of its list; whether it was granted instead.
    fn unlink_unless_granted(&self) -> bool {
        match self.node.stage() {
            Stage::Idle => return false,
            Stage::Granted => return true,
            Stage::Queued => {}
        }
        let mut wakes = WakeBatch::new();
        let mut locked = self.home().lock();
        if self.node.stage() == Stage::Granted {
            return true;
        }
        // SAFETY: queued, in this list, and we hold the lock.
        unsafe { locked.fifo(self.list()).unlink(&self.node) };
        self.node.set_idle();
        self.handle().on_leave(self.list(), &mut locked, &mut wakes);
        drop(locked);
        wakes.wake_all();
        // SAFETY: it was queued, and we have unlinked it.
        discard(unsafe { self.node.take_waker() });
        false
    }

    fn list(&self) -> usize {
        usize::from(self.node.list)
    }

    /// The list in which the node is queued.
    fn home(&self) -> &WaitList<H::State, H::Payload, N> {
        let home = self.home.get().expect("a queued waiter has a home");
        // SAFETY: see the head of this file: the handle keeps it, and is neither changed nor dropped before the unlink.
        unsafe { home.as_ref() }
    }

    /// Takes handle and payload out of a waiter that is in no list.
    fn take(self: Pin<&mut Self>) -> (H, H::Payload) {
        self.node.set_idle();
        // SAFETY: the node, which must not move, is not moved; the handle is never lent as pinned.
        let this = unsafe { self.get_unchecked_mut() };
        // SAFETY: in no list, so the node is ours.
        let payload = unsafe { this.node.with_place(|place| place.payload.take()) };
        (this.handle.take().expect(DONE), payload.expect(CARRIED))
    }
}

const DONE: &str = "a waiter was polled after it was ready";

impl<H: Waitable<N>, const N: usize> Drop for Waiter<H, N> {
    fn drop(&mut self) {
        if !self.unlink_unless_granted() {
            return;
        }
        // SAFETY: granted, so in no list: the node is ours.
        let granted = unsafe { self.node.with_place(|place| place.payload.take()) };
        if let (Some(handle), Some(payload)) = (&self.handle, granted) {
            handle.on_return(self.list(), payload);
        }
    }
}

impl<H: Waitable<N>, const N: usize> fmt::Debug for Waiter<H, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiter").field("stage", &self.node.stage()).finish_non_exhaustive()
    }
}
