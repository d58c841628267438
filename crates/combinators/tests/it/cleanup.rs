//! Losers and siblings clean up before the call returns, and concurrently.

use crate::support::{Log, Yield, gate};
use futures::StreamExt as _;
use futures::future::{Either, FutureExt};
use motet_cancel::{guard, scope};
use motet_combinators::{
    AllCompleted, WaitSet, as_completed, borrow_scope, gather, join, map_bounded, race, race_ok, select, timeout,
    try_gather, try_join, wait,
};
use motet_test::{Stepped, drop_at_every_await};
use std::future::{pending, ready};
use std::sync::mpsc;
use std::task::Poll;
use std::time::Duration;

/// Steps to the end; at each step but the last the losers' exits have not all ended.
fn returns_after_the_exits<F: Future>(log: &Log, exits: &[&str], work: F) -> F::Output {
    let mut work = Stepped::new(work);
    loop {
        let polled = work.poll();
        let ended = exits.iter().all(|exit| log.has(&format!("{exit} ends")));
        match polled {
            Poll::Ready(output) => {
                assert!(ended, "returned before the cleanup: {:?}", log.lines());
                return output;
            }
            Poll::Pending => assert!(work.is_woken(), "stalled"),
        }
    }
}

#[test]
fn losers_clean_up_before_the_call_returns() {
    // C2, C30
    let log = Log::default();
    assert_eq!(returns_after_the_exits(&log, &["a"], race((log.hang("a"), ready(1)))), 1);
    // Polled at least once: a loser that was never polled holds its guard all the same.
    assert_eq!(returns_after_the_exits(&log, &["b"], race_ok((log.hang("b"), ready(Ok::<_, ()>(1))))), Ok(1));
    returns_after_the_exits(&log, &["c"], select((log.hang::<()>("c"), ready(1))));
    let failed = try_join((log.hang::<Result<(), _>>("d"), ready(Err::<(), _>("no"))));
    assert_eq!(returns_after_the_exits(&log, &["d"], failed), Err("no"));
    let failed = try_gather([Either::Left(log.hang::<Result<(), _>>("e")), Either::Right(ready(Err("no")))]);
    assert_eq!(returns_after_the_exits(&log, &["e"], failed), Err("no"));
    assert!(returns_after_the_exits(&log, &["f"], timeout(Duration::ZERO, log.hang::<()>("f"))).is_err());
}

#[test]
fn what_the_winner_left_is_cleaned_up_too() {
    let log = Log::default();
    let guard = log.guard("winner");
    let winner = async move {
        drop(guard);
        7
    };
    assert_eq!(returns_after_the_exits(&log, &["winner"], timeout(Duration::from_secs(1), winner)), Ok(7));
}

#[test]
fn what_was_adopted_runs_beside_the_body() {
    let log = Log::default();
    let guard = log.guard("early");
    let (open, opened) = gate();
    let mut limited = Stepped::new(timeout(Duration::MAX, async move {
        drop(guard);
        opened.await;
    }));
    assert!(limited.poll_until_stalled().is_pending());
    assert_eq!(log.lines(), ["early begins", "early ends"], "the body still runs");
    open.send(()).unwrap();
    assert!(limited.poll().is_ready());
}

/// Two futures whose exits each wait for the other's: in a sequence they would hang.
fn entangled() -> [impl Future<Output = ()> + Send; 2] {
    let (one, waits_for_one) = futures::channel::oneshot::channel::<()>();
    let (two, waits_for_two) = futures::channel::oneshot::channel::<()>();
    [(one, waits_for_two), (two, waits_for_one)].map(|(mine, theirs)| {
        let guard = guard((), async move |(), _| {
            mine.send(()).unwrap();
            theirs.await.unwrap();
        });
        async move {
            let _guard = guard;
            pending::<()>().await;
        }
    })
}

#[test]
fn siblings_clean_up_concurrently() {
    async fn expires(work: impl Future) {
        assert!(timeout(Duration::ZERO, work).await.is_err());
    }
    let [a, b] = entangled();
    assert!(Stepped::new(race((a, b, ready(())))).poll_until_stalled().is_ready());
    let [a, b] = entangled();
    assert!(Stepped::new(expires(join((a, b)))).poll_until_stalled().is_ready());
    assert!(Stepped::new(expires(join(entangled()))).poll_until_stalled().is_ready());
    assert!(Stepped::new(expires(gather(entangled()))).poll_until_stalled().is_ready());
    let [a, b] = entangled();
    let [a, b] = [a, b].map(|work| async {
        work.await;
        Ok(())
    });
    assert!(Stepped::new(try_join((a, b, ready(Err::<(), _>(()))))).poll_until_stalled().is_ready());
}

/// Two futures that end, each with a guard whose exit waits for the other's.
fn entangled_in_their_ends() -> [impl Future<Output = ()> + Send; 2] {
    let (one, waits_for_one) = futures::channel::oneshot::channel::<()>();
    let (two, waits_for_two) = futures::channel::oneshot::channel::<()>();
    [(one, waits_for_two), (two, waits_for_one)].map(|(mine, theirs)| {
        let guard = guard((), async move |(), _| {
            mine.send(()).unwrap();
            theirs.await.unwrap();
        });
        async move {
            let _guard = guard;
            Yield::default().await;
        }
    })
}

#[test]
fn siblings_that_end_clean_up_concurrently() {
    fn ends(work: impl Future + Send) {
        let (work, _handle) = scope(work);
        assert!(Stepped::new(work).poll_until_stalled().is_ready());
    }
    async fn ok(work: impl Future) -> Result<(), ()> {
        work.await;
        Ok(())
    }
    async fn fails(work: impl Future) -> Result<(), ()> {
        work.await;
        Err(())
    }
    let [a, b] = entangled_in_their_ends();
    ends(join((a, b)));
    ends(join(entangled_in_their_ends()));
    let [a, b] = entangled_in_their_ends().map(ok);
    ends(try_join((a, b)));
    ends(try_join(entangled_in_their_ends().map(ok)));
    let [a, b] = entangled_in_their_ends().map(fails);
    ends(race_ok((a, b)));
    ends(race_ok(entangled_in_their_ends().map(fails)));
    ends(race_ok(Vec::from(entangled_in_their_ends().map(fails))));
    ends(gather(entangled_in_their_ends()));
    ends(try_gather(entangled_in_their_ends().map(ok)));
    ends(as_completed(entangled_in_their_ends()).collect::<Vec<_>>());
    ends(map_bounded(entangled_in_their_ends(), 2, |work| work).collect::<Vec<_>>());
    ends(async { wait(&mut WaitSet::from_iter(entangled_in_their_ends()), AllCompleted).await.map(drop) });
    ends(borrow_scope(|scope| {
        entangled_in_their_ends().into_iter().for_each(|work| drop(scope.spawn(work)));
        async {}
    }));
    let [body, child] = entangled_in_their_ends();
    ends(borrow_scope(|scope| {
        drop(scope.spawn(child));
        body
    }));
    // One loses, the other wins: what each left is beside the other's.
    let [a, b] = entangled_in_their_ends();
    ends(race((ready(()).then(|()| a), b)));
    let [a, b] = entangled_in_their_ends();
    ends(select((a, b)));
    ends(race(Vec::from(entangled_in_their_ends())));
}

#[test]
fn siblings_among_many_clean_up_concurrently_when_they_end() {
    let many = || entangled_in_their_ends().map(FutureExt::boxed);
    let crowd = || (0..100).map(|_| Yield::default().boxed()).chain(many()).collect::<Vec<_>>();
    let (work, _handle) = scope(gather(crowd()));
    assert!(Stepped::new(work).poll_until_stalled().is_ready());
    let (work, _handle) = scope(gather(crowd()).limit(50));
    assert!(Stepped::new(work).poll_until_stalled().is_ready());
}

#[test]
fn what_one_child_leaves_in_several_polls_exits_in_its_order() {
    let log = Log::default();
    let (outer, inner) = (log.guard("outer"), log.guard("inner"));
    let child = async move {
        let _outer = outer;
        drop(inner);
        Yield::default().await;
    };
    let (work, _handle) = scope(gather([child.boxed(), Yield::default().boxed()]));
    assert!(Stepped::new(work).poll_until_stalled().is_ready());
    assert_eq!(log.lines(), ["inner begins", "inner ends", "outer begins", "outer ends"]);
}

#[test]
fn a_dropped_combinator_hands_its_cleanup_to_the_scope_around() {
    // C6, C33
    type Work = futures::future::BoxFuture<'static, ()>;
    let kinds: [fn(&Log) -> Work; 5] = [
        |log| Box::pin(timeout(Duration::MAX, log.hang::<()>("exit"))).map_unit(),
        |log| Box::pin(race((log.hang::<()>("exit"), pending()))),
        |log| Box::pin(gather([log.hang::<()>("exit")])).map_unit(),
        |log| Box::pin(join((log.hang::<()>("exit"),))).map_unit(),
        |log| Box::pin(try_gather([log.hang::<Result<(), ()>>("exit")])).map_unit(),
    ];
    for kind in kinds {
        let log = Log::default();
        let (work, handle) = scope(kind(&log));
        let mut work = Stepped::new(work);
        assert!(work.poll().is_pending());
        handle.cancel("stop");
        assert!(work.poll_until_stalled().is_ready());
        assert_eq!(log.lines(), ["exit begins", "exit ends"]);
    }
}

trait MapUnit {
    fn map_unit(self) -> futures::future::BoxFuture<'static, ()>;
}

impl<F: Future + Send + 'static> MapUnit for F {
    fn map_unit(self) -> futures::future::BoxFuture<'static, ()> {
        Box::pin(async {
            self.await;
        })
    }
}

#[test]
fn a_race_dropped_at_any_await_cleans_up_in_its_scope() {
    drop_at_every_await(|| {
        let log = Log::default();
        let (loser, winner) = (log.hang("loser"), async {
            Yield::default().await;
            Yield::default().await;
        });
        let (stop, stopped) = mpsc::channel::<()>();
        let (work, handle) = scope(race((loser, winner)));
        // The drop of this future is the cancel of a scope that goes on.
        struct CancelOnDrop(motet_cancel::CancelHandle, mpsc::Sender<()>);
        impl Drop for CancelOnDrop {
            fn drop(&mut self) {
                self.0.cancel("dropped");
                self.1.send(()).ok();
            }
        }
        let work = std::rc::Rc::new(std::cell::RefCell::new(Box::pin(work)));
        let polled = work.clone();
        let cancel = CancelOnDrop(handle, stop);
        let driver = async move {
            let _cancel = cancel;
            std::future::poll_fn(|cx| polled.borrow_mut().as_mut().poll(cx)).await.ok();
        };
        (driver, move |_end| {
            stopped.try_recv().unwrap();
            if !log.has("loser ends") {
                let mut rest =
                    Stepped::new(std::future::poll_fn(move |cx| work.borrow_mut().as_mut().poll(cx).map(drop)));
                assert!(rest.poll_until_stalled().is_ready());
            }
            assert!(log.has("loser ends"), "{:?}", log.lines());
        })
    });
}

#[test]
fn a_task_that_is_dropped_with_a_combinator_where_nobody_waits_is_no_abandoned_exit() {
    use std::cell::Cell;
    // Others abandon exits meanwhile, so only what this thread does counts.
    thread_local!(static HERE: Cell<bool> = const { Cell::new(false) });
    motet_cancel::set_on_abandon(|_| HERE.set(true));
    let executor = motet_executor::Executor::new();
    drop(gather([executor.spawn(pending::<()>())]));
    drop(timeout(Duration::MAX, executor.spawn(pending::<()>())));
    let mut joined = Box::pin(scope(join((executor.spawn(pending::<()>()),))).0);
    assert!(Stepped::new(joined.as_mut()).poll().is_pending());
    drop(joined);
    assert!(!HERE.get());
    drop(gather([Log::default().hang::<()>("an exit")]));
    assert!(HERE.get(), "an exit that nobody runs is one");
}
