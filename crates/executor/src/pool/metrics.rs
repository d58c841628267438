//! What an executor has done so far.

use motet_prim::CachePadded;
use motet_prim::atomic::{AtomicU64, Ordering};

/// Counts since an executor was built, from [`Executor::metrics`](crate::Executor::metrics).
///
/// Each is read by itself while the workers go on, so that sums may be off by what happens meanwhile.
///
/// ```
/// use motet_executor::Executor;
///
/// let executor = Executor::builder().threads(1).build()?;
/// executor.block_on(async { executor.spawn(async {}).await.unwrap() });
/// let metrics = executor.metrics();
/// assert_eq!(metrics.workers.len(), 1);
/// assert_eq!(metrics.polls(), 1);
/// assert_eq!(metrics.live_tasks, 0);
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Metrics {
    /// One for each worker; the first is the seat of `block_on`'s callers.
    pub workers: Vec<WorkerMetrics>,
    /// How often a task was put into the queue that all workers share: from a thread that is no worker, because a worker's own queue was full, or
    /// by a worker that gave its queue up, for a call that blocks or to leave its seat.
    pub injected: u64,
    /// Tasks that live at this moment, on blocking threads too.
    pub live_tasks: usize,
}

impl Metrics {
    /// Polls of tasks that were queued, by all workers; without first polls of eager tasks, and without those on blocking threads.
    #[must_use]
    pub fn polls(&self) -> u64 {
        self.workers.iter().map(|worker| worker.polls).sum()
    }

    /// Successful thefts, by all workers.
    #[must_use]
    pub fn steals(&self) -> u64 {
        self.workers.iter().map(|worker| worker.steals).sum()
    }

    /// How often workers lay down, if only to find at the last look that there is something to do.
    #[must_use]
    pub fn parks(&self) -> u64 {
        self.workers.iter().map(|worker| worker.parks).sum()
    }
}

/// What one worker has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct WorkerMetrics {
    /// Polls of tasks that it took from a queue.
    pub polls: u64,
    /// How often it took tasks from another worker.
    pub steals: u64,
    /// How often it lay down: to sleep, unless there was something to do by then.
    pub parks: u64,
}

/// A worker's counters: written by it alone, so that a count costs a load and a store.
pub(super) struct Tally(CachePadded<[AtomicU64; 3]>);

/// What a worker counts.
#[derive(Clone, Copy)]
pub(super) enum Event {
    Poll,
    Steal,
    Park,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self(CachePadded::new([AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0)]))
    }

    /// Counts one; to be called by the worker in this seat only.
    pub(super) fn count(&self, event: Event) {
        let counter = &self.0[event as usize];
        counter.store(counter.load(Ordering::Relaxed).wrapping_add(1), Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> WorkerMetrics {
        let [polls, steals, parks] = [Event::Poll, Event::Steal, Event::Park].map(|event| self.get(event));
        WorkerMetrics { polls, steals, parks }
    }

    pub(super) fn get(&self, event: Event) -> u64 {
        self.0[event as usize].load(Ordering::Relaxed)
    }
}
