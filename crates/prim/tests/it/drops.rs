//! Dropped anywhere, in any order: nothing is lost.

use crate::gate::Gate;
use motet_test::{End, Stepped, drop_at_every_await_between};
use std::sync::Arc;

#[test]
fn a_grant_that_is_dropped_goes_to_the_next() {
    let gate = Gate::with(0);
    let mut first = Stepped::new(gate.enter(0, 2));
    let mut second = Stepped::new(gate.enter(0, 1));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    gate.add(0, 2);
    assert!(first.is_woken() && !second.is_woken());
    drop(first);
    assert!(second.poll().is_ready());
    let books = gate.locked();
    assert_eq!((books.tickets, books.left, books.returned), (1, 0, 1));
}

#[test]
fn a_head_that_leaves_makes_room_for_those_whom_the_tickets_suffice() {
    let gate = Gate::with(0);
    let mut greedy = Stepped::new(gate.enter(0, 9));
    let mut modest = Stepped::new(gate.enter(0, 1));
    assert!(greedy.poll().is_pending() && modest.poll().is_pending());
    gate.add(0, 2);
    assert!(!modest.is_woken());
    drop(greedy);
    assert!(modest.is_woken());
    assert!(modest.poll().is_ready());
}

#[test]
fn dropped_unpolled_it_was_never_there() {
    let gate = Gate::with(0);
    drop(gate.enter(0, 1));
    let books = gate.locked();
    assert_eq!((books.left, books.returned), (0, 0));
}

#[test]
fn dropped_when_ready_it_returns_nothing() {
    let gate = Gate::with(0);
    let mut enter = Stepped::new(gate.enter(0, 1));
    assert!(enter.poll().is_pending());
    gate.add(0, 1);
    assert!(enter.poll().is_ready());
    drop(enter);
    let books = gate.locked();
    assert_eq!((books.tickets, books.left, books.returned), (0, 0, 0));
}

#[test]
fn at_every_await_the_tickets_balance() {
    let report = drop_at_every_await_between(|| {
        let gate = Gate::with(1);
        let (other, checked) = (gate.clone(), gate.clone());
        let future = async move {
            let first = gate.enter(0, 1).await;
            let second = gate.enter_owned(1, 3).await;
            first.wants + second.wants
        };
        let mut added = 1;
        let seen = std::rc::Rc::new(std::cell::Cell::new(added));
        let sum = seen.clone();
        let step = move |_polls| {
            other.add(1, 1);
            added += 1;
            sum.set(added);
        };
        let check = move |end: End<usize>| {
            let taken = match end {
                End::Completed(wants) => wants,
                End::Dropped { polls: 0 } => 0,
                End::Dropped { .. } => 1,
            };
            assert_eq!(checked.locked().tickets + taken, seen.get(), "tickets were lost or made");
            assert!(checked.locked().is_empty(0) && checked.locked().is_empty(1));
        };
        (future, step, check)
    });
    assert!(report.drops >= 2, "{report:?}");
}

/// Every order in which five waiters can go, with a grant to the head before each second drop.
#[test]
fn in_every_order_the_line_stays_whole() {
    fn orders(rest: Vec<usize>) -> Vec<Vec<usize>> {
        if rest.is_empty() {
            return vec![Vec::new()];
        }
        let with = |&first: &usize| {
            let others = rest.iter().copied().filter(|&other| other != first).collect();
            orders(others).into_iter().map(move |order| [vec![first], order].concat())
        };
        rest.iter().flat_map(with).collect()
    }
    for order in orders((0..5).collect()) {
        let gate = Gate::with(0);
        let mut waiting: Vec<_> = (0..5).map(|_| Some(Stepped::new(gate.enter(0, 1)))).collect();
        for future in waiting.iter_mut().flatten() {
            assert!(future.poll().is_pending());
        }
        for (step, &leaver) in order.iter().enumerate() {
            if step % 2 == 1 {
                gate.add(0, 1);
            }
            waiting[leaver] = None;
        }
        let books = gate.locked();
        assert!(books.is_empty(0), "{order:?}");
        assert_eq!(books.tickets, 2, "{order:?}: each ticket went from hand to hand and is left over");
        assert_eq!(books.left + books.returned, 5, "{order:?}: each went one way or the other");
    }
}

#[test]
fn the_last_handle_may_be_the_waiters_own() {
    let gate = Gate::with(0);
    let weak = Arc::downgrade(&gate);
    let mut enter = Stepped::new(gate.enter_owned(0, 1));
    assert!(enter.poll().is_pending());
    drop(gate);
    assert!(weak.upgrade().is_some(), "a waiter keeps what it waits for");
    drop(enter);
    assert!(weak.upgrade().is_none());
}

#[test]
fn a_place_is_used_again_for_the_next_wait() {
    let gate = Gate::with(0);
    let mut enter = Stepped::new(gate.enter(0, 1));
    assert!(enter.poll().is_pending());
    gate.add(0, 1);
    assert!(enter.poll().is_ready());
    enter.as_mut().set(gate.enter(1, 1));
    assert!(enter.poll().is_pending());
    gate.add(1, 1);
    assert!(enter.poll().is_ready());
}

#[test]
fn a_leaked_waiter_harms_nobody_else() {
    let gate = Gate::with(0);
    let mut leaked = Box::pin(gate.enter_owned(0, 1));
    assert!(motet_test::WakeCount::new().poll(leaked.as_mut()).is_pending());
    std::mem::forget(leaked);
    let mut enter = Stepped::new(gate.enter(0, 1));
    assert!(enter.poll().is_pending());
    gate.add(0, 2);
    assert!(enter.poll().is_ready());
}
