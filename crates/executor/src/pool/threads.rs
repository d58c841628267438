//! The threads of the workers: each is a worker until the executor is over.

use super::contained::run_contained;
use super::shared::{Kit, Shared};
use super::worker::Worker;
use crate::ambient::{self, Ambient};
use crate::driver::Wheelhouse;
use crate::seam;
use crate::task::contain;
use motet_cancel::frame::EnteredReaper;
use motet_prim::atomic::Ordering;
use motet_prim::thread;
use std::any::Any;
use std::io;
use std::rc::Rc;
use std::sync::Arc;

/// Starts the thread of a worker.
pub(super) fn start(shared: &Arc<Shared>, index: usize, kit: Kit, name: String) -> io::Result<()> {
    #[cfg(all(test, not(motet_loom)))]
    super::refusal::may_start()?;
    shared.seated.fetch_add(1, Ordering::Relaxed);
    let on_thread = shared.clone();
    let started = thread::Builder::new().name(name).spawn(move || work(on_thread, index, kit));
    if started.is_err() {
        shared.seated.fetch_sub(1, Ordering::Relaxed);
    }
    started.map(drop)
}

/// A worker's life: it works until the executor is closed and its last task has ended.
pub(super) fn work(shared: Arc<Shared>, index: usize, kit: Kit) {
    let post = Post::enter(Worker::new(shared, index, kit));
    let worker = post.worker();
    worker.work_until(|| worker.shared().ledger.is_over());
    let (kit, shared) = post.leave();
    // Before the state: what a ring held would be dropped with it, and nothing is left.
    drop(kit);
    contain(|| drop(shared));
}

/// A thread that is a worker: its ambient executor, its reaper, and what the application wants on each worker.
pub(super) struct Post {
    worker: Rc<Worker>,
    /// In the order in which they are taken down.
    application: Option<Box<dyn Any>>,
    reaper: Option<EnteredReaper>,
    ambient: Option<ambient::Entered>,
    /// What this thread works for, as its tasks know it.
    mark: Option<ambient::Mark>,
}

impl Post {
    pub(super) fn enter(worker: Worker) -> Self {
        let worker = Rc::new(worker);
        let ambient = ambient::enter(Ambient::Worker(worker.clone()));
        let reaper = seam::reap_into(worker.shared());
        worker.shared().driver.iter().for_each(Wheelhouse::attend);
        let mut application = None;
        contain(|| application = worker.shared().enter.as_ref().map(|enter| enter()));
        Self { worker, application, reaper: Some(reaper), ambient: Some(ambient), mark: ambient::mark() }
    }

    /// Before tasks are polled: they spawn onto their executor, whatever spawner the root of a `block_on` entered and holds over an await.
    pub(super) fn return_to_tasks(&self) -> Option<ambient::Entered> {
        self.mark.and_then(ambient::return_to)
    }

    pub(super) fn worker(&self) -> &Worker {
        &self.worker
    }

    /// The thread is a worker no more: its queues go to the others.
    pub(super) fn leave(mut self) -> (Option<Kit>, Arc<Shared>) {
        contain(|| drop(self.application.take()));
        drop((self.reaper.take(), self.ambient.take()));
        let shared = self.worker.shared().clone();
        let worker = self.worker;
        worker.resign();
        let kit = Rc::into_inner(worker).map(Worker::into_kit);
        debug_assert!(kit.is_some(), "the ambient executor was the only other one that knew this worker");
        (kit, shared)
    }
}

impl Worker {
    /// Runs tasks, and sleeps where there is none, until `is_enough`, which is asked after each.
    pub(super) fn work_until(&self, is_enough: impl Fn() -> bool) {
        run_contained(|| {
            while !is_enough() {
                match self.next().or_else(|| self.search()) {
                    Some(runnable) => self.run(runnable),
                    None => self.sleep(),
                }
            }
        });
    }

    /// Gives up all that others may rely on: queues, search, driver, the count of seats.
    fn resign(&self) {
        let shared = self.shared();
        let rest = self.rest.take();
        if rest.searching {
            // The look that it may owe is the one below, with its fence.
            let _ = shared.sleepers.found().must_look();
        }
        self.end_watch();
        let has_drained = self.drain();
        self.stand_up();
        shared.driver.iter().for_each(Wheelhouse::leave);
        self.sweep_outside_at_last();
        shared.seated.fetch_sub(1, Ordering::Relaxed);
        // For the driver: whoever wakes lies down in it. For what was queued here or pushed while this worker searched.
        if self.must_hand_driver_on() || has_drained || shared.has_work() || shared.has_full_slot() {
            shared.wake_worker();
        }
        shared.tell_virtual_driver();
    }
}
