//! Waiting for the lock, in any kind and by either reference.

use core::fmt;
use core::future::Future;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::sync::Arc;

use motet_prim::{LazyWaiter, Leave, Locked, Waitable, Waiter, WakeBatch, pin_project};

use super::guard::RwLockGuard;
use super::kind::{Kind, Read, Reference, Upgradable, Write};
use super::raw::{Line, Ticket};
use super::{Hold, RwLock};
use crate::futurelock::{self, Watch};

/// What is waited for.
const WHAT: &str = "hold on a read-write lock";

/// A reference to the lock. A type of its own, so that the line is nobody else's to touch.
struct Handle<L>(L);

impl<L: Reference> Waitable for Handle<L> {
    type State = ();
    type Payload = Ticket;

    fn wait_list(&self) -> &Line {
        self.0.raw.line()
    }

    /// Those behind it may go together with the holders.
    fn on_leave(&self, _list: usize, line: &mut Locked<'_, (), Ticket>, wakes: &mut WakeBatch) {
        self.0.raw.serve_locked(line, wakes);
    }

    fn on_return(&self, _list: usize, mut ticket: Ticket) {
        self.0.raw.release(ticket.hold);
        // Whoever is told of it may want the lock.
        ticket.watch.taken();
    }
}

/// A waiter, once there is something to wait for: the uncontended path builds none, and drops none.
type Place<L> = LazyWaiter<Handle<L>>;

fn poll_hold<L: Reference>(mut place: Pin<&mut Place<L>>, cx: &mut Context<'_>) -> Poll<L> {
    let admit = |lock: &Handle<L>, _: &mut Locked<'_, (), Ticket>, ticket: &mut Ticket| lock.0.raw.admit(ticket.hold);
    let Poll::Ready((Handle(lock), mut ticket)) = place.as_mut().poll_wait(cx, admit) else {
        futurelock::look(|| Some(&place.as_mut().get()?.into_ref().get_ref().handle().0.raw));
        return Poll::Pending;
    };
    ticket.watch.taken();
    Poll::Ready(lock)
}

pin_project! {
    /// Waits for a [`RwLock`], in one of three kinds, by either reference.
    ///
    /// You name it by its aliases: [`ReadFuture`], [`UpgradableReadFuture`], [`WriteFuture`], and the same with `Owned` in it.
    ///
    /// # Cancel safety
    ///
    /// Loses its place: dropped, it has left the line; a lock that was handed to it already goes on to the next.
    ///
    /// # Fairness
    ///
    /// FIFO from the first poll on, all kinds in one line.
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct RwLockFuture<L: Reference, K: Kind> {
        // Until it is in the line, or with the guard.
        lock: Option<L>,
        watch: Watch,
        #[pin]
        place: Place<L>,
        _kind: PhantomData<fn() -> K>,
    }
}

/// Waits to read; made by [`RwLock::read`].
pub type ReadFuture<'a, T> = RwLockFuture<&'a RwLock<T>, Read>;
/// Waits to read, and to be the one who may upgrade; made by [`RwLock::upgradable_read`].
pub type UpgradableReadFuture<'a, T> = RwLockFuture<&'a RwLock<T>, Upgradable>;
/// Waits to write; made by [`RwLock::write`].
pub type WriteFuture<'a, T> = RwLockFuture<&'a RwLock<T>, Write>;
/// Waits to read, through an `Arc`; made by [`RwLock::read_owned`].
pub type ReadOwnedFuture<T> = RwLockFuture<Arc<RwLock<T>>, Read>;
/// Waits for the upgradable read, through an `Arc`; made by [`RwLock::upgradable_read_owned`].
pub type UpgradableReadOwnedFuture<T> = RwLockFuture<Arc<RwLock<T>>, Upgradable>;
/// Waits to write, through an `Arc`; made by [`RwLock::write_owned`].
pub type WriteOwnedFuture<T> = RwLockFuture<Arc<RwLock<T>>, Write>;

impl<L: Reference, K: Kind> RwLockFuture<L, K> {
    #[inline]
    #[track_caller]
    pub(super) fn new(lock: L) -> Self {
        Self { lock: Some(lock), watch: Watch::new(WHAT), place: LazyWaiter::new(), _kind: PhantomData }
    }

    /// Behind a try that has failed. Not inlined, so that the poll before it can be.
    #[inline(never)]
    fn wait(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<RwLockGuard<L, K>> {
        let mut this = self.project();
        if let Some(lock) = this.lock.take() {
            let ticket = Ticket { hold: K::HOLD, watch: *this.watch };
            this.place.as_mut().enter(|| Waiter::new(Handle(lock), 0, ticket));
        }
        poll_hold(this.place, cx).map(RwLockGuard::of_held)
    }
}

impl<L: Reference, K: Kind> Future for RwLockFuture<L, K> {
    type Output = RwLockGuard<L, K>;

    #[inline]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.as_mut().project();
        if let Some(lock) = this.lock.take_if(|lock| lock.raw.take(K::HOLD)) {
            return Poll::Ready(RwLockGuard::of_held(lock));
        }
        self.wait(cx)
    }
}

impl<L: Reference, K: Kind> fmt::Debug for RwLockFuture<L, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RwLockFuture").field("waiter", &self.place).finish_non_exhaustive()
    }
}

pin_project! {
    /// Waits until the other readers of a [`RwLock`] have left; made by [`RwLockGuard::upgrade`].
    ///
    /// # Cancel safety
    ///
    /// Loses the lock, see [`RwLockGuard::upgrade`].
    ///
    /// # Fairness
    ///
    /// It goes before all who wait: they wait for its reader as well.
    #[must_use = "futures do nothing unless they are awaited"]
    pub struct RwLockUpgrade<L: Reference> {
        // Before the guard, whose hold it goes beside: released first.
        #[pin]
        place: Place<L>,
        watch: Watch,
        guard: Option<RwLockGuard<L, Upgradable>>,
    }
}

impl<L: Reference> RwLockUpgrade<L> {
    #[track_caller]
    pub(super) fn new(guard: RwLockGuard<L, Upgradable>) -> Self {
        Self { place: LazyWaiter::new(), watch: Watch::new(WHAT), guard: Some(guard) }
    }
}

impl<L: Reference> RwLockUpgrade<L> {
    /// Waits no longer: the reader again, unless it became the writer meanwhile.
    pub(super) fn give_up(self: Pin<&mut Self>) -> Result<RwLockGuard<L, Write>, RwLockGuard<L, Upgradable>> {
        let this = self.project();
        let left = this.place.get().map(Waiter::leave);
        let guard = this.guard.take().expect("kept until the upgrade");
        match left {
            Some(Leave::Granted(_lock, mut ticket)) => {
                ticket.watch.taken();
                Ok(guard.end_upgrade())
            }
            _ => Err(guard),
        }
    }
}

impl<L: Reference + Clone> Future for RwLockUpgrade<L> {
    type Output = RwLockGuard<L, Write>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if this.place.is_vacant() {
            let guard = this.guard.as_ref().expect("an upgrade was polled after it was ready");
            let handle = Handle(guard.lock().clone());
            let ticket = Ticket { hold: Hold::Upgrade, watch: *this.watch };
            this.place.as_mut().enter(|| Waiter::new(handle, 0, ticket));
        }
        poll_hold(this.place.as_mut(), cx).map(|_lock| this.guard.take().expect("kept until the upgrade").end_upgrade())
    }
}

impl<L: Reference> fmt::Debug for RwLockUpgrade<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RwLockUpgrade").field("waiter", &self.place).finish_non_exhaustive()
    }
}
