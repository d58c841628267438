//! What a spawn can be told: a name, an eager start.

use futures::channel::oneshot;
use motet_cancel::guard_local;
use motet_executor::{LocalExecutor, block_on, current_task, yield_now};
use motet_test::Stepped;
use std::cell::{Cell, RefCell};
use std::future::pending;
use std::panic::catch_unwind;
use std::rc::Rc;
use std::sync::mpsc;

#[test]
fn a_task_has_its_name_wherever_it_is_spoken_of() {
    let (told, heard) = mpsc::channel();
    let executor = LocalExecutor::new().on_panic(move |panic| told.send(panic.to_string()).unwrap());
    let task = executor.task().name("reader").spawn(async {
        yield_now().await;
        current_task().and_then(|task| task.name().map(str::to_owned))
    });
    let line = line!() - 4;
    assert_eq!((task.name(), task.location().line()), (Some("reader"), line));
    assert_eq!(executor.tasks()[0].name.as_deref(), Some("reader"));
    executor.block_on(yield_now());
    assert_eq!(executor.tasks()[0].name.as_deref(), Some("reader"), "one that waits, too");
    assert_eq!(executor.block_on(task).unwrap().as_deref(), Some("reader"));
    executor.task().name("unlucky").spawn(async { panic!("no luck") }).detach();
    executor.block_on(yield_now());
    assert!(heard.try_recv().unwrap().contains("'unlucky'"));
}

#[test]
fn an_eager_task_is_polled_where_it_is_spawned_and_goes_on_in_the_queue() {
    let log = RefCell::new(Vec::new());
    let executor = LocalExecutor::new();
    let ready = executor.task().eager().spawn(async { log.borrow_mut().push("ready") });
    assert!(ready.is_finished());
    let (sender, receiver) = oneshot::channel::<()>();
    let waits = executor.task().eager().spawn(async {
        log.borrow_mut().push("begins");
        receiver.await.unwrap();
        log.borrow_mut().push("ends");
    });
    assert!(sender.send(()).is_ok());
    executor.block_on(async { (ready.await.unwrap(), waits.await.unwrap()) });
    assert_eq!(*log.borrow(), ["ready", "begins", "ends"]);
}

#[test]
fn what_an_eager_task_makes_due_wakes_a_run_that_rests() {
    let executor = LocalExecutor::new();
    let mut run = Stepped::new(executor.run(pending::<()>()));
    assert!(run.poll_until_stalled().is_pending());
    let task = executor.task().eager().spawn(async {
        yield_now().await;
        7
    });
    assert!(run.is_woken() && !task.is_finished());
    assert!(run.poll_until_stalled().is_pending());
    assert_eq!(block_on(task).unwrap(), 7);
}

#[test]
fn an_eager_task_is_one_in_whose_poll_its_executor_does_not_block() {
    let executor = Rc::new(LocalExecutor::new());
    let inside = executor.clone();
    let task = executor.task().eager().spawn(async move { catch_unwind(|| inside.block_on(async {})) });
    let panic = block_on(task).unwrap().unwrap_err();
    assert!(panic.downcast::<&str>().unwrap().contains("waits for itself"));
}

#[test]
fn an_eager_task_that_is_dropped_cleans_up_as_others_do() {
    let (executor, done) = (LocalExecutor::new(), Rc::new(Cell::new(false)));
    let inside = done.clone();
    let task = executor.task().eager().spawn(async move {
        let _guard = guard_local(inside, |done: Rc<Cell<bool>>, _| async move { done.set(true) });
        pending::<()>().await;
    });
    drop(task);
    assert!(!done.get(), "not where its `Task` is dropped");
    executor.block_on(yield_now());
    assert!(done.get() && executor.is_empty());
}
