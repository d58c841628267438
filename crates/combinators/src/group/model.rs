//! A group under loom: a child that comes in, or panics, against the group's end.

use super::{TaskGroup, task_group};
use core::future::pending;
use core::pin::{Pin, pin};
use core::task::{Context, Waker};
use futures_util::task::{FutureObj, Spawn, SpawnError};
use motet_cancel::scope;
use motet_prim::atomic::{AtomicBool, Ordering};
use motet_prim::lock::Mutex;
use motet_prim::park::block_on;
use motet_prim::{model, thread};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;

/// Polls a child once, and drops it.
struct Once;

impl Spawn for Once {
    fn spawn_obj(&self, mut child: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        let _pending_or_ready = Pin::new(&mut child).poll(&mut Context::from_waker(Waker::noop()));
        Ok(())
    }
}

/// Spawns into the group while that ends, and awaits the child: if it were lost, nobody would ever resolve it, which loom reports.
fn spawn_late(group: &TaskGroup<&'static str>, held: Arc<()>) {
    let child = group.spawn(async move {
        drop(held);
        Ok(7)
    });
    if let Ok(value) = block_on(child) {
        assert_eq!(value, 7);
    }
    block_on(group.drained());
}

#[test]
fn a_child_that_comes_as_the_group_finishes_runs_or_is_refused() {
    model(|| {
        let (mut late, held) = (None, Arc::new(()));
        let group = task_group(&Once, |group| {
            let held = held.clone();
            late = Some(thread::spawn(move || spawn_late(&group, held)));
            async { Ok(()) }
        });
        assert_eq!(block_on(group), Ok(()));
        late.take().unwrap().join().unwrap();
        assert_eq!(Arc::strong_count(&held), 1, "the child is gone");
    });
}

#[test]
fn a_child_that_comes_as_the_group_is_dropped_is_refused_or_dropped() {
    model(|| {
        let (mut late, held) = (None, Arc::new(()));
        {
            let mut group = pin!(task_group(&Once, |group| {
                let held = held.clone();
                late = Some(thread::spawn(move || spawn_late(&group, held)));
                pending::<Result<(), _>>()
            }));
            assert!(group.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        late.take().unwrap().join().unwrap();
        assert_eq!(Arc::strong_count(&held), 1, "the child is gone");
    });
}

/// Keeps the one child that it is given.
struct Keep(Mutex<Option<FutureObj<'static, ()>>>);

impl Spawn for Keep {
    fn spawn_obj(&self, child: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        *self.0.lock() = Some(child);
        Ok(())
    }
}

/// Whether a future panics on its way.
fn panics(future: impl Future) -> bool {
    catch_unwind(AssertUnwindSafe(|| drop(block_on(future)))).is_err()
}

#[test]
fn a_childs_panic_as_the_group_is_dropped_is_heard_by_the_heir_or_by_the_childs_task() {
    model(|| {
        let (keep, ran) = (Keep(Mutex::new(None)), Arc::new(AtomicBool::new(false)));
        let inside = ran.clone();
        let group = task_group(&keep, |group| {
            drop(group.spawn::<(), _>(async move {
                // Relaxed: read after the thread was joined.
                inside.store(true, Ordering::Relaxed);
                resume_unwind(Box::new("kept"))
            }));
            pending::<Result<(), ()>>()
        });
        let (work, handle) = scope(group);
        let mut work = pin!(work);
        assert!(work.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let child = keep.0.lock().take().unwrap();
        let child = thread::spawn(move || panics(child));
        handle.cancel("stop");
        let heard = [panics(work), child.join().unwrap()];
        let heard = heard.into_iter().filter(|heard| *heard).count();
        assert_eq!(heard, usize::from(ran.load(Ordering::Relaxed)));
    });
}
