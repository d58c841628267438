//! What two threads on async-task can do that share their tasks, and nothing else.
//!
//! Each has a ring and a LIFO slot, both may take from the other's ring and from a queue for the rest; one that finds nothing looks a few times, and
//! parks. No fairness, no numbers, no names, no list of tasks, no cancel scopes, no driver, no end: what is woken last runs first for as long as there is such a
//! thing, and a task in a slot waits for its thread. So it is no lower bound in the strict sense, as the [floor](crate::floor) of one thread is,
//! but the shortest way there is to do these cells' work on two. It runs beside the contestants and is not ranked.

use crate::pools::{Pool, WORKERS};
use async_task::{Runnable, Task};
use motet_prim::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use st3::fifo::{Stealer, Worker};
use std::cell::{Cell, OnceCell};
use std::collections::VecDeque;
use std::future::Future;
use std::hint::spin_loop;
use std::pin::Pin;
use std::sync::{Arc, Mutex, Once, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};

/// Its name in tables and charts.
pub const FLOOR_OF_TWO: &str = "floor (async-task and stealing on two threads)";

const RING: usize = 256;
/// Looks at the other's ring before a park, and the pauses between two of them.
const LOOKS: usize = 4;
const PAUSES: usize = 8;

/// What both threads know.
struct Shared {
    rest: Mutex<VecDeque<Runnable>>,
    /// The length of `rest`.
    resting_tasks: AtomicUsize,
    searching: AtomicUsize,
    parked: [AtomicBool; WORKERS],
    seats: [OnceLock<(Stealer<Runnable>, Thread)>; WORKERS],
}

static SHARED: Shared = Shared {
    rest: Mutex::new(VecDeque::new()),
    resting_tasks: AtomicUsize::new(0),
    searching: AtomicUsize::new(0),
    parked: [const { AtomicBool::new(false) }; WORKERS],
    seats: [const { OnceLock::new() }; WORKERS],
};

/// What one thread knows.
struct Seat {
    index: usize,
    ring: Worker<Runnable>,
    slot: Cell<Option<Runnable>>,
    /// The caller of a `block_on` is at work only inside of it.
    works: Cell<bool>,
}

thread_local! {
    static SEAT: OnceCell<Seat> = const { OnceCell::new() };
}

fn schedule(runnable: Runnable) {
    SEAT.with(|seat| match seat.get().filter(|seat| seat.works.get()) {
        Some(seat) => seat.push(runnable),
        None => {
            SHARED.push(std::iter::once(runnable));
            // Before the look at who is parked; pairs with the fence of who parks.
            fence(Ordering::SeqCst);
        }
    });
    if SHARED.searching.load(Ordering::Relaxed) == 0 {
        SHARED.wake_one();
    }
}

impl Shared {
    fn push(&self, runnables: impl Iterator<Item = Runnable>) {
        let mut rest = self.rest.lock().expect("nobody panics");
        rest.extend(runnables);
        self.resting_tasks.store(rest.len(), Ordering::Relaxed);
    }

    fn wake_one(&self) {
        for index in 0..WORKERS {
            if self.parked[index].load(Ordering::Relaxed) {
                return self.unpark(index);
            }
        }
    }

    fn unpark(&self, index: usize) {
        if self.parked[index].swap(false, Ordering::AcqRel) {
            self.seats[index].get().expect("who parks is seated").1.unpark();
        }
    }
}

impl Seat {
    /// Seats this thread, and lets it run `work` there.
    fn with<R>(index: usize, work: impl FnOnce(&Self) -> R) -> R {
        SEAT.with(|seat| {
            let seat = seat.get_or_init(|| {
                let ring = Worker::new(RING);
                let mine = SHARED.seats[index].set((ring.stealer(), thread::current()));
                assert!(mine.is_ok(), "each seat has one thread");
                Self { index, ring, slot: Cell::new(None), works: Cell::new(false) }
            });
            seat.works.set(true);
            let result = work(seat);
            seat.works.set(false);
            result
        })
    }

    fn push(&self, runnable: Runnable) {
        let Some(older) = self.slot.replace(Some(runnable)) else { return };
        if let Err(older) = self.ring.push(older) {
            SHARED.push((0..RING / 2).map_while(|_| self.ring.pop()).chain(std::iter::once(older)));
        }
    }

    fn next(&self) -> Option<Runnable> {
        self.slot.take().or_else(|| self.ring.pop()).or_else(|| self.take_from_rest())
    }

    /// One, and more for the ring.
    fn take_from_rest(&self) -> Option<Runnable> {
        if SHARED.resting_tasks.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let mut rest = SHARED.rest.lock().expect("nobody panics");
        let first = rest.pop_front();
        let share = (rest.len() / WORKERS).min(RING / 2).min(self.ring.spare_capacity());
        rest.drain(..share).for_each(|runnable| self.ring.push(runnable).expect("there is room"));
        SHARED.resting_tasks.store(rest.len(), Ordering::Relaxed);
        first
    }

    fn search(&self) -> Option<Runnable> {
        let other = SHARED.seats[1 - self.index].get();
        (0..LOOKS).find_map(|_| {
            let stolen = other.and_then(|(ring, _)| ring.steal_and_pop(&self.ring, |queued| queued.div_ceil(2)).ok());
            let found = stolen.map(|(runnable, _)| runnable).or_else(|| self.take_from_rest());
            if found.is_none() {
                (0..PAUSES).for_each(|_| spin_loop());
            }
            found
        })
    }

    /// Runs tasks until `is_over`, which it asks between any two.
    fn work(&self, is_over: impl Fn() -> bool) {
        while !is_over() {
            let runnable = self.next().or_else(|| {
                SHARED.searching.fetch_add(1, Ordering::SeqCst);
                let found = self.search();
                SHARED.searching.fetch_sub(1, Ordering::SeqCst);
                found
            });
            match runnable {
                Some(runnable) => _ = runnable.run(),
                None => self.park(&is_over),
            }
        }
    }

    fn park(&self, is_over: &impl Fn() -> bool) {
        let parked = &SHARED.parked[self.index];
        parked.store(true, Ordering::SeqCst);
        // Before the last look; pairs with the fence of who schedules.
        fence(Ordering::SeqCst);
        if SHARED.resting_tasks.load(Ordering::SeqCst) != 0 || is_over() {
            parked.store(false, Ordering::Relaxed);
        }
        while parked.load(Ordering::Acquire) {
            thread::park();
        }
    }
}

/// The two threads: the caller of `block_on`, and one more.
#[derive(Clone)]
pub struct FloorOfTwo;

/// Whether the future of a `block_on` is to be polled.
struct Root(AtomicBool);

impl Wake for Root {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
        SHARED.unpark(0);
    }
}

impl Pool for FloorOfTwo {
    type Task<T: Send + 'static> = Task<T>;

    fn spawn<F>(&self, future: F) -> Task<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (runnable, task) = async_task::spawn(future, schedule);
        runnable.schedule();
        task
    }

    fn spawn_detached(&self, future: impl Future<Output = ()> + Send + 'static) {
        self.spawn(future).detach();
    }

    fn block_on_task<F>(&self, future: F) -> F::Output
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        static OTHER: Once = Once::new();
        OTHER.call_once(|| _ = thread::spawn(|| Seat::with(1, |seat| seat.work(|| false))));
        Seat::with(0, |seat| {
            let mut task = self.spawn(future);
            let root = Arc::new(Root(AtomicBool::new(true)));
            let waker = Waker::from(Arc::clone(&root));
            loop {
                if root.0.swap(false, Ordering::SeqCst) {
                    if let Poll::Ready(output) = Pin::new(&mut task).poll(&mut Context::from_waker(&waker)) {
                        return output;
                    }
                }
                seat.work(|| root.0.load(Ordering::SeqCst));
            }
        })
    }
}
