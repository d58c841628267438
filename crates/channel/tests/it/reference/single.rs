//! What holds one value: oneshot and watch.

use motet_channel::oneshot::{self, TryRecvError};
use motet_channel::watch;
use motet_test::WakeCount;
use proptest::prelude::*;
use std::pin::{Pin, pin};
use std::task::Poll;

#[derive(Clone, Copy, Debug)]
enum OneshotOp {
    Send,
    DropSender,
    Poll,
    TryRecv,
    Close,
    PollClosed,
}

fn oneshot_op() -> impl Strategy<Value = OneshotOp> {
    prop_oneof![
        1 => Just(OneshotOp::Send),
        1 => Just(OneshotOp::DropSender),
        3 => Just(OneshotOp::Poll),
        2 => Just(OneshotOp::TryRecv),
        1 => Just(OneshotOp::Close),
        2 => Just(OneshotOp::PollClosed),
    ]
}

#[derive(Clone, Copy, Debug)]
enum WatchOp {
    Send,
    Modify,
    Poll(usize),
    Look(usize),
    Mark(usize),
    Clone(usize),
    Drop(usize),
    Subscribe,
}

fn watch_op() -> impl Strategy<Value = WatchOp> {
    prop_oneof![
        4 => Just(WatchOp::Send),
        2 => Just(WatchOp::Modify),
        8 => (0..4_usize).prop_map(WatchOp::Poll),
        4 => (0..4_usize).prop_map(WatchOp::Look),
        2 => (0..4_usize).prop_map(WatchOp::Mark),
        2 => (0..4_usize).prop_map(WatchOp::Clone),
        2 => (0..4_usize).prop_map(WatchOp::Drop),
        1 => Just(WatchOp::Subscribe),
    ]
}

fn run_oneshot(ops: &[OneshotOp]) {
    let (tx, mut rx) = oneshot::channel();
    let (receiver, sender) = (WakeCount::new(), WakeCount::new());
    let (mut tx, mut value, mut closed) = (Some(tx), None, false);
    let (mut rx_waits, mut tx_waits) = (false, false);
    for (number, op) in (0..).zip(ops) {
        match op {
            OneshotOp::Send => {
                if let Some(tx) = tx.take() {
                    assert_eq!(tx.send(number).is_err(), closed);
                    value = (!closed).then_some(number);
                    assert_eq!(receiver.take(), usize::from(rx_waits));
                    (rx_waits, tx_waits) = (false, false);
                }
            }
            OneshotOp::DropSender => {
                if tx.take().is_some() {
                    assert_eq!(receiver.take(), usize::from(rx_waits));
                    (rx_waits, tx_waits) = (false, false);
                }
            }
            OneshotOp::Poll => {
                let over = tx.is_none() || closed;
                match receiver.poll(Pin::new(&mut rx)) {
                    Poll::Ready(received) => assert_eq!((received.ok(), over), (value.take(), true)),
                    Poll::Pending => {
                        assert!(!over);
                        rx_waits = true;
                    }
                }
            }
            OneshotOp::TryRecv => {
                let nothing = if tx.is_none() || closed { TryRecvError::Closed } else { TryRecvError::Empty };
                assert_eq!(rx.try_recv(), value.take().ok_or(nothing));
            }
            OneshotOp::Close => {
                rx.close();
                closed = true;
                assert_eq!(sender.take(), usize::from(tx_waits));
                (rx_waits, tx_waits) = (false, false);
            }
            OneshotOp::PollClosed => {
                if let Some(tx) = &mut tx {
                    let polled = tx.poll_closed(&mut std::task::Context::from_waker(&sender.waker()));
                    assert_eq!(polled.is_ready(), closed);
                    tx_waits = !closed;
                }
            }
        }
        assert_eq!(rx.is_closed(), tx.is_none() || closed);
    }
}

fn run_watch(ops: &[WatchOp]) {
    let (tx, first) = watch::channel(0);
    let (mut receivers, mut seen, mut version, mut value) = (vec![first], vec![0], 0, 0);
    for (number, op) in (1..).zip(ops) {
        match *op {
            WatchOp::Send => {
                let sent = tx.send(number).is_ok();
                assert_eq!(sent, !receivers.is_empty());
                if sent {
                    (version, value) = (version + 1, number);
                }
            }
            WatchOp::Modify => {
                tx.send_modify(|value| *value += 1);
                (version, value) = (version + 1, value + 1);
            }
            WatchOp::Poll(i) if i < receivers.len() => {
                let polled = WakeCount::new().poll(pin!(receivers[i].changed()));
                assert_eq!(polled.is_ready(), seen[i] != version);
                seen[i] = version;
            }
            WatchOp::Look(i) if i < receivers.len() => {
                assert_eq!(*receivers[i].borrow_and_update(), value);
                seen[i] = version;
            }
            WatchOp::Mark(i) if i < receivers.len() => {
                receivers[i].mark_changed();
                seen[i] = -1;
            }
            WatchOp::Clone(i) if i < receivers.len() => {
                receivers.push(receivers[i].clone());
                seen.push(seen[i]);
            }
            WatchOp::Drop(i) if i < receivers.len() => {
                drop(receivers.remove(i));
                seen.remove(i);
            }
            WatchOp::Subscribe => {
                receivers.push(tx.subscribe());
                seen.push(version);
            }
            _ => {}
        }
        assert_eq!((*tx.borrow(), tx.receiver_count()), (value, receivers.len()));
        assert!(receivers.iter().zip(&seen).all(|(rx, seen)| rx.has_changed() == (*seen != version)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_oneshot_does_what_its_reference_does(ops in prop::collection::vec(oneshot_op(), 0..20)) {
        run_oneshot(&ops);
    }

    #[test]
    fn a_watch_does_what_its_reference_does(ops in prop::collection::vec(watch_op(), 0..40)) {
        run_watch(&ops);
    }
}
