//! Under a bare `block_on`, nested and not.

use crate::scene::Log;
use futures::executor::{LocalPool, block_on};
use futures::task::LocalSpawnExt;
use futures::{FutureExt, select_biased};
use motet_cancel::{adopt, checkpoint, scope, scope_local};
use std::future::{pending, ready};

#[test]
fn two_nested_guards_run_innermost_first_after_a_lost_select() {
    let log = Log::new();
    let inside = log.clone();
    let (work, _handle) = scope(async move {
        let nested = async {
            let _outer = inside.guard("outer");
            let _inner = inside.guard("inner");
            pending::<()>().await;
        };
        select_biased! {
            () = nested.fuse() => {}
            () = checkpoint().fuse() => {}
        }
    });
    block_on(work).unwrap();
    assert_eq!(log.take(), ["inner: Dropped", "inner ended", "outer: Dropped", "outer ended"]);
}

#[test]
fn a_cancel_from_another_thread_ends_a_blocked_scope() {
    let log = Log::new();
    let guard = log.guard("exit");
    let (began, begun) = std::sync::mpsc::channel();
    let (work, handle) = scope(async move {
        let _guard = guard;
        began.send(()).unwrap();
        pending::<()>().await;
    });
    let thread = std::thread::spawn(move || block_on(work));
    begun.recv().unwrap();
    assert!(handle.cancel("from outside"));
    assert_eq!(thread.join().unwrap().unwrap_err().reason, "from outside");
    assert_eq!(log.take(), ["exit: Cancelled(Reason(\"from outside\"))", "exit ended"]);
}

#[test]
fn guards_dropped_in_a_nested_block_on_go_to_the_scope_around_it() {
    let log = Log::new();
    let (guard, inside) = (log.guard("nested"), log.clone());
    let (work, _handle) = scope(async move {
        on_a_plain_thread_stack(async move { drop(guard) });
        inside.say("blocking call returned");
    });
    block_on(work).unwrap();
    assert_eq!(log.take(), ["blocking call returned", "nested: Dropped", "nested ended"]);
}

#[test]
fn a_close_in_a_nested_block_on_does_not_deadlock_on_what_the_blocked_scope_adopted() {
    let log = Log::new();
    let (older, newer) = (log.guard("older"), log.guard("newer"));
    let (work, _handle) = scope(async move {
        drop(newer);
        on_a_plain_thread_stack(older.close());
    });
    block_on(work).unwrap();
    assert_eq!(log.take(), ["newer: Dropped", "newer ended", "older: Returned", "older ended"]);
}

#[test]
fn a_scope_in_a_nested_block_on_is_drained_before_it_returns() {
    let log = Log::new();
    let (guard, inside) = (log.guard("nested"), log.clone());
    let (work, _handle) = scope(async move {
        let (nested, _handle) = scope(async move { drop(guard) });
        on_a_plain_thread_stack(nested).unwrap();
        inside.say("blocking call returned");
    });
    block_on(work).unwrap();
    assert_eq!(log.take(), ["nested: Dropped", "nested ended", "blocking call returned"]);
}

/// A `block_on` that may be nested: futures' own refuses to.
fn on_a_plain_thread_stack<F: std::future::Future>(future: F) -> F::Output {
    motet_test_block_on(future)
}

fn motet_test_block_on<F: std::future::Future>(future: F) -> F::Output {
    struct Unpark(std::thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: std::sync::Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = std::task::Waker::from(std::sync::Arc::new(Unpark(std::thread::current())));
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut std::task::Context::from_waker(&waker)) {
            std::task::Poll::Ready(output) => return output,
            std::task::Poll::Pending => std::thread::park(),
        }
    }
}

#[test]
fn a_local_pool_runs_scopes_side_by_side() {
    let log = Log::new();
    let mut pool = LocalPool::new();
    let mut handles = Vec::new();
    for name in ["a", "b"] {
        let inside = log.clone();
        let (work, handle) = scope_local(async move {
            let _guard = inside.guard(name);
            pending::<()>().await;
        });
        handles.push(handle);
        pool.spawner().spawn_local(work.map(drop)).unwrap();
    }
    pool.run_until_stalled();
    handles[0].cancel("a only");
    pool.run_until_stalled();
    assert_eq!(log.take(), ["a: Cancelled(Reason(\"a only\"))", "a ended"]);
    handles[1].cancel("b too");
    pool.run();
    assert_eq!(log.take().len(), 2);
}

#[test]
fn adopted_work_may_outlast_a_body_that_is_ready_at_once() {
    let (work, _handle) = scope(async {
        assert!(adopt(checkpoint()).is_ok());
        ready(7).await
    });
    assert_eq!(block_on(work), Ok(7));
}
