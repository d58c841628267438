//! Random operations, against a list of all that was sent and a position for each receiver.

use motet_channel::broadcast::{Backpressure, Lag, Receiver, Sender, TryRecvError, with_policy};
use motet_channel::{SendError, TrySendError};
use proptest::prelude::*;

#[derive(Clone, Copy, Debug)]
enum Op {
    Send,
    TryRecv(usize),
    Clone(usize),
    Subscribe,
    Drop(usize),
    Close,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        12 => Just(Op::Send),
        16 => (0..4_usize).prop_map(Op::TryRecv),
        2 => (0..4_usize).prop_map(Op::Clone),
        2 => Just(Op::Subscribe),
        2 => (0..4_usize).prop_map(Op::Drop),
        1 => Just(Op::Close),
    ]
}

/// All that was sent, and how far each receiver is.
struct Reference {
    capacity: usize,
    sent: Vec<u32>,
    seen: Vec<usize>,
    closed: bool,
}

impl Reference {
    fn is_deaf(&self) -> bool {
        self.closed || self.seen.is_empty()
    }

    fn is_full(&self) -> bool {
        self.seen.iter().any(|seen| self.sent.len() - seen == self.capacity)
    }

    fn try_recv(&mut self, i: usize) -> Result<u32, TryRecvError> {
        let oldest = self.sent.len().saturating_sub(self.capacity);
        let seen = &mut self.seen[i];
        if *seen < oldest {
            let missed = oldest - *seen;
            *seen = oldest;
            return Err(TryRecvError::Lagged(missed as u64));
        }
        let value = self.sent.get(*seen).copied();
        *seen += usize::from(value.is_some());
        value.ok_or(if self.closed { TryRecvError::Closed } else { TryRecvError::Empty })
    }
}

/// The two policies behind one face.
trait Channel: Sized {
    type Receiver: Clone;
    fn new(capacity: usize) -> (Self, Self::Receiver);
    /// Whether a full channel refuses.
    const REFUSES: bool;
    fn try_send(&self, value: u32) -> Result<(), TrySendError<u32>>;
    fn subscribe(&self) -> Self::Receiver;
    fn close(&self);
    fn try_recv(rx: &mut Self::Receiver) -> Result<u32, TryRecvError>;
    fn len(rx: &Self::Receiver) -> usize;
}

impl Channel for Sender<u32, Lag> {
    type Receiver = Receiver<u32, Lag>;
    const REFUSES: bool = false;

    fn new(capacity: usize) -> (Self, Self::Receiver) {
        with_policy(capacity, Lag)
    }

    fn try_send(&self, value: u32) -> Result<(), TrySendError<u32>> {
        self.send(value).map_err(|SendError(value)| TrySendError::Closed(value))
    }

    fn subscribe(&self) -> Self::Receiver {
        self.subscribe()
    }

    fn close(&self) {
        self.close();
    }

    fn try_recv(rx: &mut Self::Receiver) -> Result<u32, TryRecvError> {
        rx.try_recv()
    }

    fn len(rx: &Self::Receiver) -> usize {
        rx.len()
    }
}

impl Channel for Sender<u32, Backpressure> {
    type Receiver = Receiver<u32, Backpressure>;
    const REFUSES: bool = true;

    fn new(capacity: usize) -> (Self, Self::Receiver) {
        with_policy(capacity, Backpressure)
    }

    fn try_send(&self, value: u32) -> Result<(), TrySendError<u32>> {
        self.try_send(value)
    }

    fn subscribe(&self) -> Self::Receiver {
        self.subscribe()
    }

    fn close(&self) {
        self.close();
    }

    fn try_recv(rx: &mut Self::Receiver) -> Result<u32, TryRecvError> {
        rx.try_recv().map_err(|error| match error {
            motet_channel::TryRecvError::Empty => TryRecvError::Empty,
            motet_channel::TryRecvError::Closed => TryRecvError::Closed,
        })
    }

    fn len(rx: &Self::Receiver) -> usize {
        rx.len()
    }
}

fn run<C: Channel>(capacity: usize, ops: &[Op]) {
    let (tx, first) = C::new(capacity);
    let mut receivers = vec![first];
    let mut reference = Reference { capacity, sent: Vec::new(), seen: vec![0], closed: false };
    for (value, op) in (0..).zip(ops) {
        match *op {
            Op::Send => {
                let expected = if reference.is_deaf() {
                    Err(TrySendError::Closed(value))
                } else if C::REFUSES && reference.is_full() {
                    Err(TrySendError::Full(value))
                } else {
                    reference.sent.push(value);
                    Ok(())
                };
                assert_eq!(tx.try_send(value), expected);
            }
            Op::TryRecv(i) if i < receivers.len() => {
                assert_eq!(C::try_recv(&mut receivers[i]), reference.try_recv(i));
            }
            Op::Clone(i) if i < receivers.len() => {
                receivers.push(receivers[i].clone());
                reference.seen.push(reference.seen[i]);
            }
            Op::Subscribe => {
                receivers.push(tx.subscribe());
                reference.seen.push(reference.sent.len());
            }
            Op::Drop(i) if i < receivers.len() => {
                drop(receivers.remove(i));
                reference.seen.remove(i);
            }
            Op::Close => {
                tx.close();
                reference.closed = true;
            }
            _ => {}
        }
        for (rx, seen) in receivers.iter().zip(&reference.seen) {
            assert_eq!(C::len(rx), (reference.sent.len() - seen).min(capacity));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_lagging_broadcast_does_what_its_reference_does(capacity in 1..5_usize, ops in prop::collection::vec(op(), 0..80)) {
        run::<Sender<u32, Lag>>(capacity, &ops);
    }

    #[test]
    fn a_broadcast_with_backpressure_does_what_its_reference_does(
        capacity in 1..5_usize,
        ops in prop::collection::vec(op(), 0..80),
    ) {
        run::<Sender<u32, Backpressure>>(capacity, &ops);
    }
}
