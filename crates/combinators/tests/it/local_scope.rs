//! `borrow_scope` and `LocalScope`.

use crate::support::{Drops, Log, Yield, gate};
use motet_cancel::scope;
use motet_combinators::{Closed, LocalScope, borrow_scope};
use motet_test::{Stepped, drop_at_every_await};
use std::future::pending;
use std::sync::Mutex;
use std::task::Poll;

#[test]
fn children_borrow_and_the_scope_ends_after_them() {
    let mut numbers = vec![1, 2, 3];
    let mut run = Stepped::new(borrow_scope(|scope| {
        for number in &mut numbers {
            drop(scope.spawn(async move {
                Yield::default().await;
                *number *= 10;
            }));
        }
        async { "body" }
    }));
    assert_eq!(run.poll_until_stalled(), Poll::Ready("body"));
    drop(run);
    assert_eq!(numbers, [10, 20, 30]);
}

#[test]
fn children_spawn_grandchildren() {
    let found = Mutex::new(Vec::new());
    let found = &found;
    fn visit<'env>(scope: LocalScope<'env>, found: &'env Mutex<Vec<u32>>, n: u32) {
        let inside = scope.clone();
        drop(scope.spawn(async move {
            Yield::default().await;
            found.lock().unwrap().push(n);
            if n < 20 {
                visit(inside.clone(), found, 2 * n);
                visit(inside, found, 2 * n + 1);
            }
        }));
    }
    let mut run = Stepped::new(borrow_scope(|scope| async move { visit(scope, found, 1) }));
    assert!(run.poll_until_stalled().is_ready());
    let mut found = found.lock().unwrap();
    found.sort_unstable();
    assert_eq!(*found, (1..40).collect::<Vec<_>>());
}

#[test]
fn the_body_may_await_its_children() {
    let words = String::from("one two");
    let scope = LocalScope::new();
    let mut run = Stepped::new(scope.run(async {
        let child = scope.spawn(async {
            Yield::default().await;
            words.len()
        });
        child.await
    }));
    assert_eq!(run.poll_until_stalled(), Poll::Ready(Ok(7)));
}

#[test]
fn a_child_spawned_from_elsewhere_wakes_the_scope() {
    let (open, opened) = gate::<()>();
    let scope = LocalScope::new();
    let handle = scope.clone();
    let mut run = Stepped::new(scope.run(opened));
    assert!(run.poll().is_pending());
    let mut child = handle.spawn(async { 7 });
    assert!(run.is_woken());
    assert!(run.poll_until_stalled().is_pending());
    assert_eq!(Stepped::new(&mut child).poll(), Poll::Ready(Ok(7)));
    open.send(()).unwrap();
    assert!(run.poll_until_stalled().is_ready());
}

#[test]
fn a_child_that_comes_too_late_never_starts() {
    let scope = LocalScope::new();
    assert!(Stepped::new(scope.run(async {})).poll().is_ready());
    let drops = Drops::default();
    let (sent, dropped) = std::sync::mpsc::channel::<()>();
    let late = scope.spawn(async move {
        sent.send(()).unwrap();
    });
    assert_eq!(dropped.try_recv(), Err(std::sync::mpsc::TryRecvError::Disconnected));
    assert_eq!(Stepped::new(late).poll(), Poll::Ready(Err(Closed)));
    assert_eq!(drops.count(), 0);
}

#[test]
fn a_scope_that_holds_itself_is_no_leak() {
    struct Held(std::sync::mpsc::Sender<()>);
    impl Drop for Held {
        fn drop(&mut self) {
            self.0.send(()).unwrap();
        }
    }
    for polls in 0..2 {
        let (gone, seen) = std::sync::mpsc::channel();
        let held = Held(gone);
        let mut run = Stepped::new(borrow_scope(|scope: LocalScope<'_>| {
            let itself = scope.clone();
            drop(scope.spawn(async move {
                let _cycle = (itself, held);
                pending::<()>().await;
            }));
            pending::<()>()
        }));
        for _ in 0..polls {
            assert!(run.poll().is_pending());
        }
        drop(run);
        assert!(seen.try_recv().is_ok(), "a child was leaked after {polls} polls");
    }
}

#[test]
fn children_are_dropped_with_the_scope_at_any_await() {
    drop_at_every_await(|| {
        let (gone, seen) = std::sync::mpsc::channel();
        let run = borrow_scope(move |scope| async move {
            for n in 0..3 {
                let gone = gone.clone();
                drop(scope.spawn(async move {
                    let _gone = gone;
                    for _ in 0..n {
                        Yield::default().await;
                    }
                }));
                Yield::default().await;
            }
        });
        (run, move |_| assert_eq!(seen.try_recv(), Err::<(), _>(std::sync::mpsc::TryRecvError::Disconnected)))
    });
}

#[test]
fn what_children_leave_is_cleaned_up_before_the_scope_ends() {
    let log = Log::default();
    let guard = log.guard("child");
    let mut run = Stepped::new(borrow_scope(|scope| {
        drop(scope.spawn(async move { drop(guard) }));
        async {}
    }));
    assert!(run.poll_until_stalled().is_ready());
    assert!(log.has("child ends"));
}

#[test]
fn a_cancelled_scope_cleans_up_its_children() {
    let log = Log::default();
    let child = log.hang::<()>("child");
    let (work, handle) = scope(async {
        borrow_scope(|scope| {
            drop(scope.spawn(child));
            pending::<()>()
        })
        .await;
    });
    let mut work = Stepped::new(work);
    assert!(work.poll().is_pending());
    handle.cancel("stop");
    assert!(work.poll_until_stalled().is_ready());
    assert!(log.has("child ends"));
}

#[test]
#[should_panic(expected = "child")]
fn a_childs_panic_goes_through_the_scope() {
    let _ = Stepped::new(borrow_scope(|scope| {
        drop(scope.spawn(async { panic!("child") }));
        pending::<()>()
    }))
    .poll_until_stalled();
}

#[test]
fn a_panic_before_the_body_exists_drops_the_children() {
    let held = std::sync::Arc::new(());
    let child_holds = held.clone();
    let mut scope = Stepped::new(borrow_scope(|scope| -> std::future::Ready<()> {
        let handle = scope.clone();
        drop(scope.spawn(async move {
            drop((handle, child_holds));
        }));
        panic!("no body");
    }));
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| scope.poll()));
    assert!(panicked.is_err());
    assert_eq!(std::sync::Arc::strong_count(&held), 1, "the child, which holds its scope, is gone");
}

#[test]
fn a_dropped_handle_keeps_no_waker() {
    let (_open, opened) = gate::<()>();
    let scope = LocalScope::new();
    let handle = scope.spawn(opened);
    let wakes = motet_test::WakeCount::new();
    let mut handle = Box::pin(handle);
    assert!(wakes.poll(handle.as_mut()).is_pending());
    drop(handle);
    assert_eq!(wakes.wakers_alive(1), 0);
}
