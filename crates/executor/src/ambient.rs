//! Which executor this thread works for, so that `spawn` needs no handle.
//!
//! A stack in a thread-local; the last that was entered is the present one:
//!
//! * `Worker`: a worker thread, or a guest of `block_on`;
//! * `Pool`: a blocking thread, an eager first poll, or a worker inside of a nested `block_on`, its queues handed over;
//! * `Spawner`: somebody's own, such as a test scheduler.
//!
//! Guards that are dropped out of order take out their own entry, whatever lies above it.
//!
//! Neither has a destructor, so that a thread that is torn down may still enter: another thread-local gives the stack's memory back, and once that is gone
//! the stack does so whenever it is empty. A guard that is forgotten leaks its entry.
//!
//! Each spawn and each wake asks whether this thread is a worker. So beside the stack lies a plain pointer to the worker
//! of the last entry, null if that is none; whoever changes the stack writes it anew before anybody can look.

use crate::foreign::{self, AnySpawn};
use crate::pool::{Shared, Start, Worker};
use crate::task::{Origin, Task};
use core::fmt;
use core::future::Future;
use core::marker::PhantomData;
use core::mem::ManuallyDrop;
use std::cell::{Cell, RefCell};
use std::ptr;
use std::rc::Rc;
use std::sync::Arc;

/// What a thread works for.
#[derive(Clone)]
pub(crate) enum Ambient {
    Worker(Rc<Worker>),
    Pool(Arc<Shared>),
    Spawner(Arc<AnySpawn>),
}

struct Stack {
    entries: Vec<(u64, Ambient)>,
    next: u64,
    /// Whether the memory of an empty stack stays: somebody gives it back at the end of the thread.
    is_kept: bool,
}

/// Gives the memory of this thread's stack back.
struct Sweeper;

motet_prim::thread_local! {
    static STACK: ManuallyDrop<RefCell<Stack>> = const { ManuallyDrop::new(RefCell::new(Stack::new())) };
    static SWEEPER: Sweeper = const { Sweeper };
    /// The worker of the last entry.
    static PRESENT: Cell<*const Worker> = const { Cell::new(ptr::null()) };
}

impl Stack {
    const fn new() -> Self {
        Self { entries: Vec::new(), next: 0, is_kept: false }
    }

    /// Puts an entry on top.
    fn push(&mut self, ambient: Ambient) -> u64 {
        if self.entries.capacity() == 0 {
            self.is_kept = SWEEPER.try_with(|_| ()).is_ok();
        }
        let entry = self.next;
        self.next += 1;
        self.entries.push((entry, ambient));
        self.publish();
        entry
    }

    /// Takes an entry out, wherever it lies.
    fn remove(&mut self, entry: u64) -> Option<Ambient> {
        let place = self.entries.iter().rposition(|(other, _)| *other == entry)?;
        let (_, ambient) = self.entries.remove(place);
        self.publish();
        self.sweep();
        Some(ambient)
    }

    fn sweep(&mut self) {
        if !self.is_kept && self.entries.is_empty() {
            self.entries = Vec::new();
        }
    }

    /// To be called after every change, and before what was taken out is dropped.
    fn publish(&self) {
        let present = match self.entries.last() {
            Some((_, Ambient::Worker(worker))) => Rc::as_ptr(worker),
            _ => ptr::null(),
        };
        PRESENT.with(|pointer| pointer.set(present));
    }
}

/// Looks at the worker that this thread is at present.
///
/// `look` does not end the worker: the guard of its entry lies in a frame of this thread's stack that is beneath every
/// task, every waker and every driver that the worker calls.
pub(crate) fn with_worker<R>(look: impl FnOnce(Option<&Worker>) -> R) -> R {
    let present = PRESENT.with(Cell::get);
    // SAFETY: null, or the worker of an entry: the stack holds an `Rc` on it, and `publish` ran before that could go. The
    // entry outlives `look`, see above.
    look(unsafe { present.as_ref() })
}

/// The same, if the worker works for this executor.
pub(crate) fn with_worker_of<R>(executor: *const Shared, look: impl FnOnce(Option<&Worker>) -> R) -> R {
    with_worker(|worker| look(worker.filter(|worker| Arc::as_ptr(worker.shared()) == executor)))
}

/// This thread works for somebody until this is dropped.
pub(crate) struct Entered {
    entry: u64,
    of_this_thread: PhantomData<*const ()>,
}

/// Enters; what is displaced comes back when the guard is dropped.
pub(crate) fn enter(ambient: Ambient) -> Entered {
    let entry = STACK.with(|stack| stack.borrow_mut().push(ambient));
    Entered { entry, of_this_thread: PhantomData }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        // In a model the stack may be gone.
        let _ = STACK.try_with(|stack| {
            let mut stack = stack.borrow_mut();
            stack.is_kept = false;
            stack.sweep();
        });
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let left = STACK.with(|stack| stack.borrow_mut().remove(self.entry));
        // Outside of the borrow: it may be the last reference on an executor's state.
        drop(left);
    }
}

/// An entry that was the present one, to come back to.
#[derive(Clone, Copy)]
pub(crate) struct Mark(u64);

/// Marks the present entry.
pub(crate) fn mark() -> Option<Mark> {
    STACK.with(|stack| stack.borrow().entries.last().map(|(entry, _)| Mark(*entry)))
}

/// Enters what was entered at the mark anew, until the guard is dropped, if something else is the present entry.
pub(crate) fn return_to(mark: Mark) -> Option<Entered> {
    let ambient = STACK.with(|stack| {
        let entries = &stack.borrow().entries;
        let (present, _) = entries.last()?;
        let is_marked = |(entry, ambient): &(u64, Ambient)| (*entry == mark.0).then(|| ambient.clone());
        if *present == mark.0 { None } else { entries.iter().rev().find_map(is_marked) }
    });
    ambient.map(enter)
}

/// Looks at the present entry.
fn with<R>(look: impl FnOnce(Option<&Ambient>) -> R) -> R {
    STACK.with(|stack| look(stack.borrow().entries.last().map(|(_, ambient)| ambient)))
}

/// Every worker that this thread is, beneath whatever was entered since.
pub(crate) fn workers() -> Vec<Rc<Worker>> {
    let is_worker = |(_, ambient): &(u64, Ambient)| match ambient {
        Ambient::Worker(worker) => Some(worker.clone()),
        Ambient::Pool(_) | Ambient::Spawner(_) => None,
    };
    STACK.with(|stack| stack.borrow().entries.iter().filter_map(is_worker).collect())
}

/// Whether this thread is a worker of this executor, at present or beneath.
pub(crate) fn works_for(shared: &Arc<Shared>) -> bool {
    let is_it = |ambient: &Ambient| matches!(ambient, Ambient::Worker(worker) if Arc::ptr_eq(worker.shared(), shared));
    STACK.with(|stack| stack.borrow().entries.iter().any(|(_, ambient)| is_it(ambient)))
}

/// Where `spawn` spawns.
#[derive(Clone)]
pub(crate) enum Spawner {
    Pool(Arc<Shared>),
    Foreign(Arc<AnySpawn>),
}

impl Spawner {
    /// The one of this thread.
    pub(crate) fn present() -> Option<Self> {
        with(|ambient| {
            Some(match ambient? {
                Ambient::Worker(worker) => Self::Pool(worker.shared().clone()),
                Ambient::Pool(shared) => Self::Pool(shared.clone()),
                Ambient::Spawner(spawner) => Self::Foreign(spawner.clone()),
            })
        })
    }

    pub(crate) fn spawn<F>(&self, future: F, origin: Origin, start: Start) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        match self {
            Self::Pool(shared) => shared.spawn(future, origin, start),
            Self::Foreign(spawner) => foreign::spawn(spawner, future, origin, start),
        }
    }

    pub(crate) fn spawn_blocking<T: Send + 'static>(
        &self,
        run: impl FnOnce() -> T + Send + 'static,
        origin: Origin,
    ) -> Task<T> {
        match self {
            Self::Pool(shared) => shared.spawn_blocking(run, origin),
            // A test scheduler has one thread: the closure runs there, in its turn.
            Self::Foreign(spawner) => foreign::spawn(spawner, async { run() }, origin, Start::Queued),
        }
    }
}

impl fmt::Debug for Spawner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pool(_) => "Pool",
            Self::Foreign(_) => "Foreign",
        })
    }
}
