//! Every future dropped at every await, while the other side closes or shuts down: each value is in one place, or was dropped by the close.

use crate::channel::flavours;
use motet_channel::{
    Fifo, Lifo, Order, OrderedQueue, Receiver, Sender, Shutdown, Smallest, TooManyDone, oneshot, watch,
};
use motet_test::{End, Report, drop_at_every_await_between};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;

const WATCHED: usize = 1_000;

type Log = Rc<RefCell<Vec<usize>>>;
type Boxed = Pin<Box<dyn Future<Output = ()>>>;

/// How a channel ends after the first poll.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Closing {
    BySender,
    ByReceiver,
    LastOtherEnd,
}

const CLOSINGS: [Closing; 3] = [Closing::BySender, Closing::ByReceiver, Closing::LastOtherEnd];

fn assert_thorough(report: Report, drops: usize) {
    assert!(report.completed, "a close wakes everybody");
    assert_eq!(report.drops, drops);
}

/// The future under test sends into a full channel; it is closed after the first poll.
fn sending_side(send: impl Fn(Sender<usize>, Log) -> Boxed) {
    for (capacity, make) in flavours() {
        let Some(capacity) = capacity else { continue };
        for closing in CLOSINGS {
            let report = drop_at_every_await_between(|| {
                let (tx, rx) = make();
                (0..capacity).for_each(|value| tx.try_send(value).unwrap());
                let (closer, probe) = (tx.clone(), tx.clone());
                let refused = Log::default();
                let future = send(tx, refused.clone());
                let rx = Rc::new(RefCell::new(Some(rx)));
                let other = rx.clone();
                let step = move |_| match closing {
                    Closing::BySender => closer.close(),
                    Closing::ByReceiver => other.borrow().iter().for_each(Receiver::close),
                    Closing::LastOtherEnd => drop(other.take()),
                };
                let check = move |end: End<()>| {
                    let left: Vec<_> = rx.take().into_iter().flat_map(|rx| rx.drain().collect::<Vec<_>>()).collect();
                    assert!(!left.contains(&WATCHED), "{closing:?}: sent after the close");
                    let back = refused.take();
                    assert_eq!(back, if end == End::Completed(()) { vec![WATCHED] } else { vec![] });
                    assert!(probe.is_closed() || end == End::Dropped { polls: 0 });
                };
                (future, step, check)
            });
            assert_thorough(report, 2);
        }
    }
}

#[test]
fn a_send_that_is_dropped_in_a_close_has_sent_nothing_and_one_that_is_not_gets_its_value_back() {
    sending_side(|tx, refused| {
        Box::pin(async move {
            let sent = tx.send(WATCHED).await;
            refused.borrow_mut().extend(sent.err().map(|error| error.0));
        })
    });
    sending_side(|tx, refused| {
        Box::pin(async move {
            let sent = match tx.reserve().await {
                Ok(permit) => permit.send(WATCHED).is_ok(),
                Err(_) => false,
            };
            refused.borrow_mut().extend((!sent).then_some(WATCHED));
        })
    });
    sending_side(|mut tx, refused| {
        Box::pin(async move {
            let sent = futures::SinkExt::send(&mut tx, WATCHED).await.is_ok();
            refused.borrow_mut().extend((!sent).then_some(WATCHED));
        })
    });
    sending_side(|tx, refused| {
        Box::pin(async move {
            let mut values = VecDeque::from([WATCHED]);
            assert!(tx.send_many(&mut values).await.is_err());
            refused.borrow_mut().extend(values);
        })
    });
}

/// The future under test receives from an empty channel; after the first poll one value is sent, and then it is closed.
fn receiving_side(recv: impl Fn(Receiver<usize>, Log) -> Boxed) {
    for (_, make) in flavours() {
        for (closing, send) in CLOSINGS.into_iter().flat_map(|closing| [(closing, false), (closing, true)]) {
            let report = drop_at_every_await_between(|| {
                let (tx, rx) = make();
                let (left, closer) = (rx.clone(), rx.clone());
                let received = Log::default();
                let future = recv(rx, received.clone());
                let mut tx = Some(tx);
                let sent = Rc::new(RefCell::new(0));
                let count = sent.clone();
                let step = move |_| {
                    let Some(tx) = tx.take() else { return };
                    if send {
                        tx.try_send(WATCHED).unwrap();
                        *count.borrow_mut() += 1;
                    }
                    match closing {
                        Closing::BySender => tx.close(),
                        Closing::ByReceiver => closer.close(),
                        Closing::LastOtherEnd => drop(tx),
                    }
                };
                let check = move |_: End<()>| {
                    let mut all = received.take();
                    all.extend(left.drain());
                    assert_eq!(all, vec![WATCHED; sent.take()], "{closing:?}");
                };
                (future, step, check)
            });
            assert_thorough(report, 2);
        }
    }
}

#[test]
fn a_recv_that_is_dropped_in_a_close_has_taken_nothing_and_one_that_is_not_has_its_value() {
    receiving_side(|rx, received| {
        Box::pin(async move {
            let value = rx.recv().await;
            received.borrow_mut().extend(value);
        })
    });
    receiving_side(|rx, received| {
        Box::pin(async move {
            let mut out = Vec::new();
            let _ = rx.recv_many(&mut out, 3).await;
            received.borrow_mut().extend(out);
        })
    });
    receiving_side(|mut rx, received| {
        Box::pin(async move {
            let value = futures::StreamExt::next(&mut rx).await;
            received.borrow_mut().extend(value);
        })
    });
}

const HOWS: [Shutdown; 2] = [Shutdown::Drain, Shutdown::Immediate];
const CAPACITIES: [usize; 3] = [1, 2, 100];

/// What was put and never got is got and done; then nothing may be left to do.
fn assert_all_done<O: Order<usize>>(queue: &OrderedQueue<usize, O>) {
    while queue.try_get().is_ok() {
        queue.task_done().unwrap();
    }
    assert_eq!(queue.task_done(), Err(TooManyDone), "something counts as unfinished that is in no place");
}

fn putting_side<O: Order<usize>>(put: impl Fn(OrderedQueue<usize, O>, Log) -> Boxed) {
    for (capacity, how) in CAPACITIES.into_iter().flat_map(|capacity| HOWS.map(|how| (capacity, how))) {
        let report = drop_at_every_await_between(|| {
            let queue = OrderedQueue::bounded(capacity);
            (0..capacity).for_each(|item| queue.try_put(item).unwrap());
            let (refused, closer) = (Log::default(), queue.clone());
            let future = put(queue.clone(), refused.clone());
            let check = move |end: End<()>| {
                assert_eq!(refused.take(), if end == End::Completed(()) { vec![WATCHED] } else { vec![] });
                let dropped = how == Shutdown::Immediate && queue.is_shut_down();
                assert_eq!(queue.len(), if dropped { 0 } else { capacity });
                assert_all_done(&queue);
            };
            (future, move |_| closer.shutdown(how), check)
        });
        assert_thorough(report, 2);
    }
}

fn every_put<O: Order<usize> + 'static>() {
    putting_side::<O>(|queue, refused| {
        Box::pin(async move {
            let put = queue.put(WATCHED).await;
            refused.borrow_mut().extend(put.err().map(|error| error.0));
        })
    });
    putting_side::<O>(|queue, refused| {
        Box::pin(async move {
            assert!(queue.reserve().await.is_err());
            refused.borrow_mut().push(WATCHED);
        })
    });
    putting_side::<O>(|queue, refused| {
        Box::pin(async move {
            assert!(futures::SinkExt::send(&mut queue.sink(), WATCHED).await.is_err());
            refused.borrow_mut().push(WATCHED);
        })
    });
    putting_side::<O>(|queue, refused| {
        Box::pin(async move {
            let mut items = VecDeque::from([WATCHED]);
            assert!(queue.put_many(&mut items).await.is_err());
            refused.borrow_mut().extend(items);
        })
    });
}

#[test]
fn a_put_that_is_dropped_in_a_shutdown_has_put_nothing_and_one_that_is_not_gets_its_item_back() {
    every_put::<Fifo>();
    every_put::<Lifo>();
    every_put::<Smallest>();
}

fn getting_side<O: Order<usize>>(get: impl Fn(OrderedQueue<usize, O>, Log) -> Boxed) {
    for (capacity, how) in CAPACITIES.into_iter().flat_map(|capacity| HOWS.map(|how| (capacity, how))) {
        for put in [false, true] {
            let report = drop_at_every_await_between(|| {
                let queue = OrderedQueue::bounded(capacity);
                let (got, closer) = (Log::default(), queue.clone());
                let future = get(queue.clone(), got.clone());
                let step = move |_| {
                    assert!(!put || closer.try_put(WATCHED).is_ok());
                    closer.shutdown(how);
                };
                let check = move |end: End<()>| {
                    let got = got.take();
                    assert_eq!(got, if put && end == End::Completed(()) { vec![WATCHED] } else { vec![] });
                    // Given back: to the queue, unless that drops what it has.
                    let back = put && end == End::Dropped { polls: 1 } && how == Shutdown::Drain;
                    assert_eq!(queue.len(), usize::from(back));
                    got.iter().for_each(|_| queue.task_done().unwrap());
                    assert_all_done(&queue);
                };
                (future, step, check)
            });
            assert_thorough(report, 2);
        }
    }
}

fn every_get<O: Order<usize> + 'static>() {
    getting_side::<O>(|queue, got| {
        Box::pin(async move {
            let item = queue.get().await;
            got.borrow_mut().extend(item);
        })
    });
    getting_side::<O>(|queue, got| {
        Box::pin(async move {
            let mut out = Vec::new();
            let _ = queue.get_many(&mut out, 3).await;
            got.borrow_mut().extend(out);
        })
    });
    getting_side::<O>(|queue, got| {
        Box::pin(async move {
            let item = futures::StreamExt::next(&mut queue.stream()).await;
            got.borrow_mut().extend(item);
        })
    });
    getting_side::<O>(|queue, got| {
        Box::pin(async move {
            if let Ok(job) = queue.take().await {
                let (item, done) = job.into_parts();
                got.borrow_mut().push(item);
                // The check reports it done.
                std::mem::forget(done);
            }
        })
    });
}

#[test]
fn a_get_that_is_dropped_in_a_shutdown_has_taken_nothing_and_one_that_is_not_has_its_item() {
    every_get::<Fifo>();
    every_get::<Lifo>();
    every_get::<Smallest>();
}

#[test]
fn a_join_that_is_dropped_in_a_shutdown_changes_nothing() {
    for how in HOWS {
        let report = drop_at_every_await_between(|| {
            let queue = OrderedQueue::<usize, Fifo>::bounded(1);
            queue.try_put(1).unwrap();
            let (joiner, closer) = (queue.clone(), queue.clone());
            let step = move |_| {
                closer.shutdown(how);
                if closer.try_get().is_ok() {
                    closer.task_done().unwrap();
                }
            };
            (async move { joiner.join().await }, step, move |_| assert_all_done(&queue))
        });
        assert_thorough(report, 2);
    }
}

#[test]
fn the_waits_of_oneshot_and_watch_end_with_the_other_side() {
    let report = drop_at_every_await_between(|| {
        let (tx, rx) = oneshot::channel::<usize>();
        let mut tx = Some(tx);
        (rx, move |_| drop(tx.take()), |end| assert_ne!(end, End::Completed(Ok(0))))
    });
    assert_thorough(report, 2);
    let report = drop_at_every_await_between(|| {
        let (mut tx, rx) = oneshot::channel::<usize>();
        let mut rx = Some(rx);
        let future = async move {
            tx.closed().await;
            tx.is_closed()
        };
        (future, move |_| drop(rx.take()), |end| assert_ne!(end, End::Completed(false)))
    });
    assert_thorough(report, 2);
    for wait_for in [false, true] {
        let report = drop_at_every_await_between(|| {
            let (tx, mut rx) = watch::channel(0);
            let mut tx = Some(tx);
            let future = async move {
                if wait_for { rx.wait_for(|value| *value == 1).await.is_ok() } else { rx.changed().await.is_ok() }
            };
            (future, move |_| drop(tx.take()), |end| assert_ne!(end, End::Completed(true)))
        });
        assert_thorough(report, 2);
    }
    let report = drop_at_every_await_between(|| {
        let (tx, rx) = watch::channel(0);
        let (mut rx, probe) = (Some(rx), tx.clone());
        let check = move |end| assert_eq!(probe.is_closed(), end != End::Dropped { polls: 0 });
        (async move { tx.closed().await }, move |_| drop(rx.take()), check)
    });
    assert_thorough(report, 2);
}

#[test]
#[expect(
    clippy::await_holding_refcell_ref,
    reason = "the future is dropped, and its borrow with it, before anybody looks"
)]
fn a_batch_that_is_dropped_at_any_await_keeps_what_was_not_sent() {
    for (capacity, make) in flavours() {
        // At a rendezvous it waits for somebody who receives: see below.
        let Some(capacity) = capacity.filter(|capacity| *capacity > 0) else { continue };
        let report = drop_at_every_await_between(|| {
            let (tx, rx) = make();
            (0..capacity).for_each(|value| tx.try_send(value).unwrap());
            let values = Rc::new(RefCell::new((capacity..capacity + 5).collect::<VecDeque<_>>()));
            let (batch, received) = (values.clone(), Log::default());
            let future = async move {
                let mut batch = batch.borrow_mut();
                tx.send_many(&mut batch).await.unwrap();
            };
            let (log, receiver) = (received.clone(), rx.clone());
            let check = move |_| {
                let mut all = received.take();
                all.extend(rx.drain());
                all.extend(values.take());
                assert_eq!(all, (0..capacity + 5).collect::<Vec<_>>());
            };
            (future, move |_| log.borrow_mut().push(receiver.try_recv().unwrap()), check)
        });
        assert_thorough(report, 6);
    }
}

#[test]
fn a_batch_at_a_rendezvous_is_handed_over_one_by_one() {
    let (tx, rx) = motet_channel::rendezvous();
    let mut values = VecDeque::from([1, 2, 3]);
    let receive = async { [rx.recv().await, rx.recv().await, rx.recv().await] };
    let (sent, received) = futures::executor::block_on(async { futures::join!(tx.send_many(&mut values), receive) });
    assert_eq!((sent, received), (Ok(()), [Ok(1), Ok(2), Ok(3)]));
}
