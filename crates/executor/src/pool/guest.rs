//! The seat of `block_on`'s caller: a thread that is a worker for as long as its future runs.
//!
//! ```text
//!              seat free                       future ends, or panics
//!   Caller ───────────────▶ Guest (worker 0) ────────────────────────▶ seat free: the waiting callers are unparked
//!     │                        ▲
//!     └── seat taken ──▶ Waiting (parks) ── future ends ──▶ leaves the list, and passes an unused seat on
//! ```
//!
//! The race to fear: the guest leaves while a caller finds the seat taken and parks; then nobody works. Both happen under
//! the seat's lock: a caller is on the list before it lets go of the lock, and the leaving guest looks at the list. It unparks all of
//! them, for one of them may be busy with its own future, or block in it, and never come for the seat.

use super::contained::run_contained;
use super::shared::{Kit, Shared};
use super::threads::Post;
use super::worker::Worker;
use crate::ambient::{self, Ambient};
use crate::driver::Wheelhouse;
use crate::seam;
use crate::slab::Slab;
use core::future::Future;
use core::pin::{Pin, pin};
use core::task::{Context, Poll, Waker};
use motet_prim::atomic::{AtomicBool, Ordering};
use motet_prim::lock::Mutex;
use motet_prim::park::{Parker, Unparker};
use std::rc::Rc;
use std::sync::{Arc, Weak};
use std::task::Wake;

/// The seat, and who waits for it.
pub(super) struct GuestSeat(Mutex<Occupancy>);

struct Occupancy {
    /// What goes with the seat, while it is free.
    kit: Option<Kit>,
    waiting: Slab<Unparker>,
}

/// The index of the guests' seat.
const SEAT: usize = 0;

impl GuestSeat {
    pub(super) fn new(kit: Kit) -> Self {
        Self(Mutex::new(Occupancy { kit: Some(kit), waiting: Slab::new() }))
    }

    /// Takes the seat if it is free.
    pub(super) fn take(&self) -> Option<Kit> {
        self.0.lock().kit.take()
    }

    /// Takes the seat if it is free; else the caller is on the list, at the place in `key`.
    fn take_or_wait(&self, key: &mut Option<usize>, unparker: impl FnOnce() -> Unparker) -> Option<Kit> {
        let mut occupancy = self.0.lock();
        if let Some(kit) = occupancy.kit.take() {
            key.take().into_iter().for_each(|key| drop(occupancy.waiting.remove(key)));
            return Some(kit);
        }
        key.get_or_insert_with(|| occupancy.waiting.insert(unparker()));
        None
    }

    /// Gives the seat back; whoever waits for it is unparked.
    fn give_back(&self, kit: Kit) {
        let mut occupancy = self.0.lock();
        occupancy.kit = Some(kit);
        let waiting = occupancy.everybody();
        drop(occupancy);
        waiting.iter().for_each(Unparker::unpark);
    }

    /// Leaves the list; a seat that is free goes to another caller.
    fn stop_waiting(&self, key: usize) {
        let mut occupancy = self.0.lock();
        occupancy.waiting.remove(key);
        let waiting = if occupancy.kit.is_some() { occupancy.everybody() } else { Vec::new() };
        drop(occupancy);
        waiting.iter().for_each(Unparker::unpark);
    }
}

impl Occupancy {
    fn everybody(&self) -> Vec<Unparker> {
        self.waiting.iter().cloned().collect()
    }
}

/// Runs a future to its end on this thread, which works for the executor meanwhile if it can.
pub(super) fn block_on<F: Future>(shared: &Arc<Shared>, future: F) -> F::Output {
    let is_nested = ambient::works_for(shared);
    let _nested = hand_over();
    // Wherever the root is polled, it spawns here, and what it leaves behind is run here: in the seat, before it has the seat, or nested.
    let _ambient = ambient::enter(Ambient::Pool(shared.clone()));
    let _reaper = seam::reap_into(shared);
    let root = pin!(seam::root(future));
    let parker = Parker::new();
    let waker = Arc::new(RootWaker::new(Arc::downgrade(shared), parker.unparker()));
    let root = Root { future: root, context: waker.clone().into(), waker };
    if is_nested { root.park_until_ready(&parker) } else { root.park_or_work(shared, &parker) }
}

/// Gives up what others may wait for of the workers that this thread is, if it is one: the thread is about to block.
///
/// Until what this gives is dropped, the thread is no worker; what it spawns and wakes goes to the injector.
pub(crate) fn hand_over() -> Option<HandedOver> {
    let workers = ambient::workers();
    let shared = ambient::with_worker(|worker| worker.map(|worker| worker.shared().clone()));
    // First, so that what is woken from here on is queued where others look.
    let ambient = shared.map(|shared| ambient::enter(Ambient::Pool(shared)));
    // A worker that stands already does so for a call around this one.
    let seated: Vec<Rc<Worker>> = workers.iter().filter(|worker| worker.stand_up()).cloned().collect();
    for worker in &seated {
        worker.shared().standing.fetch_add(1, Ordering::Relaxed);
    }
    for worker in &workers {
        if worker.drain() {
            worker.shared().wake_worker();
        }
    }
    // Last: nobody comes to look after what a driver drives now.
    for worker in &seated {
        worker.shared().driver.iter().for_each(Wheelhouse::leave);
    }
    (ambient.is_some() || !seated.is_empty()).then_some(HandedOver { workers: seated, _ambient: ambient })
}

/// The workers of this thread have their seats, and spawn without a lock, from the drop of this on; see [`hand_over`].
pub(crate) struct HandedOver {
    workers: Vec<Rc<Worker>>,
    _ambient: Option<ambient::Entered>,
}

impl Drop for HandedOver {
    fn drop(&mut self) {
        for worker in &self.workers {
            worker.shared().driver.iter().for_each(Wheelhouse::attend);
            worker.shared().standing.fetch_sub(1, Ordering::Relaxed);
            worker.shared().shard(Some(worker)).sit_down();
        }
    }
}

/// The future of a `block_on`, with its waker.
struct Root<'a, F> {
    future: Pin<&'a mut F>,
    waker: Arc<RootWaker>,
    context: Waker,
}

impl<F: Future> Root<'_, F> {
    fn poll(&mut self) -> Poll<F::Output> {
        if !self.waker.take_ready() {
            return Poll::Pending;
        }
        self.future.as_mut().poll(&mut Context::from_waker(&self.context))
    }

    /// A nested call: this thread runs no other task, or tasks would run inside of tasks.
    fn park_until_ready(mut self, parker: &Parker) -> F::Output {
        loop {
            if let Poll::Ready(output) = self.poll() {
                return output;
            }
            parker.park();
        }
    }

    fn park_or_work(mut self, shared: &Arc<Shared>, parker: &Parker) -> F::Output {
        let mut waiting = Waiting { shared, key: None };
        loop {
            if let Some(kit) = shared.guest.take_or_wait(&mut waiting.key, || parker.unparker()) {
                return self.work(shared, kit);
            }
            if let Poll::Ready(output) = self.poll() {
                return output;
            }
            parker.park();
        }
    }

    fn work(mut self, shared: &Arc<Shared>, kit: Kit) -> F::Output {
        shared.seated.fetch_add(1, Ordering::Relaxed);
        self.waker.move_to_seat();
        let guest = Guest { post: Some(Post::enter(Worker::new(shared.clone(), SEAT, kit))), shared };
        loop {
            if self.waker.is_ready() {
                guest.get_to_work();
            }
            if let Poll::Ready(output) = self.poll() {
                return output;
            }
            if self.waker.is_ready() {
                // It woke itself: it yields, to all that is ready now.
                guest.run_all_that_is_ready();
            } else {
                guest.work_until_the_root_is_ready(&self.waker);
            }
        }
    }
}

/// A caller on the list, until it has the seat or its future has ended.
struct Waiting<'a> {
    shared: &'a Arc<Shared>,
    key: Option<usize>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.key.into_iter().for_each(|key| self.shared.guest.stop_waiting(key));
    }
}

/// A thread in the seat; it leaves on every way out, panics included.
struct Guest<'a> {
    post: Option<Post>,
    shared: &'a Arc<Shared>,
}

impl Guest<'_> {
    fn work_until_the_root_is_ready(&self, waker: &RootWaker) {
        let Some(post) = &self.post else { return };
        let _tasks = post.return_to_tasks();
        post.worker().work_until(|| waker.is_ready());
    }

    /// Runs as many tasks as are queued now, and fewer if others take them.
    fn run_all_that_is_ready(&self) {
        let Some(post) = &self.post else { return };
        let (worker, _tasks) = (post.worker(), post.return_to_tasks());
        // One at least, though nothing is queued: the driver has its turns among those of the worker.
        let ready = worker.queued().max(1);
        let mut due = std::iter::from_fn(|| worker.next()).take(ready);
        run_contained(|| due.by_ref().for_each(|runnable| worker.run(runnable)));
    }

    /// Before a poll of the root, as before that of a task: nobody relies on this worker meanwhile.
    fn get_to_work(&self) {
        if let Some(post) = &self.post {
            post.worker().get_to_work();
            post.worker().tell_of_yielding();
        }
    }
}

impl Drop for Guest<'_> {
    fn drop(&mut self) {
        let kit = self.post.take().and_then(|post| post.leave().0);
        kit.into_iter().for_each(|kit| self.shared.guest.give_back(kit));
        // The last handle may have gone meanwhile, and there may be no thread that would run the exits.
        self.shared.see_to_the_end();
    }
}

/// Wakes the future of a `block_on`, wherever its thread waits.
struct RootWaker {
    ready: AtomicBool,
    in_seat: AtomicBool,
    shared: Weak<Shared>,
    unparker: Unparker,
}

impl RootWaker {
    fn new(shared: Weak<Shared>, unparker: Unparker) -> Self {
        Self { ready: AtomicBool::new(true), in_seat: AtomicBool::new(false), shared, unparker }
    }

    /// Whether a poll is due: only a look, for most steps of a guest find no wake.
    fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    /// Takes the wake, if there is one.
    fn take_ready(&self) -> bool {
        // AcqRel: what the waker did before its Release is visible to the poll; releases `in_seat` to the next waker.
        self.is_ready() && self.ready.swap(false, Ordering::AcqRel)
    }

    /// From now on a wake goes to the seat; one that went to the parker is made good by a poll.
    fn move_to_seat(&self) {
        self.in_seat.store(true, Ordering::Relaxed);
        // AcqRel, and an exchange. Release: a waker whose exchange comes after this one sees `in_seat`; one that came before is covered by the poll
        // that this causes. Acquire: so what that one did before is visible to this poll, for a store would have hidden its Release.
        self.ready.swap(true, Ordering::AcqRel);
    }
}

impl Wake for RootWaker {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        // AcqRel: pairs with `take_ready`.
        if self.ready.swap(true, Ordering::AcqRel) {
            return;
        }
        if self.in_seat.load(Ordering::Relaxed) {
            // No executor any more: then its guest is gone, and its future with it.
            self.shared.upgrade().into_iter().for_each(|shared| shared.unpark(SEAT));
        } else {
            self.unparker.unpark();
        }
    }
}
