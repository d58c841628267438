//! Who polls a local executor's tasks, and in which order.

use futures::channel::oneshot;
use motet_executor::{LocalExecutor, yield_now};
use motet_test::Stepped;
use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::thread;

#[test]
fn a_run_that_ends_at_once_keeps_no_wake_to_itself() {
    let executor = LocalExecutor::new();
    let (sender, receiver) = oneshot::channel::<()>();
    executor.spawn(receiver).detach();
    let mut stays = Stepped::new(executor.run(pending::<()>()));
    assert!(stays.poll().is_pending());
    // While its root is polled, a wake from elsewhere relies on this run.
    let mut ends = Stepped::new(executor.run(async { thread::spawn(move || sender.send(())).join().unwrap() }));
    assert_eq!(ends.poll(), Poll::Ready(Ok(())));
    drop(ends);
    assert!(stays.is_woken());
    assert!(stays.poll().is_pending());
    assert!(executor.is_empty());
}

#[test]
fn a_run_that_is_kept_and_not_polled_takes_no_wake_from_another() {
    let executor = LocalExecutor::new();
    let (sender, receiver) = oneshot::channel();
    let task = executor.spawn(receiver);
    let mut kept = Stepped::new(executor.run(pending::<()>()));
    assert!(kept.poll_until_stalled().is_pending());
    let mut polled = Stepped::new(executor.run(task));
    assert!(polled.poll_until_stalled().is_pending());
    thread::spawn(move || sender.send(7)).join().unwrap().unwrap();
    assert!(polled.is_woken(), "nobody knows which of them is polled again");
    let Poll::Ready(received) = polled.poll_until_stalled() else { panic!("the task is due") };
    assert_eq!(received.unwrap(), Ok(7));
}

#[test]
fn a_run_that_is_kept_and_not_polled_takes_no_wake_from_block_on() {
    let executor = LocalExecutor::new();
    let mut kept = Stepped::new(executor.run(pending::<()>()));
    for _ in 0..20 {
        let (sender, receiver) = oneshot::channel();
        let task = executor.spawn(receiver);
        assert!(kept.poll_until_stalled().is_pending());
        // Late as a rule: the executor rests by then. The model has every order.
        let sends = thread::spawn(move || sender.send(7));
        assert_eq!(executor.block_on(task).unwrap(), Ok(7));
        sends.join().unwrap().unwrap();
    }
}

#[test]
fn a_run_that_is_kept_while_tasks_are_due_leaves_them_to_another() {
    let executor = LocalExecutor::new();
    let mut polled = Stepped::new(executor.run(pending::<()>()));
    assert!(polled.poll().is_pending());
    let mut kept = Stepped::new(executor.run(async {
        executor.spawn(yield_now()).detach();
        pending::<()>().await;
    }));
    assert!(kept.poll().is_pending());
    assert!(!executor.is_empty(), "its task has yielded");
    assert!(kept.is_woken() && polled.is_woken(), "nobody knows which of them is polled again");
    assert!(polled.poll_until_stalled().is_pending());
    assert!(executor.is_empty());
}

#[test]
fn block_on_polls_its_root_only_when_that_was_woken() {
    let (executor, polls) = (LocalExecutor::new(), Cell::new(0));
    let mut task = executor.spawn(async {
        for _ in 0..100 {
            yield_now().await;
        }
    });
    executor
        .block_on(poll_fn(|cx| {
            polls.set(polls.get() + 1);
            Pin::new(&mut task).poll(cx)
        }))
        .unwrap();
    assert_eq!(polls.get(), 2);
}

#[test]
fn a_rush_of_tasks_runs_in_order() {
    let log = RefCell::new(Vec::new());
    let executor = LocalExecutor::new();
    for n in 0..1000 {
        let log = &log;
        executor
            .spawn(async move {
                log.borrow_mut().push(n);
                yield_now().await;
                log.borrow_mut().push(n);
            })
            .detach();
    }
    executor.block_on(async {
        for _ in 0..3 {
            yield_now().await;
        }
    });
    assert!(log.borrow().iter().copied().eq((0..1000).chain(0..1000)));
    assert!(executor.is_empty());
}

#[test]
fn an_order_of_ones_own_is_asked_before_each_poll_and_may_answer_anything() {
    let (asked, log) = (RefCell::new(Vec::new()), RefCell::new(Vec::new()));
    let executor = LocalExecutor::with_order(|due| {
        asked.borrow_mut().push(due);
        usize::MAX
    });
    for n in 0..3 {
        let log = &log;
        executor.spawn(async move { log.borrow_mut().push(n) }).detach();
    }
    executor.block_on(async {
        while log.borrow().len() < 3 {
            yield_now().await;
        }
    });
    assert_eq!(*log.borrow(), [2, 1, 0], "a place too far is the last");
    assert_eq!(*asked.borrow(), [3, 2, 1]);
}

#[test]
fn one_poll_of_an_ordered_run_is_one_poll_of_a_task() {
    let polls = Cell::new(0);
    let executor = LocalExecutor::with_order(|_due| 0);
    for _ in 0..3 {
        executor.spawn(async { polls.set(polls.get() + 1) }).detach();
    }
    let mut run = Stepped::new(executor.run(pending::<()>()));
    for n in 1..=3 {
        assert_eq!(run.poll(), Poll::Pending);
        assert_eq!((polls.get(), run.is_woken()), (n, n < 3), "woken while more are due");
    }
}

#[test]
fn an_order_that_panics_loses_no_task() {
    let is_first = Cell::new(true);
    let executor = LocalExecutor::with_order(|_due| if is_first.replace(false) { panic!("no idea") } else { 0 });
    let tasks = [1, 2].map(|n| executor.spawn(async move { n }));
    let asked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| executor.block_on(pending::<()>())));
    assert!(asked.is_err());
    let sum = executor.block_on(async {
        let mut sum = 0;
        for task in tasks {
            sum += task.await.unwrap();
        }
        sum
    });
    assert_eq!(sum, 3);
}
