//! Under tokio: foreign `select!`, timeouts, aborts, local sets, and many threads.

use crate::scene::{Log, alone};
use motet_cancel::{guard, scope, scope_local, set_reaper, shield};
use std::future::pending;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

fn threads() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap()
}

fn paused() -> Runtime {
    Builder::new_current_thread().enable_time().start_paused(true).build().unwrap()
}

/// Holds two nested guards; each exit really waits.
async fn hold(log: Log, began: oneshot::Sender<()>) {
    let exit = |name: &'static str| {
        let log = log.clone();
        guard((), async move |(), outcome| {
            log.say(format!("{name}: {outcome:?}"));
            // Really waits for somebody else: another task.
            tokio::spawn(tokio::task::yield_now()).await.unwrap();
            log.say(format!("{name} ended"));
        })
    };
    let _outer = exit("outer");
    let _inner = exit("inner");
    let _ = began.send(());
    pending::<()>().await;
}

fn expected(outcome: &str) -> Vec<String> {
    ["inner", "outer"].iter().flat_map(|name| [format!("{name}: {outcome}"), format!("{name} ended")]).collect()
}

#[test]
fn a_cancelled_task_ends_after_its_exits() {
    let log = Log::new();
    let ended = threads().block_on(async {
        let (began, begun) = oneshot::channel();
        let (work, handle) = scope(hold(log.clone(), began));
        let task = tokio::spawn(work);
        begun.await.unwrap();
        assert!(handle.cancel("shutting down"));
        task.await.unwrap()
    });
    assert_eq!(ended.unwrap_err().reason, "shutting down");
    assert_eq!(log.take(), expected("Cancelled(Reason(\"shutting down\"))"));
}

#[test]
fn the_loser_of_tokios_select_cleans_up_inside_the_scope() {
    let log = Log::new();
    let inside = log.clone();
    threads().block_on(async {
        let (began, begun) = oneshot::channel();
        let (work, _handle) = scope(async move {
            tokio::select! {
                () = hold(inside, began) => {}
                begun = begun => begun.unwrap(),
            }
        });
        tokio::spawn(work).await.unwrap().unwrap();
    });
    assert_eq!(log.take(), expected("Dropped"));
}

#[test]
fn what_tokios_timeout_drops_cleans_up_inside_the_scope() {
    let log = Log::new();
    let inside = log.clone();
    paused().block_on(async {
        let (began, _begun) = oneshot::channel();
        let (work, _handle) = scope(async move {
            tokio::time::timeout(Duration::from_secs(1), hold(inside, began)).await.unwrap_err();
        });
        tokio::spawn(work).await.unwrap().unwrap();
    });
    assert_eq!(log.take(), expected("Dropped"));
}

#[test]
fn a_join_set_inside_a_scope_is_no_concern_of_the_scopes() {
    let log = Log::new();
    threads().block_on(async {
        let mut set = tokio::task::JoinSet::new();
        let mut handles = Vec::new();
        for _ in 0..20 {
            let (began, begun) = oneshot::channel();
            let (work, handle) = scope(hold(log.clone(), began));
            set.spawn(work);
            begun.await.unwrap();
            handles.push(handle);
        }
        for handle in &handles {
            handle.cancel(());
        }
        while let Some(ended) = set.join_next().await {
            assert!(ended.unwrap().is_err());
        }
    });
    assert_eq!(log.take().len(), 80);
}

#[test]
fn an_aborted_task_is_cleaned_up_by_the_registered_reaper() {
    let _alone = alone();
    let log = Log::new();
    let runtime = threads();
    let (reaped, mut all_reaped) = tokio::sync::mpsc::unbounded_channel();
    let on = runtime.handle().clone();
    let registered = set_reaper(move |exit| reaped.send(on.spawn(exit)).unwrap());
    runtime.block_on(async {
        let (began, begun) = oneshot::channel();
        let (work, handle) = scope(hold(log.clone(), began));
        let task = tokio::spawn(work);
        begun.await.unwrap();
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        all_reaped.recv().await.unwrap().await.unwrap();
        assert!(!handle.cancel("gone"));
    });
    assert_eq!(log.take(), expected("Dropped"));
    drop(registered);
}

#[test]
fn a_shield_outlives_its_aborted_awaiter() {
    let _alone = alone();
    let runtime = threads();
    let on = runtime.handle().clone();
    let registered = set_reaper(move |work| drop(on.spawn(work)));
    runtime.block_on(async {
        let (began, begun) = oneshot::channel();
        let (go_on, goes_on) = oneshot::channel::<()>();
        let (done, completed) = oneshot::channel();
        let task = tokio::spawn(shield(async move {
            began.send(()).unwrap();
            goes_on.await.unwrap();
            done.send(7).unwrap();
        }));
        begun.await.unwrap();
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        go_on.send(()).unwrap();
        assert_eq!(completed.await, Ok(7));
    });
    drop(registered);
}

#[test]
fn a_local_scope_in_a_local_set_runs_local_exits() {
    let said = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let inside = said.clone();
    tokio::task::LocalSet::new().block_on(&paused(), async move {
        let (began, begun) = oneshot::channel();
        let (work, handle) = scope_local(async move {
            let _guard =
                motet_cancel::guard_local(inside, async |said: std::rc::Rc<std::cell::RefCell<Vec<_>>>, outcome| {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    said.borrow_mut().push(outcome);
                });
            began.send(()).unwrap();
            pending::<()>().await;
        });
        let task = tokio::task::spawn_local(work);
        begun.await.unwrap();
        handle.cancel("local");
        assert!(task.await.unwrap().is_err());
    });
    assert_eq!(*said.borrow(), [motet_cancel::Outcome::Cancelled("local".into())]);
}

#[test]
fn a_local_set_inside_a_scope_hands_its_tasks_guards_to_that_scope() {
    let log = Log::new();
    let inside = log.clone();
    let runtime = paused();
    let (work, _handle) = scope_local(async move {
        let set = tokio::task::LocalSet::new();
        set.run_until(async {
            let guard = inside.guard("a task's");
            tokio::task::spawn_local(async move { drop(guard) }).await.unwrap();
        })
        .await;
    });
    runtime.block_on(work).unwrap();
    assert_eq!(log.take(), ["a task's: Dropped", "a task's ended"]);
}

#[test]
fn a_panicking_task_is_cleaned_up_before_tokio_hears_of_the_panic() {
    let log = Log::new();
    let guard = log.guard("exit");
    let ended = threads().block_on(async {
        let (work, _handle) = scope(async move {
            let _guard = guard;
            tokio::task::yield_now().await;
            panic!("body");
        });
        tokio::spawn(work).await
    });
    assert!(ended.unwrap_err().is_panic());
    assert_eq!(log.take(), ["exit: Panicked", "exit ended"]);
}

#[test]
fn scopes_survive_a_storm_of_cancels_on_many_threads() {
    let log = Log::new();
    threads().block_on(async {
        let mut tasks = Vec::new();
        for round in 0..200 {
            let guard = log.guard("storm");
            let (work, handle) = scope(async move {
                let _guard = guard;
                for _ in 0..round % 7 {
                    tokio::task::yield_now().await;
                }
            });
            tasks.push(tokio::spawn(work));
            tasks.push(tokio::spawn(async move {
                tokio::task::yield_now().await;
                handle.cancel("storm");
                Ok(())
            }));
        }
        for task in tasks {
            let _ended = task.await.unwrap();
        }
    });
    let said = log.take();
    assert_eq!(said.len(), 400, "each exit began and ended, whoever won");
}
