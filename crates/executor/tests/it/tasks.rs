//! What a spawn gives back: awaiting, cancelling, dropping, detaching.

use futures::channel::oneshot;
use futures::executor::block_on as plainly;
use motet_cancel::{Outcome, guard, scope};
use motet_executor::{
    Executor, FlatTask, LocalExecutor, Reason, Task, TaskError, TaskHandle, TaskState, WeakExecutor, block_on,
    current_task, spawn, yield_now,
};
use motet_test::{Stepped, assert_not_send, assert_send, assert_sync, assert_unpin};
use std::future::pending;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::rc::Rc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::task::Poll;

assert_send!(Executor, Task<u8>, TaskHandle, TaskError);
assert_sync!(Executor, Task<u8>, TaskHandle, TaskError);
/// Futures of ours that must be able to move between threads.
fn _a_shutdown_is_send(executor: &Executor) -> impl Send + '_ {
    executor.shutdown(pending())
}

assert_unpin!(Executor, Task<std::marker::PhantomPinned>, TaskHandle);
assert_not_send!(Task<Rc<u8>>, LocalExecutor<'static>);

/// A panic leaves none of them half-changed.
const _: () = {
    const fn survive_unwinding<T: UnwindSafe + RefUnwindSafe>() {}
    survive_unwinding::<Executor>();
    survive_unwinding::<WeakExecutor>();
    survive_unwinding::<LocalExecutor<'static>>();
    survive_unwinding::<Task<&mut u8>>();
    survive_unwinding::<FlatTask<&mut u8, &mut u8>>();
    survive_unwinding::<TaskHandle>();
};

/// An executor of one thread, stepped by `block_on`.
pub(crate) fn one_thread() -> Executor {
    Executor::builder().threads(1).build().expect("nothing is started")
}

/// A body that never ends, whose guard tells how it ended after `awaits` awaits of its exit.
pub(crate) async fn guarded(told: Sender<Outcome>, awaits: usize) {
    let _guard = guard(told, move |told: Sender<Outcome>, outcome| async move {
        for _ in 0..awaits {
            yield_now().await;
        }
        told.send(outcome).expect("the test listens");
    });
    pending::<()>().await;
}

fn cancelled<T: std::fmt::Debug>(result: Result<T, TaskError>) -> Reason {
    match result {
        Err(TaskError::Cancelled(reason)) => reason,
        other => panic!("expected a cancelled task, not {other:?}"),
    }
}

#[test]
fn a_task_gives_its_result() {
    let executor = one_thread();
    let task = executor.spawn(async { "result" });
    assert!(!task.is_finished());
    assert_eq!(executor.block_on(task).unwrap(), "result");
}

#[test]
fn a_cancelled_task_completes_after_its_cleanup() {
    let executor = one_thread();
    let (told, outcome) = mpsc::channel();
    let task = executor.spawn(guarded(told, 3));
    executor.block_on(async {
        yield_now().await;
        assert!(task.cancel_with("enough"));
        assert_eq!(cancelled(task.await), "enough");
        assert_eq!(outcome.try_recv(), Ok(Outcome::Cancelled("enough".into())), "the exit ran first");
    });
}

#[test]
fn cancelling_a_finished_task_returns_false() {
    let executor = one_thread();
    let task = executor.spawn(async {});
    let handle = task.handle();
    executor.block_on(task).unwrap();
    assert!(handle.is_finished());
    assert!(!handle.cancel());
    assert_eq!(handle.info().state, TaskState::Finished);
}

#[test]
fn a_task_cancelled_before_its_first_poll_never_runs() {
    let executor = one_thread();
    let (sender, receiver) = mpsc::channel();
    let task = executor.spawn(async move { sender.send(()) });
    assert!(task.cancel());
    assert!(cancelled(executor.block_on(task)).is_none());
    assert_eq!(receiver.try_recv(), Err(mpsc::TryRecvError::Disconnected), "what it captured is dropped");
}

#[test]
fn a_task_that_completes_in_the_poll_in_which_it_is_cancelled_has_completed() {
    let executor = one_thread();
    let (sender, receiver) = oneshot::channel::<TaskHandle>();
    let task = executor.spawn(async move {
        let handle = receiver.await.unwrap();
        assert!(handle.cancel());
        7
    });
    assert!(sender.send(task.handle()).is_ok());
    assert_eq!(executor.block_on(task).unwrap(), 7);
}

#[test]
fn uncancel_before_the_poll_that_reads_it_takes_the_cancel_back() {
    let executor = one_thread();
    let task = executor.spawn(async { 7 });
    assert!(task.cancel() && task.cancel());
    assert_eq!(task.cancelling(), 2);
    assert_eq!([task.uncancel(), task.uncancel()], [Ok(1), Ok(0)]);
    assert_eq!(executor.block_on(task).unwrap(), 7);

    let (told, _outcome) = mpsc::channel();
    let task = executor.spawn(guarded(told, 1000));
    executor.block_on(async {
        yield_now().await;
        task.cancel();
        yield_now().await;
        yield_now().await;
        assert!(task.uncancel().is_err(), "its body is gone");
        assert_eq!(task.info().state, TaskState::Cancelling);
    });
}

#[test]
fn an_eager_task_that_completes_at_once_cannot_be_cancelled() {
    let executor = one_thread();
    let task = executor.task().eager().spawn(async { 7 });
    assert!(task.is_finished());
    assert!(!task.cancel());
    assert_eq!(plainly(task).unwrap(), 7, "nobody needs to run it");
}

#[test]
fn an_eager_task_goes_on_in_the_queue() {
    let executor = one_thread();
    let (sender, receiver) = oneshot::channel();
    let task = executor.task().eager().name("late").spawn(receiver);
    assert_eq!(executor.tasks()[0].state, TaskState::Waiting);
    assert!(sender.send(7).is_ok());
    assert_eq!(executor.block_on(task).unwrap(), Ok(7));
}

#[test]
fn dropping_a_task_cancels_it() {
    let executor = one_thread();
    let (told, outcome) = mpsc::channel();
    let task = executor.spawn(guarded(told, 0));
    executor.block_on(yield_now());
    drop(task);
    executor.block_on(yield_now());
    executor.block_on(yield_now());
    assert_eq!(outcome.try_recv(), Ok(Outcome::Cancelled(Reason::none())));
    assert!(executor.tasks().is_empty());
}

#[test]
fn a_scope_ends_after_the_cleanup_of_a_task_dropped_in_it() {
    let executor = one_thread();
    let (told, outcome) = mpsc::channel();
    let task = executor.spawn(guarded(told, 5));
    executor.block_on(async {
        yield_now().await;
        let (work, _handle) = scope(async move { drop(task) });
        work.await.unwrap();
        assert!(outcome.try_recv().is_ok(), "the scope adopted the wait for the task's end");
    });
}

#[test]
fn block_on_returns_after_the_cleanup_of_a_task_dropped_in_it() {
    let executor = Executor::builder().threads(2).build().unwrap();
    let (told, outcome) = mpsc::channel();
    executor.block_on(async {
        let task = spawn(guarded(told, 5));
        let mut task = Stepped::new(task);
        while task.poll().is_pending() && executor.metrics().polls() == 0 {
            yield_now().await;
        }
    });
    assert!(outcome.try_recv().is_ok());
}

#[test]
fn a_detached_task_runs_on() {
    let executor = one_thread();
    let (sender, receiver) = oneshot::channel();
    executor.spawn(async move { sender.send(7) }).detach();
    assert_eq!(executor.block_on(receiver), Ok(7));
}

#[test]
fn detaching_a_finished_task_drops_its_result() {
    let executor = one_thread();
    let result = std::sync::Arc::new(());
    let inside = result.clone();
    let task = executor.task().eager().spawn(async { inside });
    assert_eq!(std::sync::Arc::strong_count(&result), 2);
    task.detach();
    assert_eq!(std::sync::Arc::strong_count(&result), 1);
}

#[test]
fn a_task_that_drops_its_own_task_does_not_wait_for_itself() {
    let executor = one_thread();
    let (sender, receiver) = oneshot::channel::<Task<()>>();
    let (told, outcome) = mpsc::channel();
    let task = executor.spawn(async move {
        drop(receiver.await);
        guarded(told, 0).await;
    });
    let handle = task.handle();
    assert!(sender.send(task).is_ok());
    executor.block_on(async {
        while !handle.is_finished() {
            yield_now().await;
        }
    });
    assert_eq!(outcome.try_recv(), Ok(Outcome::Cancelled(Reason::none())));
}

#[test]
fn a_task_wakes_whoever_awaits_it_once() {
    let executor = one_thread();
    let task = executor.spawn(async { 7 });
    let mut task = Stepped::new(task);
    assert!(task.poll().is_pending());
    executor.block_on(yield_now());
    assert_eq!(task.wakes(), 1);
    assert!(matches!(task.poll(), Poll::Ready(Ok(7))));
}

#[test]
fn a_flat_task_has_one_error() {
    #[derive(Debug, PartialEq)]
    enum Failure {
        Own,
        Cancelled,
    }
    impl From<TaskError> for Failure {
        fn from(_: TaskError) -> Self {
            Self::Cancelled
        }
    }
    let executor = one_thread();
    let fine = executor.spawn(async { Ok::<_, Failure>(7) }).flat();
    assert_eq!(executor.block_on(fine), Ok(7));
    let failed = executor.spawn(async { Err::<(), _>(Failure::Own) }).flat();
    assert_eq!(executor.block_on(failed), Err(Failure::Own));
    let stuck = executor.spawn(pending::<Result<(), Failure>>()).flat();
    stuck.handle().cancel();
    assert_eq!(executor.block_on(stuck), Err(Failure::Cancelled));
}

#[test]
fn tasks_are_listed_with_name_and_place_until_they_end() {
    let executor = one_thread();
    let named = executor.task().name("reader").spawn(pending::<()>());
    let plain = executor.spawn(pending::<()>());
    let line = line!() - 1;
    let mut tasks = executor.tasks();
    tasks.sort_by_key(|task| task.location.line());
    assert_eq!(tasks.iter().map(|task| task.id).collect::<Vec<_>>(), [named.id(), plain.id()]);
    assert_eq!(tasks[0].name.as_deref(), Some("reader"));
    assert_eq!((tasks[1].location.file(), tasks[1].location.line()), (file!(), line));
    assert_eq!(executor.metrics().live_tasks, 2);
    assert!(named.cancel() && plain.cancel());
    assert!(executor.block_on(async { (named.await, plain.await) }).0.is_err());
    assert!(executor.tasks().is_empty());
    assert_eq!(executor.metrics().live_tasks, 0);
}

#[test]
fn a_task_knows_itself_wherever_it_is_polled() {
    let this = || current_task().map(|task| task.id());
    let executor = one_thread();
    assert_eq!(executor.block_on(async { this() }), None, "a root is no task");
    let tasks = [
        executor.spawn(async move { (this(), block_on(async { this() })) }),
        executor.task().eager().spawn(async move { (this(), this()) }),
        executor.spawn_blocking(move || (this(), this())),
        executor.spawn(async move {
            let local = LocalExecutor::new();
            let inner = local.spawn(async move { this() });
            let id = inner.id();
            assert_eq!(local.block_on(inner).unwrap(), Some(id));
            (this(), this())
        }),
    ];
    for task in tasks {
        let id = task.id();
        assert_eq!(executor.block_on(task).unwrap(), (Some(id), Some(id)));
    }
}

#[test]
fn a_handle_of_the_task_itself_outlives_it() {
    let executor = one_thread();
    let task = executor.task().eager().spawn(async { current_task() });
    let id = task.id();
    let handle = executor.block_on(task).unwrap().unwrap();
    drop(executor);
    assert!(handle.is_finished() && !handle.cancel());
    assert_eq!(handle.id(), id);
}

#[test]
fn a_grace_lets_the_task_end_by_itself_until_its_limit() {
    let executor = one_thread();
    let (limit, expired) = oneshot::channel::<()>();
    let task = executor.spawn(pending::<()>());
    executor.block_on(async {
        yield_now().await;
        assert!(task.cancel_with_grace("closing", async move {
            let _ = expired.await;
        }));
        yield_now().await;
        yield_now().await;
        assert!(!task.is_finished());
        drop(limit);
        assert_eq!(cancelled(task.await), "closing");
    });
}

#[test]
fn a_result_that_borrows_nothing_but_is_not_debug_still_travels() {
    struct Opaque(Receiver<u8>);
    let executor = one_thread();
    let (sender, receiver) = mpsc::channel();
    let task = executor.spawn(async move { Opaque(receiver) });
    sender.send(1).unwrap();
    let Ok(Opaque(receiver)) = executor.block_on(task) else { panic!("it completed") };
    assert_eq!(receiver.recv(), Ok(1));
}

#[test]
fn large_futures_and_results_pass_through() {
    let executor = one_thread();
    let task = executor.spawn(async {
        let large = [7u8; 10_000];
        yield_now().await;
        large
    });
    assert!(executor.block_on(task).unwrap().iter().all(|&byte| byte == 7));
}
