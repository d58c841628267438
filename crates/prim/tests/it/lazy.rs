//! Room for a waiter: nothing until it is entered, and from then on a waiter.

use motet_prim::{Admit, LazyWaiter, WaitList, Waitable, Waiter};
use std::cell::Cell;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

struct Gate {
    line: WaitList<(), u32>,
    returned: Cell<u32>,
}

impl Waitable for Gate {
    type State = ();
    type Payload = u32;

    fn wait_list(&self) -> &WaitList<(), u32> {
        &self.line
    }

    fn on_return(&self, _list: usize, payload: u32) {
        self.returned.set(payload);
    }
}

fn gate() -> Gate {
    Gate { line: WaitList::new(()), returned: Cell::new(0) }
}

fn wait(waiter: Pin<&mut Waiter<&Gate>>) -> Option<u32> {
    taken(waiter.poll_wait(&mut Context::from_waker(Waker::noop()), |_, _| false, |_, _, _| Admit::Wait))
}

fn wait_in(place: Pin<&mut LazyWaiter<&Gate>>) -> Option<u32> {
    taken(place.poll_wait(&mut Context::from_waker(Waker::noop()), |_, _, _| Admit::Wait))
}

fn taken(polled: Poll<(&Gate, u32)>) -> Option<u32> {
    match polled {
        Poll::Ready((_, payload)) => Some(payload),
        Poll::Pending => None,
    }
}

#[test]
fn an_entered_place_keeps_its_waiter_until_it_is_granted() {
    let gate = gate();
    let mut place = pin!(LazyWaiter::new());
    assert!(place.is_vacant() && place.as_mut().get().is_none());
    assert_eq!(wait(place.as_mut().enter(|| Waiter::new(&gate, 0, 1))), None);
    drop(gate.line.lock().grant_front(0, |(), payload| *payload += 1));
    let granted = wait(place.as_mut().enter(|| unreachable!("it has been entered")));
    assert_eq!(granted, Some(2));
}

#[test]
fn a_place_that_is_dropped_in_line_leaves_it() {
    let gate = gate();
    {
        let mut place = pin!(LazyWaiter::new());
        assert_eq!(wait(place.as_mut().enter(|| Waiter::new(&gate, 0, 1))), None);
        assert!(!gate.line.lock().is_empty(0));
    }
    assert!(gate.line.lock().is_empty(0));
    assert_eq!(gate.returned.get(), 0, "it was granted nothing");
}

#[test]
fn a_place_that_is_dropped_with_a_grant_returns_it() {
    let gate = gate();
    {
        let mut place = pin!(LazyWaiter::new());
        assert_eq!(wait(place.as_mut().enter(|| Waiter::new(&gate, 0, 1))), None);
        drop(gate.line.lock().grant_front(0, |(), payload| *payload = 7));
    }
    assert_eq!(gate.returned.get(), 7);
}

#[test]
fn a_place_whose_waiter_is_done_may_be_entered_again() {
    let gate = gate();
    let mut place = pin!(LazyWaiter::new());
    for round in [1, 10] {
        place.as_mut().enter(|| Waiter::new(&gate, 0, round));
        assert_eq!(wait_in(place.as_mut()), None);
        assert!(!place.is_vacant());
        drop(gate.line.lock().grant_front(0, |(), payload| *payload += 1));
        assert_eq!(wait_in(place.as_mut()), Some(round + 1));
        assert!(place.is_vacant() && place.as_mut().get().is_none());
    }
    assert_eq!(gate.returned.get(), 0, "all of it was taken");
}
