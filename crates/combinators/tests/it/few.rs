//! `join`, `try_join`, `race`, `race_ok`, `select`: a few futures, polled in place.

use crate::support::{Drops, Yield, gate};
use motet_combinators::{Select2, Select3, join, race, race_ok, select, try_join};
use motet_test::{End, Stepped, drop_at_every_await};
use std::future::{Ready, pending, ready};
use std::task::Poll;

#[test]
fn join_gives_outputs_in_their_places() {
    let (open, opened) = gate();
    let mut all = Stepped::new(join((opened, ready("b"), async { 'c' })));
    assert!(all.poll().is_pending());
    open.send(1).unwrap();
    assert!(all.is_woken());
    assert_eq!(all.poll(), Poll::Ready((1, "b", 'c')));
}

#[test]
fn join_takes_twelve_and_arrays_and_what_turns_into_futures() {
    let twelve = (
        ready(1),
        ready(2),
        ready(3),
        ready(4),
        ready(5),
        ready(6),
        ready(7),
        ready(8),
        ready(9),
        ready(10),
        ready(11),
        ready("twelve"),
    );
    assert_eq!(Stepped::new(join(twelve)).poll(), Poll::Ready((1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, "twelve")));
    assert_eq!(Stepped::new(join([ready(1), ready(2)])).poll(), Poll::Ready([1, 2]));
    assert_eq!(Stepped::new(join([] as [Ready<()>; 0])).poll(), Poll::Ready([]));
    struct Later(i32);
    impl IntoFuture for Later {
        type Output = i32;
        type IntoFuture = Ready<i32>;
        fn into_future(self) -> Ready<i32> {
            ready(self.0)
        }
    }
    assert_eq!(Stepped::new(join((Later(1), ready(2)))).poll(), Poll::Ready((1, 2)));
}

#[test]
fn join_does_not_poll_what_has_finished() {
    // `async` blocks panic when they are polled after completion.
    let mut all = Stepped::new(join((async {}, Yield::default(), async {})));
    assert!(all.poll().is_pending());
    assert!(all.poll().is_ready());
}

#[test]
#[should_panic(expected = "polled")]
fn a_join_polled_after_it_was_ready_panics() {
    let mut all = Stepped::new(join((async {},)));
    assert!(all.poll().is_ready());
    let _ = all.poll();
}

#[test]
fn dropped_joins_drop_everything_once() {
    drop_at_every_await(|| {
        let drops = Drops::default();
        let (one, two, three) = (drops.guard(), drops.guard(), drops.guard());
        let all = join((
            async move { one },
            async move {
                Yield::default().await;
                two
            },
            async move {
                Yield::default().await;
                Yield::default().await;
                three
            },
        ));
        (all, move |end: End<_>| {
            drop(end);
            assert_eq!(drops.count(), 3);
        })
    });
}

#[test]
fn try_join_gives_all_values_or_the_first_error() {
    let values = try_join((ready(Ok::<_, &str>(1)), ready(Ok("two"))));
    assert_eq!(Stepped::new(values).poll(), Poll::Ready(Ok((1, "two"))));
    let drops = Drops::default();
    let guard = drops.guard();
    let hangs = async move {
        let _guard = guard;
        pending::<Result<(), &str>>().await
    };
    let mut failed = Stepped::new(try_join((hangs, ready(Err::<(), _>("no")), ready(Err::<(), _>("later")))));
    assert_eq!(failed.poll(), Poll::Ready(Err("no")));
    assert_eq!(drops.count(), 1);
    let array = try_join([ready(Ok(1)), ready(Err("no"))]);
    assert_eq!(Stepped::new(array).poll(), Poll::Ready(Err("no")));
}

#[test]
fn race_gives_the_first_output_and_drops_the_losers() {
    let drops = Drops::default();
    let guard = drops.guard();
    let loser = async move {
        let _guard = guard;
        pending().await
    };
    let (open, opened) = gate();
    let mut first = Stepped::new(race((loser, opened)));
    assert!(first.poll().is_pending());
    open.send(7).unwrap();
    assert_eq!(first.poll(), Poll::Ready(7));
    assert_eq!(drops.count(), 1);
}

#[test]
fn of_several_that_are_ready_the_first_in_line_wins() {
    assert_eq!(Stepped::new(race((ready(1), ready(2)))).poll(), Poll::Ready(1));
    assert_eq!(Stepped::new(race([ready(1), ready(2)])).poll(), Poll::Ready(1));
    assert_eq!(Stepped::new(race(vec![ready(1), ready(2)])).poll(), Poll::Ready(1));
}

#[test]
fn race_of_many_polls_only_what_was_woken() {
    let polls = crate::support::Polls::default();
    let (mut gates, futures): (Vec<_>, Vec<_>) = (0..100).map(|_| gate()).unzip();
    let futures: Vec<_> = futures.into_iter().map(|future| polls.of(future)).collect();
    let mut first = Stepped::new(race(futures));
    assert!(first.poll_until_stalled().is_pending());
    assert!(first.poll().is_pending());
    polls.take();
    gates.swap_remove(70).send(70).unwrap();
    assert_eq!(first.poll(), Poll::Ready(70));
    assert_eq!(polls.take(), 1);
}

#[test]
fn race_ok_wants_a_success() {
    let mixed = race_ok((ready(Err("a")), ready(Ok(1)), ready(Err("c"))));
    assert_eq!(Stepped::new(mixed).poll(), Poll::Ready(Ok(1)));
    let (open, opened) = gate();
    let mut failed = Stepped::new(race_ok((opened, ready(Err::<(), _>("b")))));
    assert!(failed.poll().is_pending());
    open.send(Err("a")).unwrap();
    assert_eq!(failed.poll(), Poll::Ready(Err(vec!["a", "b"])), "in the order of the futures");
    assert_eq!(Stepped::new(race_ok([ready(Err::<(), _>(1))])).poll(), Poll::Ready(Err(vec![1])));
    let (open, opened) = gate();
    let second: std::pin::Pin<Box<dyn Future<Output = Result<(), i32>>>> = Box::pin(ready(Err(2)));
    let mut many = Stepped::new(race_ok(vec![Box::pin(opened), second]));
    assert!(many.poll().is_pending());
    open.send(Err(1)).unwrap();
    assert_eq!(many.poll(), Poll::Ready(Err(vec![1, 2])));
}

#[test]
fn select_says_which_was_first() {
    let (open, opened) = gate();
    let mut first = Stepped::new(select((pending::<u8>(), opened, pending::<()>())));
    assert!(first.poll().is_pending());
    open.send("b").unwrap();
    assert_eq!(first.poll(), Poll::Ready(Select3::Second("b")));
}

#[test]
fn a_borrowed_loser_of_select_lives_on() {
    let (open, mut opened) = gate();
    let mut first = Stepped::new(select((&mut opened, ready(()))));
    assert_eq!(first.poll(), Poll::Ready(Select2::Second(())));
    drop(first);
    open.send(7).unwrap();
    assert_eq!(Stepped::new(opened).poll(), Poll::Ready(7));
}
