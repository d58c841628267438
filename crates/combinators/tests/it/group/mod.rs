//! `task_group`: rows C52 to C63, on executors that a test steps by hand.

mod cancel;
mod ends;
mod failure;
mod panics;

use crate::support::gate;
use futures::executor::{LocalPool, LocalSpawner};
use futures::task::{FutureObj, Spawn, SpawnError};
use motet_combinators::{Closed, TaskGroup, task_group};
use motet_test::{Stepped, assert_send, assert_sync};
use std::future::pending;
use std::sync::{Arc, Mutex, mpsc};
use std::task::Poll;

assert_send!(TaskGroup<std::cell::Cell<u8>>, motet_combinators::GroupTask<u8>);
assert_sync!(TaskGroup<std::cell::Cell<u8>>);

type Failure = &'static str;

/// A group on a pool, both stepped by hand.
struct Bench {
    pool: LocalPool,
    spawner: LocalSpawner,
}

impl Bench {
    fn new() -> Self {
        let pool = LocalPool::new();
        let spawner = pool.spawner();
        Self { pool, spawner }
    }

    /// Steps the group and its children until nothing moves any more.
    fn settle<F: Future>(&mut self, group: &mut Stepped<F>) -> Poll<F::Output> {
        loop {
            if let Poll::Ready(output) = group.poll_until_stalled() {
                return Poll::Ready(output);
            }
            self.pool.run_until_stalled();
            if !group.is_woken() {
                return Poll::Pending;
            }
        }
    }
}

/// An executor whose tasks the test polls.
#[derive(Clone, Default)]
struct ByHand(Arc<Mutex<Vec<FutureObj<'static, ()>>>>);

impl Spawn for ByHand {
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.0.lock().unwrap().push(future);
        Ok(())
    }
}

/// An executor that is shut down.
struct Nowhere;

impl Spawn for Nowhere {
    fn spawn_obj(&self, _: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        Err(SpawnError::shutdown())
    }
}

#[test]
fn a_group_ends_after_its_children() {
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let (open, opened) = gate();
    let mut group = Stepped::new(task_group(&spawner, |group| async move {
        drop(group.spawn(async move {
            opened.await;
            Ok::<_, Failure>(())
        }));
        Ok("body")
    }));
    assert!(bench.settle(&mut group).is_pending());
    open.send(()).unwrap();
    assert_eq!(bench.settle(&mut group), Poll::Ready(Ok("body")));
}

#[test]
fn the_body_may_await_its_children() {
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let mut group = Stepped::new(task_group(&spawner, |group| async move {
        let (one, two) = (group.spawn(async { Ok::<_, Failure>(1) }), group.spawn(async { Ok(2) }));
        Ok(one.await.unwrap() + two.await.unwrap())
    }));
    assert_eq!(bench.settle(&mut group), Poll::Ready(Ok(3)));
}

#[test]
fn spawning_into_an_ending_or_finished_group_drops_the_future_unpolled() {
    // C59
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let (keep, kept) = mpsc::channel();
    let mut group = Stepped::new(task_group(&spawner, |group| {
        keep.send(group.clone()).unwrap();
        async move {
            group.cancel();
            let late = group.spawn(async { if true { unreachable!("polled") } else { Ok(()) } });
            Ok::<_, Failure>(late.await)
        }
    }));
    assert_eq!(bench.settle(&mut group), Poll::Ready(Ok(Err(Closed))));
    let late = kept.recv().unwrap().spawn(async { if true { unreachable!("polled") } else { Ok(()) } });
    assert_eq!(Stepped::new(late).poll(), Poll::Ready(Err(Closed)));
}

#[test]
fn children_may_spawn_into_their_group() {
    // C60
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let (sent, seen) = mpsc::channel();
    fn spawn(group: TaskGroup<Failure>, n: u32, sent: mpsc::Sender<u32>) {
        let inside = group.clone();
        drop(group.spawn(async move {
            sent.send(n).unwrap();
            if n > 0 {
                spawn(inside, n - 1, sent);
            }
            Ok(())
        }));
    }
    let mut group = Stepped::new(task_group(&spawner, |group| async move {
        spawn(group, 5, sent);
        Ok(())
    }));
    assert_eq!(bench.settle(&mut group), Poll::Ready(Ok(())));
    assert_eq!(seen.iter().collect::<Vec<_>>(), [5, 4, 3, 2, 1, 0]);
}

#[test]
fn drained_waits_for_the_last_child() {
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let (open, opened) = gate();
    let (keep, kept) = mpsc::channel();
    let mut group = Stepped::new(task_group(&spawner, |group| {
        keep.send(group.clone()).unwrap();
        drop(group.spawn(async move {
            opened.await;
            Ok(())
        }));
        pending::<Result<(), Failure>>()
    }));
    assert!(bench.settle(&mut group).is_pending());
    let kept = kept.recv().unwrap();
    let (mut one, mut two) = (Stepped::new(kept.drained()), Stepped::new(kept.drained()));
    assert!(one.poll().is_pending());
    assert!(two.poll().is_pending());
    drop(one);
    open.send(()).unwrap();
    bench.pool.run_until_stalled();
    assert!(two.is_woken());
    assert!(two.poll().is_ready());
    assert!(Stepped::new(kept.drained()).poll().is_ready());
}

#[test]
fn a_finished_child_leaves_the_group_at_once() {
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let (keep, kept) = mpsc::channel();
    let mut group = Stepped::new(task_group(&spawner, |group| {
        keep.send(group.clone()).unwrap();
        for _ in 0..10 {
            drop(group.spawn(async { Ok(()) }));
        }
        pending::<Result<(), Failure>>()
    }));
    assert!(group.poll().is_pending());
    let kept = kept.recv().unwrap();
    assert_eq!(kept.len(), 10);
    bench.pool.run_until_stalled();
    assert_eq!(kept.len(), 0);
}

#[test]
fn an_executor_that_is_shut_down_drops_the_child() {
    let mut group =
        Stepped::new(task_group(&Nowhere, |group| async move { Ok::<_, Failure>(group.spawn(async { Ok(1) }).await) }));
    assert_eq!(group.poll_until_stalled(), Poll::Ready(Ok(Err(Closed))));
}
