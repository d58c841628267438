//! Values whose `Clone` uses the channel, and values whose `Drop` panics.

use futures::executor::block_on;
use motet_channel::broadcast::{self, Backpressure, Lag, Policy, Receiver, RecvError, TryRecvError, with_policy};
use motet_test::Stepped;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::sync::{Mutex, mpsc};
use std::task::Poll;

/// What the next clone does.
type Script = Box<dyn FnOnce()>;

/// A receiver that a clone may use.
type Used<P> = Rc<RefCell<Receiver<Scripted, P>>>;

/// A value on the heap, so that a read of a dropped one is seen. The next clone runs `on_clone`; `fragile` ones panic when they are dropped.
struct Scripted {
    number: Box<u32>,
    alive: Rc<Cell<isize>>,
    on_clone: Rc<RefCell<Option<Script>>>,
    fragile: bool,
}

impl Scripted {
    fn new(number: u32, alive: &Rc<Cell<isize>>) -> Self {
        alive.set(alive.get() + 1);
        Self { number: Box::new(number), alive: alive.clone(), on_clone: Rc::default(), fragile: false }
    }

    fn fragile(number: u32, alive: &Rc<Cell<isize>>) -> Self {
        let mut value = Self::new(number, alive);
        value.fragile = true;
        value
    }

    fn on_clone(self, run: impl FnOnce() + 'static) -> Self {
        *self.on_clone.borrow_mut() = Some(Box::new(run));
        self
    }
}

impl Clone for Scripted {
    fn clone(&self) -> Self {
        let run = self.on_clone.borrow_mut().take();
        if let Some(run) = run {
            run();
        }
        Self::new(*self.number, &self.alive)
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.alive.set(self.alive.get() - 1);
        if std::mem::take(&mut self.fragile) {
            panic!("on purpose: dropped {}", self.number);
        }
    }
}

fn panics<R>(run: impl FnOnce() -> R) -> bool {
    catch_unwind(AssertUnwindSafe(run)).is_err()
}

/// Two receivers of one channel, either of which a clone may use.
fn pair<P: Policy>(capacity: usize, policy: P) -> (broadcast::Sender<Scripted, P>, [Used<P>; 2]) {
    let (tx, rx) = with_policy(capacity, policy);
    (tx, [rx.clone(), rx].map(|rx| Rc::new(RefCell::new(rx))))
}

/// The first receiver clones the value while the second sees it: so the first drops it in its place, and that panics.
fn receive_with_a_panic<P: Policy + 'static>(
    [first, second]: &[Used<P>; 2],
    send: impl FnOnce(Scripted),
    alive: &Rc<Cell<isize>>,
) {
    let second = second.clone();
    send(Scripted::fragile(1, alive).on_clone(move || assert!(second.borrow_mut().try_recv().is_ok())));
    assert!(panics(|| first.borrow_mut().try_recv()));
    assert_eq!(alive.get(), 0, "dropped once, and so are the clones");
}

#[test]
fn after_a_panic_in_the_drop_of_a_value_both_have_seen_it() {
    let alive = Rc::default();
    let (tx, receivers) = pair(1, Lag);
    receive_with_a_panic(&receivers, |value| assert!(tx.send(value).is_ok()), &alive);
    for rx in &receivers {
        assert_eq!(rx.borrow_mut().try_recv().err(), Some(TryRecvError::Empty));
    }
    assert!(tx.send(Scripted::new(2, &alive)).is_ok());
    assert!(receivers.iter().all(|rx| rx.borrow_mut().try_recv().is_ok_and(|value| *value.number == 2)));
    assert_eq!(alive.get(), 0);
}

#[test]
fn a_receiver_that_goes_after_a_panic_in_the_drop_of_a_value_is_counted_out_once() {
    let alive = Rc::default();
    let (tx, receivers) = pair(1, Lag);
    receive_with_a_panic(&receivers, |value| assert!(tx.send(value).is_ok()), &alive);
    let [first, second] = receivers;
    drop(first);
    assert!(tx.send(Scripted::new(2, &alive)).is_ok());
    assert!(second.borrow_mut().try_recv().is_ok_and(|value| *value.number == 2));
}

#[test]
fn a_panic_in_the_drop_of_a_value_does_not_cost_a_waiting_sender_its_place() {
    let alive = Rc::default();
    let (tx, receivers) = pair(1, Backpressure);
    let waiting = RefCell::new(None);
    let put = |value| {
        assert!(tx.try_send(value).is_ok());
        let mut send = Stepped::new(tx.send(Scripted::new(2, &alive)));
        assert!(send.poll().is_pending());
        alive.set(alive.get() - 1);
        *waiting.borrow_mut() = Some(send);
    };
    receive_with_a_panic(&receivers, put, &alive);
    alive.set(1);
    let mut send = waiting.take().unwrap();
    assert_eq!(send.wakes(), 1);
    assert!(matches!(send.poll(), Poll::Ready(Ok(()))));
    assert!(receivers.iter().all(|rx| rx.borrow_mut().try_recv().is_ok_and(|value| *value.number == 2)));
    assert_eq!(alive.get(), 0);
}

#[test]
fn a_receiver_that_goes_has_seen_all_even_if_the_drop_of_one_value_panics() {
    let alive = Rc::default();
    let (tx, mut quick) = with_policy(3, Backpressure);
    let slow = quick.clone();
    assert!(tx.try_send(Scripted::fragile(0, &alive)).is_ok());
    for number in 1..3 {
        assert!(tx.try_send(Scripted::new(number, &alive)).is_ok());
    }
    (0..3).for_each(|_| drop(quick.try_recv().unwrap()));
    let mut sends: Vec<_> = (3..6).map(|number| Stepped::new(tx.send(Scripted::new(number, &alive)))).collect();
    assert!(sends.iter_mut().all(|send| send.poll().is_pending()));
    assert!(panics(|| drop(slow)));
    assert!(sends.iter_mut().all(|send| send.wakes() == 1 && send.poll().is_ready()));
    assert!((3..6).all(|number| quick.try_recv().is_ok_and(|value| *value.number == number)));
    assert_eq!(alive.get(), 0);
}

#[test]
fn a_value_taken_by_a_receiver_that_goes_lets_the_sender_on_even_if_its_drop_panics() {
    let alive = Rc::default();
    let (tx, mut quick) = with_policy(1, Backpressure);
    let slow = quick.clone();
    assert!(tx.try_send(Scripted::fragile(0, &alive)).is_ok());
    drop(quick.try_recv().unwrap());
    let mut send = Stepped::new(tx.send(Scripted::new(1, &alive)));
    assert!(send.poll().is_pending());
    assert!(panics(|| drop(slow)));
    assert!(send.wakes() == 1 && send.poll().is_ready());
    assert!(quick.try_recv().is_ok_and(|value| *value.number == 1));
}

#[test]
fn a_clone_that_sends_over_the_value_it_reads_does_not_wait_for_itself() {
    for overwrites in [1, 2, 5] {
        let alive = Rc::default();
        let (tx, [first, second]) = pair(1, Lag);
        let (sender, counts) = (tx.clone(), Rc::clone(&alive));
        let send_over = move || {
            for number in 2..2 + overwrites {
                assert!(sender.send(Scripted::new(number, &counts)).is_ok());
            }
        };
        assert!(tx.send(Scripted::new(1, &alive).on_clone(send_over)).is_ok());
        assert!(first.borrow_mut().try_recv().is_ok_and(|value| *value.number == 1), "it was being read");
        assert_eq!(alive.get(), 1, "what was overwritten is gone");
        let missed = |values: u32| (values > 0).then_some(TryRecvError::Lagged(values.into()));
        for (rx, missed) in [(&first, missed(overwrites - 1)), (&second, missed(overwrites))] {
            if missed.is_some() {
                assert_eq!(rx.borrow_mut().try_recv().err(), missed);
            }
            assert_eq!(rx.borrow_mut().try_recv().ok().map(|value| *value.number), Some(overwrites + 1));
            assert_eq!(rx.borrow_mut().try_recv().err(), Some(TryRecvError::Empty));
        }
        assert_eq!(alive.get(), 0);
        // All is as it was before: nothing is left behind in the channel.
        (0..3).for_each(|number| assert!(tx.send(Scripted::new(number, &alive)).is_ok()));
        assert_eq!(alive.get(), 1);
        drop(tx);
    }
}

#[test]
fn clones_within_clones_read_values_that_were_all_sent_over() {
    let alive = Rc::default();
    let (tx, [first, second]) = pair(1, Lag);
    let inner = {
        let (tx, alive) = (tx.clone(), Rc::clone(&alive));
        move || assert!(tx.send(Scripted::new(3, &alive)).is_ok())
    };
    let outer = {
        let (tx, alive, second) = (tx.clone(), Rc::clone(&alive), second.clone());
        move || {
            assert!(tx.send(Scripted::new(2, &alive).on_clone(inner)).is_ok());
            assert_eq!(second.borrow_mut().try_recv().err(), Some(TryRecvError::Lagged(1)));
            assert!(second.borrow_mut().try_recv().is_ok_and(|value| *value.number == 2));
        }
    };
    assert!(tx.send(Scripted::new(1, &alive).on_clone(outer)).is_ok());
    assert!(first.borrow_mut().try_recv().is_ok_and(|value| *value.number == 1));
    assert!(second.borrow_mut().try_recv().is_ok_and(|value| *value.number == 3));
    assert_eq!(first.borrow_mut().try_recv().err(), Some(TryRecvError::Lagged(1)));
    assert!(first.borrow_mut().try_recv().is_ok_and(|value| *value.number == 3));
    assert_eq!(alive.get(), 0);
    drop((tx, first, second));
}

#[test]
fn a_value_sent_over_while_its_clone_panics_is_missed_and_dropped() {
    let alive = Rc::default();
    let (tx, [first, second]) = pair(2, Lag);
    let (sender, counts) = (tx.clone(), Rc::clone(&alive));
    let send_over = move || {
        (2..4).for_each(|number| assert!(sender.send(Scripted::new(number, &counts)).is_ok()));
        panic!("on purpose: a clone");
    };
    assert!(tx.send(Scripted::new(1, &alive).on_clone(send_over)).is_ok());
    assert!(panics(|| first.borrow_mut().try_recv()));
    assert_eq!(alive.get(), 2);
    for rx in [first, second] {
        assert_eq!(rx.borrow_mut().try_recv().err(), Some(TryRecvError::Lagged(1)));
        assert!((2..4).all(|number| rx.borrow_mut().try_recv().is_ok_and(|value| *value.number == number)));
    }
    assert_eq!(alive.get(), 0);
}

#[test]
fn receivers_that_come_and_go_count_a_value_that_was_sent_past_one_being_read() {
    let alive = Rc::default();
    let (tx, [first, second]) = pair(1, Lag);
    let (sender, counts) = (tx.clone(), Rc::clone(&alive));
    let send_over = move || assert!(sender.send(Scripted::new(2, &counts)).is_ok());
    assert!(tx.send(Scripted::new(1, &alive).on_clone(send_over)).is_ok());
    drop(first.borrow_mut().try_recv().unwrap());
    let third = first.borrow().clone();
    drop((first, second));
    assert_eq!(alive.get(), 1, "the third has to see it");
    drop(third);
    assert_eq!(alive.get(), 0);
}

/// A value whose clone tells that it has begun, and goes on when it may.
struct Gated {
    number: Box<u32>,
    gate: Mutex<Option<(mpsc::Sender<()>, mpsc::Receiver<()>)>>,
}

impl Clone for Gated {
    fn clone(&self) -> Self {
        let gate = self.gate.lock().unwrap().take();
        if let Some((begun, go_on)) = gate {
            begun.send(()).unwrap();
            go_on.recv().unwrap();
        }
        Self { number: self.number.clone(), gate: Mutex::new(None) }
    }
}

#[test]
fn a_long_clone_holds_up_no_sender_and_no_other_receiver() {
    let (tx, mut slow) = broadcast::channel(1);
    let mut other = slow.clone();
    let ((tell_begun, begun), (let_go_on, go_on)) = (mpsc::channel(), mpsc::channel());
    tx.send(Gated { number: Box::new(0), gate: Mutex::new(Some((tell_begun, go_on))) }).ok().unwrap();
    let thread = std::thread::spawn(move || (slow.try_recv().ok().map(|value| *value.number), slow));
    begun.recv().unwrap();
    for number in 1..4 {
        tx.send(Gated { number: Box::new(number), gate: Mutex::new(None) }).ok().unwrap();
        if number == 1 {
            assert_eq!(block_on(other.recv()).err(), Some(RecvError::Lagged(1)));
        }
        assert_eq!(block_on(other.recv()).map(|value| *value.number), Ok(number));
    }
    assert_eq!((tx.receiver_count(), other.len()), (2, 0));
    let_go_on.send(()).unwrap();
    let (read, mut slow) = thread.join().unwrap();
    assert_eq!(read, Some(0), "it was not overwritten while it was read");
    assert_eq!(slow.try_recv().err(), Some(TryRecvError::Lagged(2)));
    assert_eq!(slow.try_recv().map(|value| *value.number), Ok(3));
}
