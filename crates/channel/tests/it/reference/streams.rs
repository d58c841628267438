//! Receivers of a channel without a limit, used as streams and otherwise by turns: against one deque of values and the streams that wait.

use futures::{FutureExt, StreamExt};
use motet_channel::{Receiver, Sender, WeakReceiver, unbounded};
use motet_test::Stepped;
use proptest::prelude::*;
use std::collections::VecDeque;

#[derive(Clone, Copy, Debug)]
enum Op {
    Send(u8),
    Next(usize),
    TryRecv(usize),
    GiveUpRecv(usize),
    RecvMany(usize, usize),
    Drain(usize),
    Clone(usize),
    Drop(usize),
    Downgrade(usize),
    Upgrade,
    Close,
}

fn op() -> impl Strategy<Value = Op> {
    let which = 0..3_usize;
    prop_oneof![
        8 => (1..5_u8).prop_map(Op::Send),
        12 => which.clone().prop_map(Op::Next),
        2 => which.clone().prop_map(Op::TryRecv),
        2 => which.clone().prop_map(Op::GiveUpRecv),
        1 => (which.clone(), 0..4_usize).prop_map(|(i, max)| Op::RecvMany(i, max)),
        1 => which.clone().prop_map(Op::Drain),
        1 => which.clone().prop_map(Op::Clone),
        2 => which.clone().prop_map(Op::Drop),
        1 => which.prop_map(Op::Downgrade),
        1 => Just(Op::Upgrade),
        1 => Just(Op::Close),
    ]
}

/// Where a stream stands in line.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Seat {
    Vacant,
    /// Since then.
    Waiting(u32),
    Handed(u32),
    SentAway,
}

/// A channel, and what should be in it. The values are numbered in the order of sends.
struct Both {
    tx: Sender<u32>,
    receivers: Vec<(Receiver<u32>, Seat)>,
    weak: Option<WeakReceiver<u32>>,
    values: VecDeque<u32>,
    sent: u32,
    waits: u32,
    closed: bool,
}

impl Both {
    fn run(&mut self, op: Op) {
        match op {
            Op::Send(values) => (0..values).for_each(|_| self.send()),
            Op::Next(i) if i < self.receivers.len() => self.next(i),
            Op::TryRecv(i) if i < self.receivers.len() => {
                self.leave_line(i);
                let expected = self.values.pop_front();
                assert_eq!(self.receivers[i].0.try_recv().ok(), expected);
            }
            Op::GiveUpRecv(i) if i < self.receivers.len() => {
                self.leave_line(i);
                let expected = self.values.pop_front();
                let mut recv = Stepped::new(self.receivers[i].0.recv());
                let polled = recv.poll();
                assert_eq!(polled.is_pending(), expected.is_none() && !self.closed);
                assert!(
                    polled.is_pending() || polled == std::task::Poll::Ready(expected.ok_or(motet_channel::RecvError))
                );
            }
            Op::RecvMany(i, max) if i < self.receivers.len() => {
                self.leave_line(i);
                let expected: Vec<_> = self.values.drain(..max.min(self.values.len())).collect();
                let mut received = Vec::new();
                let _ = self.receivers[i].0.recv_many(&mut received, max).now_or_never();
                assert_eq!(received, expected);
            }
            Op::Drain(i) if i < self.receivers.len() => {
                self.leave_line(i);
                assert!(self.receivers[i].0.drain().eq(self.values.drain(..)));
            }
            Op::Clone(i) if i < self.receivers.len() && self.receivers.len() < 3 => {
                let another = self.receivers[i].0.clone();
                self.receivers.push((another, Seat::Vacant));
            }
            Op::Drop(i) if i < self.receivers.len() && self.receivers.len() > 1 => {
                self.leave_line(i);
                drop(self.receivers.remove(i));
            }
            Op::Downgrade(i) if i < self.receivers.len() => self.weak = Some(self.receivers[i].0.downgrade()),
            Op::Upgrade if self.receivers.len() < 3 => {
                let revived = self.weak.as_ref().and_then(WeakReceiver::upgrade);
                self.receivers.extend(revived.map(|receiver| (receiver, Seat::Vacant)));
            }
            Op::Close => {
                self.tx.close();
                self.closed = true;
                let seats = self.receivers.iter_mut().map(|(_, seat)| seat);
                seats.filter(|seat| matches!(seat, Seat::Waiting(_))).for_each(|seat| *seat = Seat::SentAway);
            }
            _ => {}
        }
        assert_eq!(self.tx.len(), self.values.len());
    }

    fn send(&mut self) {
        assert_eq!(self.tx.try_send(self.sent).is_ok(), !self.closed);
        if !self.closed {
            self.place(self.sent);
            self.sent += 1;
        }
    }

    /// To the stream that has waited longest, else among the values.
    fn place(&mut self, value: u32) {
        let waiting = self.receivers.iter_mut().filter_map(|(_, seat)| match *seat {
            Seat::Waiting(since) => Some((since, seat)),
            _ => None,
        });
        match waiting.min_by_key(|(since, _)| *since) {
            Some((_, seat)) => *seat = Seat::Handed(value),
            None => self.values.insert(self.values.partition_point(|other| *other < value), value),
        }
    }

    fn next(&mut self, i: usize) {
        let polled = self.receivers[i].0.next().now_or_never();
        match self.receivers[i].1 {
            Seat::Vacant if self.values.is_empty() && self.closed => assert_eq!(polled, Some(None)),
            Seat::Vacant if self.values.is_empty() => {
                assert_eq!(polled, None);
                self.waits += 1;
                self.receivers[i].1 = Seat::Waiting(self.waits);
            }
            Seat::Vacant => assert_eq!(polled, Some(self.values.pop_front())),
            Seat::Waiting(_) => assert_eq!(polled, None),
            Seat::Handed(value) => {
                assert_eq!(polled, Some(Some(value)));
                self.receivers[i].1 = Seat::Vacant;
            }
            Seat::SentAway => {
                assert_eq!(polled, Some(None));
                self.receivers[i].1 = Seat::Vacant;
            }
        }
    }

    fn leave_line(&mut self, i: usize) {
        if let Seat::Handed(value) = std::mem::replace(&mut self.receivers[i].1, Seat::Vacant) {
            self.place(value);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn streams_of_one_channel_do_what_their_reference_does(ops in prop::collection::vec(op(), 0..80)) {
        let (tx, rx) = unbounded();
        let mut both = Both {
            tx,
            receivers: vec![(rx, Seat::Vacant)],
            weak: None,
            values: VecDeque::new(),
            sent: 0,
            waits: 0,
            closed: false,
        };
        ops.into_iter().for_each(|op| both.run(op));
    }
}
