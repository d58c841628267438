//! A group under loom: a child that comes in against the group's end.

use super::{TaskGroup, task_group};
use core::future::pending;
use core::pin::{Pin, pin};
use core::task::{Context, Waker};
use futures_util::task::{FutureObj, Spawn, SpawnError};
use motet_prim::park::block_on;
use motet_prim::{model, thread};
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
