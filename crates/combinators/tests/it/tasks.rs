//! The combinators over tasks, and `shield`: rows C4 to C8, C27 to C34, C36 to C40, C64 to C68.

use crate::support::{Log, Unheard, Yield, gate};
use motet_cancel::{CancelHandle, Taken, checkpoint, frame, scope};
use motet_combinators::{Elapsed, FutureExt, cancel_after, gather, shield, timeout, try_gather, try_shield};
use motet_executor::{LocalExecutor, TaskError};
use motet_test::{End, Stepped, drop_at_every_await};
use motet_timer::Timers;
use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn, ready};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

/// Runs work together with the tasks of a local executor, stepped by hand.
fn stepped<F: Future>(tasks: &LocalExecutor<'static>, work: F) -> Stepped<impl Future<Output = F::Output>> {
    Stepped::new(tasks.run(work))
}

#[test]
fn a_cancelled_child_is_an_error_of_its_own_and_a_value_where_errors_are_collected() {
    // C4, C5
    let tasks = LocalExecutor::new();
    let children = || [tasks.spawn(pending::<i32>()), tasks.spawn(ready(1))];
    let all = children();
    all[0].handle().cancel();
    let Poll::Ready(results) = stepped(&tasks, gather(all)).poll_until_stalled() else { panic!("it stalled") };
    assert!(matches!(results[0], Err(TaskError::Cancelled(_))));
    assert!(matches!(results[1], Ok(1)));
    let all = children();
    all[0].handle().cancel();
    let failed = stepped(&tasks, try_gather(all)).poll_until_stalled();
    assert!(matches!(failed, Poll::Ready(Err(TaskError::Cancelled(_)))));
}

#[test]
fn cancelling_the_gather_cancels_every_child_and_keeps_the_reason() {
    // C6, C7
    let tasks = LocalExecutor::new();
    let log = Log::default();
    let children: Vec<_> = ["a", "b"].into_iter().map(|name| tasks.spawn(log.hang::<()>(name))).collect();
    let (work, handle) = scope(gather(children));
    let mut work = stepped(&tasks, work);
    assert!(work.poll_until_stalled().is_pending());
    handle.cancel("stop");
    let Poll::Ready(Err(cancelled)) = work.poll_until_stalled() else { panic!("not cancelled") };
    assert_eq!(cancelled.reason, "stop");
    assert!(log.has("a ends") && log.has("b ends"), "{:?}", log.lines());
}

#[test]
fn cancelling_after_all_children_finished_changes_nothing() {
    // C8
    let (work, handle) = scope(gather([ready(1), ready(2)]));
    let mut work = Stepped::new(work);
    assert_eq!(work.poll(), Poll::Ready(Ok(vec![1, 2])));
    assert!(!handle.cancel("too late"));
}

#[test]
fn a_finished_tasks_result_comes_back_in_spite_of_a_zero_limit() {
    // C27
    let tasks = LocalExecutor::new();
    let task = tasks.spawn(ready(7));
    assert!(stepped(&tasks, crate::support::Yield::default()).poll_until_stalled().is_ready());
    assert!(task.is_finished());
    let limited = stepped(&tasks, timeout(Duration::ZERO, task)).poll_until_stalled();
    assert!(matches!(limited, Poll::Ready(Ok(Ok(7)))));
}

#[test]
fn a_task_that_never_started_never_starts_after_a_zero_limit() {
    // C28
    let tasks = LocalExecutor::new();
    let started = Rc::new(Cell::new(false));
    let inside = started.clone();
    let limited = timeout(Duration::ZERO, tasks.spawn(async move { inside.set(true) }));
    assert!(matches!(stepped(&tasks, limited).poll_until_stalled(), Poll::Ready(Err(_))));
    assert!(!started.get());
}

#[test]
fn a_task_that_never_started_never_starts_under_tokio_either() {
    // C28: on one thread, where nothing starts by itself.
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let tasks = LocalExecutor::new();
        for _ in 0..10 {
            let started = Rc::new(Cell::new(false));
            let inside = started.clone();
            let limited = timeout(Duration::ZERO, tasks.spawn(async move { inside.set(true) }));
            assert!(tasks.run(limited).await.is_err());
            tokio::task::yield_now().await;
            assert!(!started.get());
        }
    });
}

#[test]
fn a_running_task_is_cancelled_and_awaited_before_elapsed() {
    // C29, C30
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let tasks = LocalExecutor::new();
    let log = Log::default();
    let mut limited = stepped(&tasks, timeout(Duration::from_secs(1), tasks.spawn(log.hang::<()>("task"))));
    assert!(limited.poll_until_stalled().is_pending());
    clock.advance(Duration::from_secs(1));
    assert!(matches!(limited.poll_until_stalled(), Poll::Ready(Err(_))));
    assert_eq!(log.lines(), ["task begins", "task ends"]);
}

#[test]
fn cancelling_the_waiter_cancels_the_task_and_hands_over_the_wait() {
    // C33
    let tasks = LocalExecutor::new();
    let log = Log::default();
    let (work, handle) = scope(timeout(Duration::MAX, tasks.spawn(log.hang::<()>("task"))));
    let mut work = stepped(&tasks, work);
    assert!(work.poll_until_stalled().is_pending());
    handle.cancel("stop");
    assert!(matches!(work.poll_until_stalled(), Poll::Ready(Err(cancelled)) if cancelled.reason == "stop"));
    assert!(log.has("task ends"));
}

#[test]
fn a_cancel_in_the_tick_in_which_the_task_finishes_is_not_swallowed() {
    // C34
    let tasks = LocalExecutor::new();
    let (open, opened) = gate();
    let (work, handle) = scope(timeout(Duration::MAX, tasks.spawn(opened)));
    let mut work = stepped(&tasks, work);
    assert!(work.poll_until_stalled().is_pending());
    open.send(7).unwrap();
    handle.cancel("stop");
    assert!(matches!(work.poll_until_stalled(), Poll::Ready(Err(cancelled)) if cancelled.reason == "stop"));
}

#[test]
fn a_value_that_comes_in_spite_of_the_cancel_is_returned() {
    // C31
    let tasks = LocalExecutor::new();
    let task = tasks.spawn(async {
        checkpoint().await;
        Yield::default().await;
        7
    });
    let ended = cancel_after(Duration::ZERO, task).grace(Duration::MAX);
    assert!(matches!(stepped(&tasks, ended).poll_until_stalled(), Poll::Ready(Ok(Ok(7)))));
}

#[test]
fn an_error_of_the_grace_period_is_returned() {
    // C32
    let tasks = LocalExecutor::new();
    let task = tasks.spawn(async {
        checkpoint().await;
        Err::<(), _>("failed on its way out")
    });
    let ended = cancel_after(Duration::ZERO, task).grace(Duration::MAX);
    let ended = stepped(&tasks, ended).poll_until_stalled();
    assert!(matches!(ended, Poll::Ready(Ok(Ok(Err("failed on its way out"))))));
}

#[test]
fn a_task_that_gives_nothing_after_its_limit_is_awaited_and_has_elapsed() {
    // C29, C30
    let tasks = LocalExecutor::new();
    let log = Log::default();
    let task = tasks.spawn(log.hang::<()>("task"));
    let ended = stepped(&tasks, cancel_after(Duration::ZERO, task)).poll_until_stalled();
    assert!(matches!(ended, Poll::Ready(Err(_))));
    assert!(log.has("task ends"));
}

#[test]
fn cancelling_a_finished_task_returns_false() {
    // C64, C68
    let tasks = LocalExecutor::new();
    let task = tasks.spawn(ready(7));
    assert!(stepped(&tasks, Yield::default()).poll_until_stalled().is_ready());
    assert!(!task.cancel());
    assert!(matches!(stepped(&tasks, task).poll_until_stalled(), Poll::Ready(Ok(7))));
}

#[test]
fn a_task_cancelled_before_its_first_poll_never_runs() {
    // C65
    let tasks = LocalExecutor::new();
    let started = Rc::new(Cell::new(false));
    let inside = started.clone();
    let task = tasks.spawn(async move { inside.set(true) });
    assert!(task.cancel());
    assert!(matches!(stepped(&tasks, task).poll_until_stalled(), Poll::Ready(Err(TaskError::Cancelled(_)))));
    assert!(!started.get());
}

#[test]
fn what_completes_in_the_poll_of_its_cancel_has_completed() {
    // C66
    let own = Rc::new(RefCell::new(None::<motet_cancel::CancelHandle>));
    let inside = own.clone();
    let (work, handle) = scope(async move {
        inside.borrow().as_ref().expect("it is here").cancel("by itself");
        7
    });
    *own.borrow_mut() = Some(handle);
    assert_eq!(Stepped::new(work).poll_until_stalled(), Poll::Ready(Ok(7)));
}

#[test]
fn a_cancel_is_taken_back_until_the_poll_that_reads_it() {
    // C67
    let (work, handle) = scope(Yield::default());
    handle.cancel("for a moment");
    assert_eq!(handle.uncancel(), Ok(0));
    assert!(Stepped::new(work).poll_until_stalled().is_ready());
    let log = Log::default();
    let (work, handle) = scope(log.hang::<()>("exit"));
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    handle.cancel("for good");
    assert!(work.poll().is_pending(), "the exit takes two polls");
    assert_eq!(handle.uncancel(), Err(Taken));
}

#[test]
fn a_shielded_error_that_nobody_awaits_is_reported_once() {
    // C39
    let unheard = Unheard::listen();
    let kept = Kept::default();
    let reaper = kept.clone();
    let _reaper = frame::enter_reaper(move |work| reaper.borrow_mut().push(work));
    let (open, opened) = gate();
    let (work, handle) = scope(try_shield(async move {
        opened.await;
        Err::<(), _>(unheard.error("late"))
    }));
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    handle.cancel("stop");
    assert!(matches!(work.poll_until_stalled(), Poll::Ready(Err(_))));
    open.send(()).unwrap();
    let shielded = kept.borrow_mut().pop().expect("the work is at the reaper");
    assert!(Stepped::new(shielded).poll_until_stalled().is_ready());
    assert_eq!(unheard.take(), ["late"]);
}

/// A reaper that keeps what it gets.
type Kept = Rc<RefCell<Vec<futures::future::BoxFuture<'static, ()>>>>;

#[test]
fn a_shields_awaiter_is_cancelled_at_once_and_the_work_finishes() {
    // C36
    let kept = Kept::default();
    let reaper = kept.clone();
    let _reaper = frame::enter_reaper(move |work| reaper.borrow_mut().push(work));
    let (open, opened) = gate();
    let log = Log::default();
    let inside = log.clone();
    let (work, handle) = scope(shield(async move {
        opened.await;
        inside.write("finished");
    }));
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    handle.cancel("stop");
    assert!(matches!(work.poll_until_stalled(), Poll::Ready(Err(_))));
    open.send(()).unwrap();
    let shielded = kept.borrow_mut().pop().expect("the work is at the reaper");
    assert!(Stepped::new(shielded).poll_until_stalled().is_ready());
    assert!(log.has("finished"));
}

#[test]
fn finished_work_is_returned_through_a_shield_directly() {
    // C38
    assert_eq!(Stepped::new(ready(7).shield()).poll(), Poll::Ready(7));
}

#[test]
fn the_cancellation_of_shielded_work_is_the_shields() {
    // C37
    let tasks = LocalExecutor::new();
    let executor = motet_executor::Executor::new();
    let task = executor.spawn(pending::<()>());
    let handle = task.handle();
    let mut shielded = stepped(&tasks, shield(task));
    handle.cancel();
    let result = executor.block_on(std::future::poll_fn(|cx| shielded.as_mut().poll(cx)));
    assert!(matches!(result, Err(TaskError::Cancelled(_))));
}

#[test]
fn a_timeout_of_a_shield_leaves_the_work_alone() {
    // C40
    let kept = Kept::default();
    let reaper = kept.clone();
    let _reaper = frame::enter_reaper(move |work| reaper.borrow_mut().push(work));
    let mut limited = Stepped::new(timeout(Duration::ZERO, shield(pending::<()>())));
    assert_eq!(limited.poll_until_stalled(), Poll::Ready(Err(Elapsed::new())));
    assert_eq!(kept.borrow().len(), 1);
}

#[test]
fn a_limit_with_a_cancel_dropped_at_any_await_cancels_its_task_and_hands_over_the_wait() {
    /// Its drop is the cancel of a scope that goes on.
    struct CancelOnDrop(CancelHandle);
    impl Drop for CancelOnDrop {
        fn drop(&mut self) {
            self.0.cancel("dropped");
        }
    }
    let report = drop_at_every_await(|| {
        let (tasks, log) = (LocalExecutor::new(), Log::default());
        let guard = log.guard("task");
        let task = tasks.spawn(async move {
            let _guard = guard;
            for _ in 0..3 {
                Yield::default().await;
            }
            checkpoint().await;
            pending::<()>().await;
        });
        let (limited, handle) = scope(cancel_after(Duration::ZERO, task).grace(Duration::MAX));
        let work = async move { tasks.run(limited).await.is_ok() };
        let work = Rc::new(RefCell::new(Box::pin(work)));
        let (polled, cancel) = (work.clone(), CancelOnDrop(handle));
        let driver = async move {
            let _cancel = cancel;
            poll_fn(|cx| polled.borrow_mut().as_mut().poll(cx)).await
        };
        (driver, move |end| {
            if end != End::Completed(true) {
                let mut rest = Stepped::new(poll_fn(move |cx| work.borrow_mut().as_mut().poll(cx)));
                assert!(rest.poll_until_stalled().is_ready(), "the scope ends");
            }
            assert!(log.has("task ends"), "{:?}", log.lines());
        })
    });
    assert!(report.drops > 2, "{report:?}");
}
