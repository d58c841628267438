//! `wait` and `WaitSet`: rows C12 to C20.

use crate::support::{Drops, Polls, Yield, gate, never_rests};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use futures::lock::Mutex;
use motet_cancel::{Cancelled, Reason, TaskError};
use motet_combinators::{AllCompleted, EmptySet, FirstCompleted, FirstError, GroupError, WaitSet, When, wait};
use motet_test::{Stepped, assert_send, assert_unpin, drop_at_every_await};
use motet_timer::Timers;
use std::cell::RefCell;
use std::error::Error;
use std::future::{Ready, pending, poll_fn, ready};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

assert_unpin!(WaitSet<std::future::Pending<std::marker::PhantomPinned>>);
assert_send!(WaitSet<Ready<u8>>, motet_combinators::Wait<'static, Ready<u8>, FirstCompleted>);

fn keys<F: Future>(done: motet_combinators::Done<F>) -> Vec<motet_combinators::Key> {
    done.into_iter().map(|(key, _)| key).collect()
}

#[test]
fn an_empty_set_is_an_error() {
    // C12
    let mut set = WaitSet::<Ready<()>>::new();
    assert_eq!(Stepped::new(wait(&mut set, AllCompleted)).poll().map(Result::unwrap_err), Poll::Ready(EmptySet));
}

#[test]
fn next_gives_one_output_at_a_time_in_the_order_of_completion_and_loses_none() {
    let (open, opened) = gate();
    let (other, others) = gate();
    let mut set: WaitSet<_> = [opened.boxed_local(), others.boxed_local()].into_iter().collect();
    assert!(Stepped::new(set.next()).poll().is_pending(), "dropped, it has taken nothing");
    other.send(2).unwrap();
    open.send(1).unwrap();
    let first = Stepped::new(set.next()).poll();
    let Poll::Ready(Some((_, first))) = first else { panic!("two have completed") };
    assert_eq!(set.len(), 1);
    let Poll::Ready(Ok(rest)) = Stepped::new(wait(&mut set, AllCompleted)).poll() else { panic!("both have") };
    assert_eq!(rest.into_iter().map(|(_, output)| output).sum::<i32>() + first, 3);
    assert_eq!(Stepped::new(set.next()).poll().map(|next| next.is_none()), Poll::Ready(true));
}

#[test]
fn a_set_that_is_cleared_drops_its_members_and_outputs_and_takes_new_ones() {
    let drops = Drops::default();
    let member = |output: bool| {
        let guard = drops.guard();
        async move { if output { guard } else { pending().await } }
    };
    let mut set = WaitSet::from_iter([member(true), member(false)]);
    assert!(Stepped::new(wait(&mut set, AllCompleted)).poll().is_pending());
    set.clear();
    assert_eq!((drops.count(), set.len()), (2, 0));
    set.insert(member(true));
    assert!(Stepped::new(set.next()).poll().is_ready());
}

#[test]
fn all_completed_never_turns_an_error_into_its_own() {
    // C13
    let mut set: WaitSet<_> = [ready(Ok(1)), ready(Err("no"))].into_iter().collect();
    let Poll::Ready(Ok(done)) = Stepped::new(wait(&mut set, AllCompleted)).poll() else { panic!("not done") };
    assert_eq!(done.into_iter().map(|(_, result)| result).collect::<Vec<_>>(), [Ok(1), Err("no")]);
    assert!(set.is_empty());
}

#[test]
fn first_completed_returns_with_one_done_and_keeps_the_rest() {
    // C14
    let (open, opened) = gate();
    let (_hang, hangs) = gate();
    let mut set = WaitSet::new();
    let _slow = set.insert(hangs);
    let fast = set.insert(opened);
    let mut first = Stepped::new(wait(&mut set, FirstCompleted));
    assert!(first.poll().is_pending());
    open.send(()).unwrap();
    assert!(first.is_woken());
    let Poll::Ready(Ok(done)) = first.poll() else { panic!("not done") };
    assert_eq!(keys(done), [fast]);
    drop(first);
    assert_eq!(set.len(), 1);
}

#[test]
fn done_holds_all_that_had_finished_when_the_waiter_woke() {
    // C15
    let (mut gates, futures): (Vec<_>, Vec<_>) = (0..5).map(|_| gate()).unzip();
    let mut set: WaitSet<_> = futures.into_iter().collect();
    let mut first = Stepped::new(wait(&mut set, FirstCompleted));
    assert!(first.poll().is_pending());
    for open in gates.drain(..3) {
        open.send(()).unwrap();
    }
    let Poll::Ready(Ok(done)) = first.poll() else { panic!("not done") };
    assert_eq!(done.len(), 3);
}

#[test]
fn first_error_returns_at_once_for_one_that_had_failed_before() {
    // C16
    let mut set = WaitSet::new();
    set.insert(futures::future::Either::Left(pending::<Result<(), &str>>()));
    let failed = set.insert(futures::future::Either::Right(ready(Err("no"))));
    let Poll::Ready(Ok(done)) = Stepped::new(wait(&mut set, FirstError)).poll() else { panic!("not done") };
    assert_eq!(keys(done), [failed]);
}

#[test]
fn first_error_returns_for_one_that_fails_while_waiting() {
    // C17
    let (fail, fails) = gate::<Result<(), &str>>();
    let (open, opened) = gate();
    let (_hang, hangs) = gate();
    let mut set: WaitSet<_> = [fails, opened, hangs].into_iter().collect();
    let mut first = Stepped::new(wait(&mut set, FirstError));
    assert!(first.poll().is_pending());
    open.send(Ok(())).unwrap();
    assert!(first.poll().is_pending(), "a success is no reason to return");
    fail.send(Err("no")).unwrap();
    let Poll::Ready(Ok(done)) = first.poll() else { panic!("not done") };
    assert_eq!(done.len(), 2);
}

#[test]
fn a_cancelled_child_does_not_count_as_an_error() {
    // C18
    fn counts<E: 'static>(error: E) -> bool {
        FirstError.is_met(&Err::<(), _>(error))
    }
    type BoxError = Box<dyn Error + Send + Sync>;
    let cancelled = || Cancelled { reason: Reason::from("stop") };
    assert!(!counts(cancelled()));
    assert!(!counts(TaskError::from(cancelled())));
    assert!(!counts(BoxError::from(cancelled())));
    assert!(!counts(BoxError::from(TaskError::from(cancelled()))));
    assert!(!counts(BoxError::from(GroupError::<BoxError>::Cancelled)));
    assert!(!counts(BoxError::from(GroupError::<io::Error>::Cancelled)), "whatever the errors of the group are");
    assert!(!counts(io::Error::from(TaskError::from(cancelled()))));
    assert!(!counts(io::Error::other(GroupError::<io::Error>::Cancelled)));
    assert!(counts(BoxError::from(io::Error::other("no"))));
    assert!(counts(BoxError::from("no")));
    assert!(counts(GroupError::Failed(vec!["no"])));
    assert!(counts("no"));
}

#[test]
fn a_timeout_neither_raises_nor_cancels() {
    // C19
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let (open, opened) = gate();
    let (later, comes_later) = gate();
    let mut set: WaitSet<_> = [opened, comes_later].into_iter().collect();
    {
        let mut all = Stepped::new(wait(&mut set, AllCompleted).timeout(Duration::from_secs(1)));
        assert!(all.poll().is_pending());
        open.send(1).unwrap();
        assert!(all.poll().is_pending());
        clock.advance(Duration::from_secs(1));
        let Poll::Ready(Ok(done)) = all.poll() else { panic!("not done") };
        assert_eq!(done.into_iter().map(|(_, n)| n).collect::<Vec<_>>(), [1]);
    }
    assert_eq!(set.len(), 1);
    later.send(2).unwrap();
    assert!(Stepped::new(wait(&mut set, AllCompleted)).poll().is_ready());
}

#[test]
fn dropping_a_wait_leaves_members_and_outputs_in_the_set() {
    // C20
    let (open, opened) = gate();
    let (later, comes_later) = gate();
    let mut set: WaitSet<_> = [opened, comes_later].into_iter().collect();
    {
        let mut all = Stepped::new(wait(&mut set, AllCompleted));
        assert!(all.poll().is_pending());
        open.send(1).unwrap();
        assert!(all.poll().is_pending(), "one is done, and known to be");
    }
    assert_eq!(set.len(), 2);
    later.send(2).unwrap();
    let Poll::Ready(Ok(done)) = Stepped::new(wait(&mut set, AllCompleted)).poll() else { panic!("not done") };
    assert_eq!(done.into_iter().map(|(_, n)| n).collect::<Vec<_>>(), [1, 2]);
}

#[test]
fn an_event_costs_one_poll_over_all_waits() {
    let polls = Polls::default();
    let n = 200;
    let (mut gates, futures): (Vec<_>, Vec<_>) = (0..n).map(|_| gate()).unzip();
    let mut set: WaitSet<_> = futures.into_iter().map(|future| polls.of(future)).collect();
    assert!(Stepped::new(wait(&mut set, FirstCompleted)).poll().is_pending());
    assert_eq!(polls.take(), n);
    while !set.is_empty() {
        let mut first = Stepped::new(wait(&mut set, FirstCompleted));
        assert!(first.poll().is_pending());
        let open = gates.swap_remove(gates.len() / 3);
        open.send(()).unwrap();
        assert!(first.is_woken());
        assert!(first.poll().is_ready());
        assert_eq!(polls.take(), 1);
    }
}

#[test]
fn the_task_that_waits_now_is_woken() {
    let (open, opened) = gate();
    let mut set: WaitSet<_> = [opened].into_iter().collect();
    let mut first = Stepped::new(wait(&mut set, AllCompleted));
    assert!(first.poll().is_pending());
    assert!(first.poll_with_new_waker().is_pending());
    open.send(()).unwrap();
    assert!(first.is_woken());
}

#[test]
fn keys_are_never_used_twice() {
    let mut set = WaitSet::new();
    let old = set.insert(ready(1));
    assert!(set.remove(old).is_some());
    let new = set.insert(ready(2));
    assert_ne!(old, new);
    assert!(!set.contains(old));
    assert!(set.remove(old).is_none());
    assert_eq!(set.iter().map(|(key, _)| key).collect::<Vec<_>>(), [new]);
}

#[test]
fn members_come_and_go_between_waits() {
    let drops = Drops::default();
    let mut set = WaitSet::new();
    let mut kept = Vec::new();
    for n in 0..100 {
        let guard = drops.guard();
        let (open, opened) = gate();
        let key = set.insert(async move {
            let _guard = guard;
            opened.await;
        });
        assert!(Stepped::new(wait(&mut set, FirstCompleted)).poll().is_pending());
        if n % 2 == 0 {
            assert!(set.discard(key));
            assert!(!set.discard(key));
        } else {
            kept.push((key, open));
        }
    }
    assert_eq!((set.len(), drops.count()), (50, 50));
    for (key, open) in kept.into_iter().rev() {
        open.send(()).unwrap();
        let Poll::Ready(Ok(done)) = Stepped::new(wait(&mut set, FirstCompleted)).poll() else { panic!("not done") };
        assert_eq!(keys(done), [key]);
    }
    assert_eq!(drops.count(), 100);
}

#[test]
fn a_condition_may_be_any_closure() {
    let (gates, futures): (Vec<_>, Vec<_>) = (0..3).map(|_| gate()).unzip();
    let mut set: WaitSet<_> = futures.into_iter().collect();
    let mut sum = 0;
    let mut enough = Stepped::new(wait(&mut set, |n: &i32| {
        sum += n;
        sum >= 3
    }));
    let mut gates = gates.into_iter();
    for (n, expected) in [(1, false), (2, true)] {
        assert!(enough.poll().is_pending());
        gates.next().unwrap().send(n).unwrap();
        assert_eq!(enough.poll().is_ready(), expected);
    }
}

#[test]
fn a_member_that_panics_leaves_the_set_and_the_others_stay() {
    let (fail, fails) = gate::<bool>();
    let (open, opened) = gate::<bool>();
    let mut set: WaitSet<_> = [fails, opened]
        .into_iter()
        .map(|work| async move {
            assert!(work.await, "a member panicked");
        })
        .collect();
    assert!(Stepped::new(wait(&mut set, AllCompleted)).poll().is_pending());
    fail.send(false).unwrap();
    let panicked = catch_unwind(AssertUnwindSafe(|| Stepped::new(wait(&mut set, AllCompleted)).poll().is_ready()));
    assert!(panicked.is_err());
    assert_eq!(set.len(), 1);
    open.send(true).unwrap();
    assert!(Stepped::new(wait(&mut set, AllCompleted)).poll().is_ready());
}

#[test]
fn the_first_panic_of_a_member_goes_on_and_not_that_of_its_drop() {
    struct Bomb;
    impl Drop for Bomb {
        fn drop(&mut self) {
            panic_any("dropped");
        }
    }
    let mut bomb = Some(Bomb);
    let member = poll_fn(move |_| {
        // Held until the member is dropped.
        if bomb.is_some() {
            panic_any("polled");
        }
        bomb = None;
        Poll::Ready(())
    });
    let mut set: WaitSet<_> = [member].into_iter().collect();
    let panic = catch_unwind(AssertUnwindSafe(|| Stepped::new(wait(&mut set, AllCompleted)).poll().is_ready()));
    assert_eq!(panic.unwrap_err().downcast_ref(), Some(&"polled"));
    assert!(set.is_empty());
}

#[test]
fn a_timeout_gives_all_that_had_completed_however_many() {
    // C15, C19
    let mut set: WaitSet<_> = (0..1000).map(ready).collect();
    let mut all = Stepped::new(wait(&mut set, AllCompleted).timeout(Duration::ZERO));
    let Poll::Ready(Ok(done)) = all.poll_until_stalled() else { panic!("not done") };
    assert_eq!(done.len(), 1000);
}

#[test]
fn the_first_is_given_even_if_the_others_never_rest() {
    // C14, C16, C17
    fn polls_until_done(when: impl When<Result<(), ()>>, first: Result<(), ()>) -> usize {
        let busy = |_| async {
            never_rests().await;
            Ok(())
        };
        let mut set: WaitSet<BoxFuture<'static, Result<(), ()>>> = (0..1000).map(|i| busy(i).boxed()).collect();
        set.insert(ready(first).boxed());
        let mut first = Stepped::new(wait(&mut set, when));
        let polls = (1..100).find(|_| match first.poll() {
            Poll::Ready(done) => done.unwrap().len() == 1,
            Poll::Pending => false,
        });
        polls.expect("it is given")
    }
    // Each member has its turn until the first is found, and once more for what had completed by then.
    let most = 2 * (1 + 1001_usize.div_ceil(256));
    assert!(polls_until_done(FirstCompleted, Ok(())) <= most);
    assert!(polls_until_done(FirstError, Err(())) <= most);
    assert!(polls_until_done(|output: &Result<(), ()>| output.is_ok(), Ok(())) <= most);
}

#[test]
fn a_timeout_ends_even_if_its_members_never_rest() {
    let mut set: WaitSet<_> = (0..1000).map(|_| never_rests()).collect();
    let mut all = Stepped::new(wait(&mut set, AllCompleted).timeout(Duration::ZERO));
    let polls = (1..100).find(|_| all.poll().is_ready());
    assert!(polls.is_some_and(|polls| polls <= 1 + 1000 / 256 + 1));
}

#[test]
fn a_loop_of_waits_dropped_at_any_await_loses_no_output() {
    for n in [3, 50] {
        let report = drop_at_every_await(|| {
            let members = (0..n).map(|index| async move {
                for _ in 0..=index % 4 {
                    Yield::default().await;
                }
                index
            });
            let set = Rc::new(Mutex::new(members.collect::<WaitSet<_>>()));
            let seen = Rc::new(RefCell::new(Vec::new()));
            let (members, log) = (set.clone(), seen.clone());
            let turns = async move {
                while let Ok(done) = wait(&mut *members.lock().await, FirstCompleted).await {
                    log.borrow_mut().extend(done.into_iter().map(|(_, index)| index));
                    Yield::default().await;
                }
            };
            (turns, move |_| {
                let mut set = set.try_lock().expect("the loop is gone");
                if let Poll::Ready(Ok(rest)) = Stepped::new(wait(&mut set, AllCompleted)).poll_until_stalled() {
                    seen.borrow_mut().extend(rest.into_iter().map(|(_, index)| index));
                }
                seen.borrow_mut().sort_unstable();
                assert!(seen.borrow().iter().copied().eq(0..n), "{:?}", seen.borrow());
            })
        });
        assert!(report.completed && report.drops > 4, "{report:?}");
    }
}
