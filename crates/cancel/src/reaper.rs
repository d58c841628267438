//! Reapers: who runs an exit that was handed over where there is no frame.
//!
//! First this thread's own, which an executor enters on each of its workers; then the one registered last for the whole process.

use crate::abandon::Abandoned;
use crate::panic::silence;
use futures_util::future::{BoxFuture, LocalBoxFuture};
use motet_prim::atomic::{AtomicU64, Ordering};
use motet_prim::lock::Mutex;
use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::rc::Rc;
use std::sync::Arc;

type Reap = dyn Fn(BoxFuture<'static, ()>);
type ReapLocal = dyn Fn(LocalBoxFuture<'static, ()>);
type ReapAnywhere = Arc<dyn Fn(BoxFuture<'static, ()>) + Send + Sync>;

/// This thread's reapers; a clone keeps each alive while it runs.
#[derive(Clone, Default)]
struct OfThread {
    sendable: Option<Rc<Reap>>,
    local: Option<Rc<ReapLocal>>,
}

motet_prim::thread_local! {
    // Without a destructor, for guards are dropped while thread-locals are torn down.
    static OF_THREAD: Cell<ManuallyDrop<OfThread>> = const { Cell::new(ManuallyDrop::new(OfThread { sendable: None, local: None })) };
}

motet_prim::global! {
    static REGISTERED: Mutex<Vec<(u64, ReapAnywhere)>> = Mutex::new(Vec::new());
    static NEXT_ID: AtomicU64 = AtomicU64::new(0);
}

/// Registers the reaper of this process: it runs the exits that are handed over where there is no scope.
///
/// Needed under a foreign executor only, whose threads have no reaper of their own: a guard that is dropped outside of any scope (by
/// `JoinHandle::abort`, on a plain thread, in a static) goes to it. The one registered last is asked. Dropping what this
/// returns takes the reaper back; [`keep`](ReaperGuard::keep) leaves it for good.
///
/// ```
/// use futures::executor::block_on;
/// use motet_cancel::{Outcome, guard, set_reaper};
/// use std::sync::mpsc;
///
/// let (hand_over, exits) = mpsc::channel();
/// // Under tokio: set_reaper(move |exit| drop(handle.spawn(exit)))
/// let registered = set_reaper(move |exit| hand_over.send(exit).unwrap());
///
/// let (done, outcome) = mpsc::channel();
/// drop(guard(done, async |done: mpsc::Sender<_>, outcome| done.send(outcome).unwrap()));
/// block_on(exits.recv().unwrap());
/// assert_eq!(outcome.recv().unwrap(), Outcome::Dropped);
/// drop(registered);
/// ```
#[must_use = "dropping the guard takes the reaper back; `keep` leaves it for good"]
pub fn set_reaper(reaper: impl Fn(BoxFuture<'static, ()>) + Send + Sync + 'static) -> ReaperGuard {
    // Relaxed: only the number's uniqueness counts.
    let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
    REGISTERED.lock().push((id, Arc::new(reaper)));
    ReaperGuard { id }
}

/// Takes a registered reaper back when dropped; given by [`set_reaper`].
pub struct ReaperGuard {
    id: u64,
}

impl ReaperGuard {
    /// Leaves the reaper registered for as long as the process runs.
    pub fn keep(self) {
        std::mem::forget(self);
    }
}

impl Drop for ReaperGuard {
    fn drop(&mut self) {
        let mut registered = REGISTERED.lock();
        let ours = registered.iter().position(|(id, _)| *id == self.id).map(|at| registered.remove(at));
        drop(registered);
        drop(ours);
    }
}

impl fmt::Debug for ReaperGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReaperGuard").finish_non_exhaustive()
    }
}

/// Makes `reaper` this thread's own until the guard is dropped: for executors, on each thread that polls tasks.
///
/// It is asked before the registered one, for what is handed over on this thread where there is no frame. It must not run the exit, only
/// queue it. Guards nest like a stack.
///
/// ```
/// use motet_cancel::{frame, guard};
/// use std::{cell::RefCell, rc::Rc};
///
/// let queue = Rc::new(RefCell::new(Vec::new()));
/// let into = Rc::clone(&queue);
/// let entered = frame::enter_reaper(move |exit| into.borrow_mut().push(exit));
/// drop(guard("resource", async |_resource, _outcome| {}));
/// assert_eq!(queue.borrow().len(), 1);
/// drop(entered);
/// ```
#[must_use = "dropping the guard takes the reaper back"]
pub fn enter_reaper(reaper: impl Fn(BoxFuture<'static, ()>) + 'static) -> EnteredReaper {
    enter(|reapers| reapers.sendable = Some(Rc::new(reaper)))
}

/// The same for work that may not leave the thread: a local executor's. [`shield_local`](crate::shield_local) asks it first of all.
#[must_use = "dropping the guard takes the reaper back"]
pub fn enter_local_reaper(reaper: impl Fn(LocalBoxFuture<'static, ()>) + 'static) -> EnteredReaper {
    enter(|reapers| reapers.local = Some(Rc::new(reaper)))
}

fn enter(change: impl FnOnce(&mut OfThread)) -> EnteredReaper {
    let outer = of_thread();
    let mut reapers = outer.clone();
    change(&mut reapers);
    drop(replace_of_thread(reapers));
    EnteredReaper { outer, _of_this_thread: PhantomData }
}

fn replace_of_thread(reapers: OfThread) -> OfThread {
    OF_THREAD.with(|cell| ManuallyDrop::into_inner(cell.replace(ManuallyDrop::new(reapers))))
}

fn of_thread() -> OfThread {
    let reapers = replace_of_thread(OfThread::default());
    drop(replace_of_thread(reapers.clone()));
    reapers
}

/// This thread has a reaper until this is dropped; given by [`enter_reaper`] and [`enter_local_reaper`].
pub struct EnteredReaper {
    outer: OfThread,
    _of_this_thread: PhantomData<*const ()>,
}

impl Drop for EnteredReaper {
    fn drop(&mut self) {
        let ours = replace_of_thread(std::mem::take(&mut self.outer));
        drop(ours);
    }
}

impl fmt::Debug for EnteredReaper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnteredReaper").finish_non_exhaustive()
    }
}

/// A reaper that was found; it takes one exit.
pub(crate) enum Reaper {
    OfThread(Rc<Reap>),
    Registered(ReapAnywhere),
}

impl Reaper {
    /// This thread's, else the one registered last.
    pub(crate) fn nearest() -> Option<Self> {
        if let Some(reaper) = of_thread().sendable {
            return Some(Self::OfThread(reaper));
        }
        REGISTERED.lock().last().map(|(_, reaper)| Self::Registered(Arc::clone(reaper)))
    }

    /// Gives it an exit. What it drops instead of queueing is abandoned.
    pub(crate) fn reap(self, exit: BoxFuture<'static, ()>) {
        guarded(|| match &self {
            Self::OfThread(reaper) => reaper(exit),
            Self::Registered(reaper) => reaper(exit),
        });
    }
}

/// This thread's reaper of local work, once found.
pub(crate) struct LocalReaper(Rc<ReapLocal>);

impl LocalReaper {
    /// This thread's.
    pub(crate) fn nearest() -> Option<Self> {
        of_thread().local.map(Self)
    }

    /// Gives it an exit. What it drops instead of queueing is abandoned.
    pub(crate) fn reap(self, exit: LocalBoxFuture<'static, ()>) {
        guarded(|| (self.0)(exit));
    }
}

/// A reaper runs inside a `Drop`, which must not panic; and what it drops must not come back to it.
fn guarded(reap: impl FnOnce()) {
    crate::frame::abandoning(Abandoned::ReaperFailed, || silence(reap));
}
