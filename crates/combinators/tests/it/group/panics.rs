//! Panics in a group that is dropped: by a cancel of its parent, by a limit, or with nobody around.

use super::{Bench, ByHand, Failure};
use crate::support::{Unheard, gate};
use futures::channel::oneshot;
use motet_cancel::{guard, scope};
use motet_combinators::{deadline, task_group};
use motet_test::Stepped;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Waker};

/// What a panic said that comes out of `run`.
fn panic_of<T>(run: impl FnOnce() -> T) -> &'static str {
    let panic = catch_unwind(AssertUnwindSafe(run)).err().expect("a panic");
    *panic.downcast().expect("a text")
}

/// A group whose first child has panicked, while the second one's exit waits for the gate; or whose body has.
async fn panicking(tasks: ByHand, exit: oneshot::Receiver<()>, in_body: bool) {
    let group = task_group(&tasks, |group| async move {
        drop(group.spawn(async move {
            let _guard = guard(exit, async |exit, _| exit.await.unwrap());
            pending::<Result<(), Failure>>().await
        }));
        if !in_body {
            drop(group.spawn(async { if true { panic!("kept") } else { Ok(()) } }));
        }
        crate::support::Yield::default().await;
        assert!(!in_body, "kept");
        pending::<Result<(), Failure>>().await
    });
    group.await.unwrap();
}

/// Polls the tasks that are there, and keeps those that have not ended.
fn step(tasks: &ByHand) {
    let mut all = std::mem::take(&mut *tasks.0.lock().unwrap());
    all.retain_mut(|task| Pin::new(task).poll(&mut Context::from_waker(Waker::noop())).is_pending());
    tasks.0.lock().unwrap().extend(all);
}

#[test]
fn a_panic_of_before_the_parents_cancel_goes_on_in_the_parent_once_the_children_have_ended() {
    // C54, C58
    for in_body in [false, true] {
        let tasks = ByHand::default();
        let (open, exit) = oneshot::channel();
        let (work, handle) = scope(panicking(tasks.clone(), exit, in_body));
        let mut work = Stepped::new(work);
        assert!(work.poll().is_pending());
        step(&tasks);
        assert!(work.poll().is_pending(), "the second child's exit is pending");
        step(&tasks);
        handle.cancel("stop");
        assert!(work.poll_until_stalled().is_pending(), "still");
        open.send(()).unwrap();
        step(&tasks);
        assert!(work.is_woken());
        assert_eq!(panic_of(|| work.poll_until_stalled()), "kept");
    }
}

#[test]
fn a_panic_of_before_a_limit_goes_on_in_the_limit_once_the_children_have_ended() {
    let tasks = ByHand::default();
    let (open, exit) = oneshot::channel();
    let (strike, limit) = gate::<()>();
    let mut work = Stepped::new(deadline(limit, panicking(tasks.clone(), exit, false)));
    assert!(work.poll().is_pending());
    step(&tasks);
    strike.send(()).unwrap();
    assert!(work.poll_until_stalled().is_pending(), "the second child's exit is pending");
    open.send(()).unwrap();
    step(&tasks);
    assert_eq!(panic_of(|| work.poll_until_stalled()), "kept");
}

#[test]
fn a_panic_that_is_kept_when_nobody_is_around_goes_to_the_hook() {
    let _listening = Unheard::listen();
    let tasks = ByHand::default();
    let mut group = Stepped::new(task_group(&tasks, |group| async move {
        drop(group.spawn(async { if true { panic!("kept, and nobody is around") } else { Ok(()) } }));
        pending::<Result<(), Failure>>().await
    }));
    assert!(group.poll().is_pending());
    step(&tasks);
    drop(group);
    assert!(Unheard::panics().contains(&"kept, and nobody is around".to_owned()));
}

#[test]
fn a_panic_of_an_exit_wins_over_the_cancellation_of_the_parent() {
    // C55
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let (work, handle) = scope(task_group(&spawner, |group| async move {
        drop(group.spawn(async {
            let _guard = guard((), async |(), _| panic!("exit panicked"));
            pending::<Result<(), Failure>>().await
        }));
        pending::<Result<(), Failure>>().await
    }));
    let mut work = Stepped::new(work);
    assert!(bench.settle(&mut work).is_pending());
    handle.cancel("stop");
    assert!(work.poll_until_stalled().is_pending(), "it waits for its child");
    bench.pool.run_until_stalled();
    assert_eq!(panic_of(|| bench.settle(&mut work)), "exit panicked");
}

#[test]
fn a_panic_of_an_exit_goes_on_in_the_childs_task_if_nobody_waits_for_the_children() {
    let mut bench = Bench::new();
    let spawner = bench.spawner.clone();
    let mut group = Stepped::new(task_group(&spawner, |group| async move {
        drop(group.spawn(async {
            let _guard = guard((), async |(), _| panic!("exit panicked"));
            pending::<Result<(), Failure>>().await
        }));
        pending::<Result<(), Failure>>().await
    }));
    assert!(bench.settle(&mut group).is_pending());
    drop(group);
    assert_eq!(panic_of(|| bench.pool.run_until_stalled()), "exit panicked");
}

#[test]
fn a_panic_in_the_drop_of_a_child_that_never_started_goes_to_the_hook_if_nobody_is_around() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("never started, and dropped");
        }
    }
    let _listening = Unheard::listen();
    let tasks = ByHand::default();
    let mut group = Stepped::new(task_group(&tasks, |group| async move {
        let bomb = Bomb;
        drop(group.spawn(async move {
            let _bomb = bomb;
            Ok::<_, Failure>(())
        }));
        pending::<Result<(), Failure>>().await
    }));
    assert!(group.poll().is_pending());
    tasks.0.lock().unwrap().clear();
    assert!(Unheard::panics().contains(&"never started, and dropped".to_owned()));
}
