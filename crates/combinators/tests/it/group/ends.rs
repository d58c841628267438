//! Children that come in, and handles that wait, as the group ends.

use super::{ByHand, Failure};
use crate::support::grumpy;
use futures::executor::block_on;
use futures::task::{FutureObj, Spawn, SpawnError};
use motet_combinators::{Closed, GroupError, TaskGroup, task_group};
use motet_test::Stepped;
use std::hint::spin_loop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::thread;

/// How often a spawn races with an end.
const RACES: u64 = 6_000;

/// Polls a child once, and drops it.
struct Once;

impl Spawn for Once {
    fn spawn_obj(&self, mut child: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        let _pending_or_ready = Pin::new(&mut child).poll(&mut Context::from_waker(Waker::noop()));
        Ok(())
    }
}

/// Keeps the processor busy for that many turns.
fn spin(turns: u64) {
    (0..turns).for_each(|_| spin_loop());
}

#[test]
fn a_child_that_is_spawned_from_another_thread_as_the_group_ends_always_resolves() {
    // C59
    let (give, given) = mpsc::channel::<(TaskGroup<Failure>, u64)>();
    let (give_back, given_back) = mpsc::channel();
    let other = thread::spawn(move || {
        for (group, turns) in given {
            spin(turns);
            let child = group.spawn(async { Ok(7) });
            give_back.send((group, child)).unwrap();
        }
    });
    let mut seed = 59_u64;
    let mut roll = move |sides| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % sides
    };
    for race in 0..RACES {
        let (ours, theirs) = (roll(300), roll(300));
        let group = task_group(&Once, |group| {
            let inside = group.clone();
            give.send((group, theirs)).unwrap();
            async move {
                spin(ours);
                match race % 4 {
                    0 => Ok(()),
                    1 => Err("no"),
                    2 => {
                        inside.cancel();
                        std::future::pending().await
                    }
                    _ => std::future::pending().await,
                }
            }
        });
        match race % 4 {
            0 => assert_eq!(block_on(group), Ok(())),
            1 => assert_eq!(block_on(group), Err(GroupError::Failed(vec!["no"]))),
            2 => assert_eq!(block_on(group), Err(GroupError::Cancelled)),
            _ => assert!(pin!(group).poll(&mut Context::from_waker(Waker::noop())).is_pending(), "it is dropped"),
        }
        let (group, child) = given_back.recv().unwrap();
        let Poll::Ready(ended) = Stepped::new(child).poll() else { panic!("race {race}: the child was lost") };
        assert!(matches!(ended, Ok(7) | Err(Closed)));
        assert!(group.is_closed() && group.is_empty(), "race {race}");
        assert!(Stepped::new(group.drained()).poll().is_ready(), "race {race}");
    }
    drop(give);
    other.join().unwrap();
}

#[test]
fn a_waker_that_panics_as_a_child_ends_or_is_dropped_disturbs_neither() {
    for finishes in [true, false] {
        let tasks = ByHand::default();
        let (keep, kept) = mpsc::channel();
        let mut group = Stepped::new(task_group(&tasks, |group| async move {
            keep.send(group.spawn(async { Ok(7) })).unwrap();
            Ok::<_, Failure>(())
        }));
        assert!(group.poll().is_pending());
        let (mut handle, mut child) = (kept.recv().unwrap(), tasks.0.lock().unwrap().pop().unwrap());
        assert!(Pin::new(&mut handle).poll(&mut Context::from_waker(&grumpy())).is_pending());
        let ends = catch_unwind(AssertUnwindSafe(|| {
            if finishes {
                assert!(Pin::new(&mut child).poll(&mut Context::from_waker(Waker::noop())).is_ready());
            }
            drop(child);
        }));
        assert!(ends.is_ok(), "the waker's panic is contained");
        let wanted = if finishes { Ok(7) } else { Err(Closed) };
        assert_eq!(Stepped::new(handle).poll(), Poll::Ready(wanted));
        assert_eq!(group.poll_until_stalled(), Poll::Ready(Ok(())));
    }
}
