//! Wakers are foreign code: they panic when they are woken or dropped, and use the channel when they are cloned.
#![expect(unsafe_code, reason = "a waker whose clone does something is made of raw parts")]

use futures::executor::block_on;
use motet_channel::broadcast::{Backpressure, with_policy};
use motet_channel::{bounded, local, oneshot, watch};
use motet_test::{Stepped, WakeCount, waker_that_panics_when_dropped, waker_that_panics_when_woken};
use std::cell::RefCell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, RawWaker, RawWakerVTable, Wake, Waker};

/// Polls with a waker whose last clone is kept by what was polled.
fn poll_with<F: Future + ?Sized>(waker: Waker, future: Pin<&mut F>) -> Poll<F::Output> {
    let polled = future.poll(&mut Context::from_waker(&waker));
    drop(waker);
    polled
}

thread_local! {
    static ON_CLONE: RefCell<Option<Box<dyn FnOnce()>>> = const { RefCell::new(None) };
}

fn run_on_clone() {
    if let Some(run) = ON_CLONE.take() {
        run();
    }
}

/// A waker that does something when it is cloned, once; its clone panics when it is dropped.
fn busy_and_fragile(on_clone: impl FnOnce() + 'static) -> Waker {
    static TABLE: RawWakerVTable = RawWakerVTable::new(
        |_| {
            run_on_clone();
            RawWaker::new(std::ptr::null(), &FRAGILE)
        },
        |_| (),
        |_| (),
        |_| (),
    );
    static FRAGILE: RawWakerVTable = RawWakerVTable::new(
        |_| RawWaker::new(std::ptr::null(), &FRAGILE),
        |_| (),
        |_| (),
        |_| panic!("on purpose: dropped"),
    );
    ON_CLONE.set(Some(Box::new(on_clone)));
    // SAFETY: the tables' functions own nothing.
    unsafe { Waker::from_raw(RawWaker::new(std::ptr::null(), &TABLE)) }
}

/// A waker that does something when it is cloned, once.
fn busy(on_clone: impl FnOnce() + 'static) -> Waker {
    const PARTS: RawWaker = RawWaker::new(std::ptr::null(), &TABLE);
    static TABLE: RawWakerVTable = RawWakerVTable::new(
        |_| {
            run_on_clone();
            PARTS
        },
        |_| (),
        |_| (),
        |_| (),
    );
    ON_CLONE.set(Some(Box::new(on_clone)));
    // SAFETY: the table's functions own nothing.
    unsafe { Waker::from_raw(PARTS) }
}

#[test]
fn a_receiver_whose_waker_panics_does_not_disturb_the_sender_of_a_oneshot() {
    let (tx, mut rx) = oneshot::channel();
    assert!(poll_with(waker_that_panics_when_woken(), Pin::new(&mut rx)).is_pending());
    assert_eq!(tx.send(1), Ok(()));
    assert_eq!(rx.try_recv(), Ok(1));
    let (tx, mut rx) = oneshot::channel::<u8>();
    assert!(poll_with(waker_that_panics_when_woken(), Pin::new(&mut rx)).is_pending());
    drop(tx);
    assert!(rx.try_recv().is_err());
    let (mut tx, mut rx) = oneshot::channel::<u8>();
    assert!(
        poll_with(waker_that_panics_when_woken(), pin!(std::future::poll_fn(|cx| tx.poll_closed(cx)))).is_pending()
    );
    rx.close();
    assert!(tx.is_closed());
}

#[test]
fn an_end_of_a_oneshot_whose_own_waker_panics_wakes_the_other() {
    for how in 0..4 {
        let (mut tx, rx) = oneshot::channel();
        let wakes = WakeCount::new();
        let mut rx = Some(Box::pin(rx));
        if how < 2 {
            assert!(
                poll_with(waker_that_panics_when_dropped(), pin!(std::future::poll_fn(|cx| tx.poll_closed(cx))))
                    .is_pending()
            );
            assert!(wakes.poll(rx.as_mut().unwrap().as_mut()).is_pending());
        } else {
            assert!(poll_with(waker_that_panics_when_dropped(), rx.as_mut().unwrap().as_mut()).is_pending());
            assert!(tx.poll_closed(&mut Context::from_waker(&wakes.waker())).is_pending());
        }
        match how {
            0 => drop(tx),
            1 => tx.send(1).unwrap(),
            2 => drop(rx.take()),
            _ => rx.as_mut().unwrap().close(),
        }
        assert_eq!(wakes.count(), 1, "case {how}");
    }
}

#[test]
fn a_wait_of_a_oneshot_goes_on_with_a_new_waker_though_the_old_one_panics() {
    let (mut tx, rx) = oneshot::channel();
    let mut rx = Stepped::new(rx);
    assert!(poll_with(waker_that_panics_when_dropped(), rx.as_mut()).is_pending());
    assert!(rx.poll().is_pending());
    {
        let mut closed = Box::pin(tx.closed());
        assert!(poll_with(waker_that_panics_when_dropped(), closed.as_mut()).is_pending());
    }
    tx.send(1).unwrap();
    assert_eq!((rx.wakes(), rx.poll()), (1, Poll::Ready(Ok(1))));
}

#[test]
fn a_wait_of_a_oneshot_that_ends_while_its_new_waker_is_cloned_is_ready_though_the_clone_panics() {
    for first in [false, true] {
        let (tx, rx) = oneshot::channel();
        let mut rx = Stepped::new(rx);
        if !first {
            assert!(rx.poll().is_pending());
        }
        let waker = busy_and_fragile(move || tx.send(1).unwrap());
        assert_eq!(rx.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Ready(Ok(1)));
    }
}

#[test]
fn an_end_of_a_local_oneshot_whose_own_waker_panics_wakes_the_other() {
    for how in 0..4 {
        let (mut tx, rx) = local::oneshot::channel();
        let wakes = WakeCount::new();
        let mut rx = Some(Box::pin(rx));
        {
            // Forgotten, or it would take its waker back.
            let mut closed = std::mem::ManuallyDrop::new(tx.closed());
            let (closed, rx) = (Pin::new(&mut *closed), rx.as_mut().unwrap().as_mut());
            if how < 2 {
                assert!(poll_with(waker_that_panics_when_dropped(), closed).is_pending());
                assert!(wakes.poll(rx).is_pending());
            } else {
                assert!(poll_with(waker_that_panics_when_dropped(), rx).is_pending());
                assert!(wakes.poll(closed).is_pending());
            }
        }
        match how {
            0 => drop(tx),
            1 => tx.send(1).unwrap(),
            2 => drop(rx.take()),
            _ => rx.as_mut().unwrap().close(),
        }
        assert_eq!(wakes.count(), 1, "case {how}");
    }
}

#[test]
fn a_wait_of_a_local_oneshot_goes_on_with_a_new_waker_though_the_old_one_panics() {
    let (mut tx, rx) = local::oneshot::channel();
    let mut rx = Stepped::new(rx);
    assert!(poll_with(waker_that_panics_when_dropped(), rx.as_mut()).is_pending());
    assert!(rx.poll().is_pending());
    drop({
        let mut closed = Box::pin(tx.closed());
        assert!(poll_with(waker_that_panics_when_dropped(), closed.as_mut()).is_pending());
        closed
    });
    tx.send(1).unwrap();
    assert_eq!((rx.wakes(), rx.poll()), (1, Poll::Ready(Ok(1))));
}

#[test]
fn a_wait_of_a_local_queue_may_leave_with_a_waker_that_panics() {
    let queue = local::Queue::bounded(1);
    let mut left = Box::pin(queue.get());
    assert!(poll_with(waker_that_panics_when_dropped(), left.as_mut()).is_pending());
    drop(left);
    let mut get = Stepped::new(queue.get());
    assert!(poll_with(waker_that_panics_when_dropped(), get.as_mut()).is_pending());
    assert!(get.poll().is_pending());
    let mut grumpy = Box::pin(queue.get());
    assert!(poll_with(waker_that_panics_when_woken(), grumpy.as_mut()).is_pending());
    assert_eq!((queue.try_put(1), get.poll()), (Ok(()), Poll::Ready(Ok(1))));
    assert_eq!(queue.try_put(2), Ok(()));
    assert_eq!(WakeCount::new().poll(grumpy.as_mut()), Poll::Ready(Ok(2)));
    let mut forgotten = Box::pin(queue.get());
    assert!(poll_with(waker_that_panics_when_dropped(), forgotten.as_mut()).is_pending());
    std::mem::forget(forgotten);
    drop((get, grumpy));
    drop(queue);
}

#[test]
fn a_local_wait_that_ends_while_its_new_waker_is_cloned_is_ready_at_once() {
    let queue = Rc::new(local::Queue::unbounded());
    let mut get = Stepped::new(queue.get());
    assert!(get.poll().is_pending());
    let putter = queue.clone();
    let waker = busy(move || putter.try_put(1).unwrap());
    assert_eq!(get.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Ready(Ok(1)));
    let (tx, rx) = local::oneshot::channel();
    let mut rx = Stepped::new(rx);
    assert!(rx.poll().is_pending());
    let waker = busy(move || tx.send(2).unwrap());
    assert_eq!(rx.as_mut().poll(&mut Context::from_waker(&waker)), Poll::Ready(Ok(2)));
}

/// A waker that does something when it is woken, once.
struct Eager(Mutex<Option<Box<dyn FnOnce() + Send>>>);

impl Eager {
    fn waker(on_wake: impl FnOnce() + Send + 'static) -> Waker {
        Waker::from(Arc::new(Self(Mutex::new(Some(Box::new(on_wake))))))
    }
}

impl Wake for Eager {
    fn wake(self: Arc<Self>) {
        let run = self.0.lock().unwrap().take();
        if let Some(run) = run {
            run();
        }
    }
}

/// More than are woken without letting go of the lock.
const MANY: usize = 40;

#[test]
fn a_watch_that_is_watched_again_while_closers_are_woken_is_not_closed_for_those_who_come_after() {
    let (tx, rx) = watch::channel(0);
    let (late, closers) = (Arc::new(Mutex::new(None)), tx.clone());
    let (slot, other) = (late.clone(), tx.clone());
    let watch_again = move || {
        let rx = other.subscribe();
        // It stays in line for as long as the test runs.
        let other: &'static _ = Box::leak(Box::new(other));
        let mut closed = Stepped::new(other.closed());
        assert!(closed.poll().is_pending());
        *slot.lock().unwrap() = Some((rx, closed));
    };
    let mut waits: Vec<_> = (0..MANY).map(|_| Stepped::new(closers.closed())).collect();
    assert!(poll_with(Eager::waker(watch_again), waits[0].as_mut()).is_pending());
    assert!(waits[1..].iter_mut().all(|wait| wait.poll().is_pending()));
    drop(rx);
    let (rx, mut closed) = late.lock().unwrap().take().unwrap();
    assert!(closed.poll().is_pending(), "somebody watches");
    drop(rx);
    assert!(closed.poll().is_ready());
    assert!(waits.iter_mut().all(|wait| wait.poll().is_ready()));
}

#[test]
fn a_broadcast_that_is_received_again_while_senders_are_sent_away_takes_those_who_come_after() {
    let (tx, rx) = with_policy(1, Backpressure);
    tx.try_send(0).unwrap();
    let (late, senders) = (Arc::new(Mutex::new(None)), tx.clone());
    let (slot, other) = (late.clone(), tx.clone());
    let receive_again = move || {
        let rx = other.subscribe();
        let other: &'static _ = Box::leak(Box::new(other));
        let (mut send, mut closed) = (Stepped::new(other.send(1_000)), Stepped::new(other.closed()));
        assert!(send.poll().is_pending() && closed.poll().is_pending());
        *slot.lock().unwrap() = Some((rx, send, closed));
    };
    let mut sends: Vec<_> = (0..MANY).map(|value| Stepped::new(senders.send(value))).collect();
    let mut closers: Vec<_> = (0..MANY).map(|_| Stepped::new(senders.closed())).collect();
    assert!(poll_with(Eager::waker(receive_again), sends[0].as_mut()).is_pending());
    assert!(sends[1..].iter_mut().all(|send| send.poll().is_pending()));
    assert!(closers.iter_mut().all(|closed| closed.poll().is_pending()));
    drop(rx);
    let (mut rx, mut send, mut closed) = late.lock().unwrap().take().unwrap();
    assert!(closed.poll().is_pending(), "somebody receives");
    // Whoever was before it in line and was not sent away is served first.
    let mut served = Vec::new();
    let mut result = send.poll();
    while result.is_pending() {
        sends.iter_mut().filter(|send| send.is_woken()).for_each(|send| assert!(send.poll().is_ready()));
        served.extend(rx.try_recv());
        result = send.poll();
    }
    assert_eq!(result, Poll::Ready(Ok(())));
    assert!(served.is_sorted() && served.len() < MANY);
    assert_eq!(block_on(rx.recv()), Ok(1_000));
}

#[test]
fn a_place_that_is_given_up_while_senders_are_sent_away_is_for_those_who_are_left_in_line() {
    let (tx, rx) = with_policy(1, Backpressure);
    let late = Arc::new(Mutex::new(None));
    let (slot, other) = (late.clone(), tx.clone());
    let permit = block_on(Box::leak(Box::new(tx.clone())).reserve()).unwrap();
    let receive_again = move || {
        assert!(permit.send(1_000).is_err(), "nobody receives");
        *slot.lock().unwrap() = Some(other.subscribe());
    };
    let mut sends: Vec<_> = (0..MANY).map(|value| Stepped::new(tx.send(value))).collect();
    assert!(poll_with(Eager::waker(receive_again), sends[0].as_mut()).is_pending());
    assert!(sends[1..].iter_mut().all(|send| send.poll().is_pending()));
    drop(rx);
    let mut rx = late.lock().unwrap().take().unwrap();
    let mut sent = Vec::new();
    let mut received = Vec::new();
    for (value, send) in sends.iter_mut().enumerate().skip(1) {
        assert!(send.is_woken(), "sender {value} is left in line");
        let Poll::Ready(result) = send.poll() else { panic!("sender {value} was woken in vain") };
        sent.extend(result.is_ok().then_some(value));
        received.extend(rx.try_recv());
    }
    assert!(!sent.is_empty(), "the last ones were in line when somebody received again");
    assert_eq!(received, sent);
}

#[test]
fn nobody_overtakes_senders_in_line_while_they_are_woken() {
    let (tx, rx) = bounded(MANY);
    (0..MANY).for_each(|value| tx.try_send(value).unwrap());
    let (senders, barger) = (tx.clone(), tx.clone());
    let barge = move || assert!(barger.try_send(1_000).unwrap_err().is_full());
    let mut sends: Vec<_> = (0..MANY).map(|value| Stepped::new(senders.send(value))).collect();
    assert!(poll_with(Eager::waker(barge), sends[0].as_mut()).is_pending());
    assert!(sends[1..].iter_mut().all(|send| send.poll().is_pending()));
    assert_eq!(rx.drain().count(), MANY);
    assert!(sends.iter_mut().all(|send| send.poll() == Poll::Ready(Ok(()))));
    assert_eq!(rx.drain().collect::<Vec<_>>(), (0..MANY).collect::<Vec<_>>());
    assert!((0..MANY).all(|value| tx.try_send(value).is_ok()), "all the room is there again");
}
