//! Order, and who is granted what.

use crate::gate::{Enter, Gate};
use motet_prim::Leave;
use motet_test::Stepped;
use std::sync::Arc;

fn queue(gate: &Arc<Gate>, list: usize, wants: &[usize]) -> Vec<Stepped<Enter<Arc<Gate>>>> {
    let mut waiting: Vec<_> = wants.iter().map(|&wants| Stepped::new(gate.enter_owned(list, wants))).collect();
    for future in &mut waiting {
        assert!(future.poll().is_pending());
    }
    waiting
}

fn woken(waiting: &[Stepped<Enter<Arc<Gate>>>]) -> Vec<bool> {
    waiting.iter().map(Stepped::is_woken).collect()
}

#[test]
fn who_need_not_wait_passes_at_once_and_wakes_nobody() {
    let gate = Gate::with(1);
    let mut enter = Stepped::new(gate.enter(0, 1));
    assert!(enter.poll().is_ready());
    assert_eq!(enter.wakes(), 0);
    assert_eq!(gate.locked().tickets, 0);
    assert!(gate.locked().is_empty(0));
}

#[test]
fn the_oldest_is_granted_first() {
    let gate = Gate::with(0);
    let mut waiting = queue(&gate, 0, &[1, 1, 1]);
    gate.add(0, 1);
    assert_eq!(woken(&waiting), [true, false, false]);
    assert!(waiting[0].poll().is_ready());
    gate.add(0, 1);
    assert_eq!(woken(&waiting[1..]), [true, false]);
}

#[test]
fn who_queues_first_of_all_is_granted_before_the_oldest() {
    let gate = Gate::with(0);
    let mut waiting = queue(&gate, 0, &[1]);
    let mut urgent = Stepped::new(gate.enter(0, 1).first());
    assert!(urgent.poll().is_pending());
    gate.add(0, 1);
    assert!(urgent.poll().is_ready());
    assert!(waiting[0].poll().is_pending());
}

#[test]
fn grants_stop_at_the_first_that_does_not_fit() {
    let gate = Gate::with(0);
    let waiting = queue(&gate, 0, &[1, 3, 1]);
    gate.add(0, 3);
    assert_eq!(woken(&waiting), [true, false, false], "the third must not overtake the second");
    assert_eq!(gate.locked().tickets, 2);
    gate.add(0, 2);
    assert_eq!(woken(&waiting), [true, true, true]);
    assert_eq!(gate.locked().tickets, 0);
}

#[test]
fn the_lists_are_lines_of_their_own() {
    let gate = Gate::with(0);
    let left = queue(&gate, 0, &[1]);
    let right = queue(&gate, 1, &[1]);
    gate.add(1, 1);
    assert_eq!((woken(&left), woken(&right)), (vec![false], vec![true]));
    assert!(!gate.locked().is_empty(0));
    assert!(gate.locked().is_empty(1));
}

#[test]
fn more_than_a_batch_is_granted_in_one_go() {
    for waiters in [31, 32, 33, 64, 65, 100] {
        let gate = Gate::with(0);
        let mut waiting = queue(&gate, 0, &vec![1; waiters]);
        gate.add(0, waiters);
        assert!(woken(&waiting).iter().all(|&woken| woken), "of {waiters}");
        assert!(waiting.iter_mut().all(|future| future.poll().is_ready()));
    }
}

#[test]
fn whoever_stands_in_the_middle_leaves_without_a_trace() {
    for leaver in 0..4 {
        let gate = Gate::with(0);
        let mut waiting = queue(&gate, 0, &[1, 1, 1, 1]);
        drop(waiting.remove(leaver));
        for next in 0..3 {
            assert_eq!(woken(&waiting), [0, 1, 2].map(|i| i < next));
            assert!(gate.grant_one(0));
        }
        assert!(!gate.grant_one(0), "nobody is left");
        assert_eq!(gate.locked().left, 1);
    }
}

#[test]
fn an_empty_line_grants_nothing() {
    let gate = Gate::with(0);
    assert!(!gate.grant_one(0));
    assert!(gate.locked().look_front(0, |_, _| ()).is_none());
}

#[test]
fn the_head_is_looked_at_without_a_grant() {
    let gate = Gate::with(0);
    let waiting = queue(&gate, 0, &[7, 1]);
    assert_eq!(gate.locked().look_front(0, |_, pass| pass.wants), Some(7));
    assert_eq!(woken(&waiting), [false, false]);
}

#[test]
fn leaving_gives_back_what_the_waiter_came_with() {
    let gate = Gate::with(0);
    let mut idle = Stepped::new(gate.enter_owned(0, 5));
    assert!(matches!(idle.as_mut().leave(), Leave::Ungranted(_, pass) if pass.wants == 5));

    let mut waiting = queue(&gate, 0, &[4, 3]);
    assert!(matches!(waiting[0].as_mut().leave(), Leave::Ungranted(_, pass) if pass.wants == 4));
    assert_eq!(gate.locked().left, 1);
    gate.add(0, 3);
    assert!(matches!(waiting[1].as_mut().leave(), Leave::Granted(_, pass) if pass.granted));
    drop(waiting);
    assert_eq!(gate.locked().returned, 0, "who leaves has the grant, so its drop returns nothing");
}

#[test]
#[should_panic(expected = "polled after it was ready")]
fn polling_after_the_end_is_a_panic_that_says_so() {
    let gate = Gate::with(1);
    let mut enter = Stepped::new(gate.enter(0, 1));
    assert!(enter.poll().is_ready());
    let _ = enter.poll();
}

#[test]
#[should_panic(expected = "no list of that number")]
fn a_waiter_for_a_list_that_is_not_there_is_a_panic() {
    let gate = Gate::with(0);
    drop(gate.enter(2, 1));
}

#[test]
fn a_waiter_is_small() {
    // Two links, a waker, a payload of two words, a stage and a list, a home, a handle.
    assert_eq!(size_of::<motet_prim::Waiter<&Gate, 2>>(), 9 * size_of::<usize>());
}

#[test]
fn whoever_has_become_the_oldest_may_leave_or_be_granted() {
    let gate = Gate::with(0);
    let mut waiting = queue(&gate, 0, &[1, 1, 1, 1]);
    gate.add(0, 1);
    drop(waiting.remove(1));
    assert_eq!(woken(&waiting), [true, false, false], "who left was not granted");
    let mut urgent = Stepped::new(gate.enter(0, 1).first());
    assert!(urgent.poll().is_pending());
    drop(waiting.remove(1));
    drop(urgent);
    gate.add(0, 1);
    assert_eq!(woken(&waiting), [true, true]);
    assert!(gate.locked().is_empty(0));
    let late = queue(&gate, 0, &[1, 1]);
    gate.add(0, 2);
    assert_eq!(woken(&late), [true, true]);
}
