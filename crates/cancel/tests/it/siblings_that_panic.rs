//! Children of which one panics: what the others leave keeps its order.

use crate::scene::{Gate, Log};
use motet_cancel::frame::Siblings;
use motet_cancel::scope;
use motet_test::Stepped;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

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
        siblings.end(polls);
    });
    let mut work = Stepped::new(work);
    assert!(work.poll_until_stalled().is_pending());
    assert_eq!(log.take().len(), 2, "the sibling's exit and the transaction's have begun");
    gate.open();
    assert!(work.poll_until_stalled().is_pending());
    let ended = log.take();
    assert!(["inner ended", "connection ended"].iter().all(|end| ended.iter().any(|line| line == end)), "{ended:?}");
}
