//! Children of which one panics: what the others leave keeps its order.

use crate::scene::{Gate, Log, Noted, panic_of};
use motet_cancel::frame::{LocalNest, Siblings};
use motet_cancel::{guard, scope};
use motet_test::Stepped;
use std::future::{pending, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Wake, Waker};

#[test]
fn what_a_child_leaves_after_a_combinator_in_it_has_panicked_is_still_its_own() {
    let (log, gate, never) = (Log::new(), Gate::new(), Gate::new());
    let (siblings_own, connection) = (log.gated("sibling's", &never), log.guard("connection"));
    let (transaction, inner) = (log.gated("transaction", &gate), log.guard("inner"));
    let (work, _handle) = scope(async move {
        let mut siblings = Siblings::new();
        let polls = siblings.begin();
        Siblings::child(0);
        drop(siblings_own);
        Siblings::child(1);
        drop(transaction);
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let mut within = Siblings::new();
            let _polls = within.begin();
            Siblings::child(0);
            drop(inner);
            resume_unwind(Box::new("a child panics"))
        }));
        let Err(_panic): Result<(), _> = panicked else { unreachable!("it panics") };
        drop(connection);
        drop(polls);
    });
    let mut work = Stepped::new(work);
    assert!(work.poll_until_stalled().is_pending());
    assert_eq!(log.take().len(), 2, "the sibling's exit and the transaction's have begun");
    gate.open();
    assert!(work.poll_until_stalled().is_pending());
    let ended = log.take();
    assert!(["inner ended", "connection ended"].iter().all(|end| ended.iter().any(|line| line == end)), "{ended:?}");
}

/// Children that hold guards whose exits wait for each other's, and are dropped one by one.
struct Entangled {
    siblings: Siblings,
    guards: Vec<Noted>,
}

impl Entangled {
    fn new(log: &Log) -> Self {
        let gates = [Gate::new(), Gate::new()];
        let guards = (0..2).map(|own| {
            let (log, mine, theirs) = (log.clone(), gates[own].clone(), gates[1 - own].clone());
            let exit = move |(), _| -> Pin<Box<dyn Future<Output = ()> + Send>> {
                Box::pin(async move {
                    mine.open();
                    theirs.passed().await;
                    log.say("ended");
                })
            };
            guard((), Box::new(exit) as Box<_>)
        });
        Self { siblings: Siblings::new(), guards: guards.collect() }
    }
}

impl Drop for Entangled {
    fn drop(&mut self) {
        for (child, guard) in std::mem::take(&mut self.guards).into_iter().enumerate() {
            self.siblings.alone(child, || drop(guard));
        }
    }
}

#[test]
fn children_of_a_body_that_an_exits_panic_ends_clean_up_beside_each_other() {
    let log = Log::new();
    let children = Entangled::new(&log);
    let (work, _handle) = scope(async {
        let _children = children;
        drop(guard((), async |(), _| panic!("an exit panics")));
        pending::<()>().await;
    });
    let mut work = Stepped::new(work);
    assert_eq!(panic_of(|| work.poll_until_stalled()), "an exit panics");
    assert_eq!(log.take(), ["ended", "ended"]);
}

/// Drops what it has with its last clone.
struct LastWaker<T>(Mutex<Option<T>>);

impl<T: Send> Wake for LastWaker<T> {
    fn wake(self: Arc<Self>) {}
}

#[test]
fn what_children_leave_in_a_poll_that_panics_exits_beside_each_other() {
    let log = Log::new();
    let mut children = Entangled::new(&log);
    let (work, _handle) = scope(async move {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _polls = children.siblings.begin();
            for (child, guard) in children.guards.drain(..).enumerate() {
                Siblings::child(child);
                drop(guard);
            }
            resume_unwind(Box::new("a child panics"))
        }));
        let Err(_panic): Result<(), _> = panicked else { unreachable!("it panics") };
    });
    assert!(Stepped::new(work).poll_until_stalled().is_ready());
    assert_eq!(log.take(), ["ended", "ended"]);
}

#[test]
fn children_that_are_dropped_as_the_exits_are_polled_clean_up_beside_each_other() {
    let (log, never, mut nest) = (Log::new(), Gate::new(), LocalNest::new());
    nest.enter(|| drop(guard(never, async |never: Gate, _| never.passed().await)));
    let waker = Waker::from(Arc::new(LastWaker(Mutex::new(Some(Entangled::new(&log))))));
    assert!(nest.poll_drain(&mut Context::from_waker(&waker)).is_pending());
    drop(waker);
    // Registers another waker, and so drops the first.
    assert!(Stepped::new(poll_fn(|cx| nest.poll_drain(cx))).poll_until_stalled().is_pending());
    assert_eq!(log.take(), ["ended", "ended"]);
}
