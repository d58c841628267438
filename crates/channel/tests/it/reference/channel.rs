//! Channels, with and without a limit, and the rendezvous: against a `VecDeque` and two lists of who waits.

use motet_channel::{
    Receiver, RecvError, RecvFuture, SendError, SendFuture, Sender, TryRecvError, TrySendError, bounded, rendezvous,
    unbounded,
};
use motet_test::Stepped;
use proptest::prelude::*;
use std::collections::VecDeque;
use std::task::Poll;

#[derive(Clone, Copy, Debug)]
enum Op {
    TrySend,
    TryRecv,
    StartSend,
    StartRecv,
    PollSend(usize),
    PollRecv(usize),
    DropSend(usize),
    DropRecv(usize),
    Drain,
    Close,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => Just(Op::TrySend),
        4 => Just(Op::TryRecv),
        4 => Just(Op::StartSend),
        4 => Just(Op::StartRecv),
        4 => (0..8_usize).prop_map(Op::PollSend),
        4 => (0..8_usize).prop_map(Op::PollRecv),
        2 => (0..8_usize).prop_map(Op::DropSend),
        2 => (0..8_usize).prop_map(Op::DropRecv),
        1 => Just(Op::Drain),
        1 => Just(Op::Close),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Recv {
    Waiting,
    Handed(u64, u32),
    SentAway,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Send {
    Waiting,
    /// A place is reserved.
    Place,
    /// A receiver has taken the value: at a rendezvous.
    Taken,
    SentAway,
}

/// What a channel should do. A value has a ticket: its place in the order of sends, should it come back.
struct Reference {
    capacity: Option<usize>,
    values: VecDeque<(u64, u32)>,
    recvs: Vec<Recv>,
    sends: Vec<(Send, u32)>,
    tickets: u64,
    closed: bool,
}

impl Reference {
    fn has_room(&self) -> bool {
        match self.capacity {
            Some(0) => self.recvs.contains(&Recv::Waiting),
            Some(capacity) => {
                let reserved = self.sends.iter().filter(|(send, _)| *send == Send::Place).count();
                self.values.len() + reserved < capacity
            }
            None => true,
        }
    }

    fn admit(&mut self) {
        while self.capacity != Some(0) && self.has_room() {
            let Some((next, _)) = self.sends.iter_mut().find(|(send, _)| *send == Send::Waiting) else { return };
            *next = Send::Place;
        }
    }

    fn put(&mut self, value: u32) {
        self.tickets += 1;
        self.place(self.tickets, value);
        self.admit();
    }

    /// To the oldest receiver that waits, else among the values, in the order of the tickets.
    fn place(&mut self, ticket: u64, value: u32) {
        if let Some(recv) = self.recvs.iter_mut().find(|recv| **recv == Recv::Waiting) {
            *recv = Recv::Handed(ticket, value);
        } else {
            let at = self.values.partition_point(|(other, _)| *other < ticket);
            self.values.insert(at, (ticket, value));
        }
    }

    fn take(&mut self) -> Option<u32> {
        if let Some((_, value)) = self.values.pop_front() {
            self.admit();
            return Some(value);
        }
        let offered = self.sends.iter_mut().find(|(send, _)| *send == Send::Waiting && self.capacity == Some(0));
        offered.map(|(send, value)| {
            *send = Send::Taken;
            *value
        })
    }

    fn close(&mut self) {
        self.closed = true;
        self.recvs.iter_mut().filter(|recv| **recv == Recv::Waiting).for_each(|recv| *recv = Recv::SentAway);
        let sends = self.sends.iter_mut().map(|(send, _)| send);
        sends.filter(|send| **send == Send::Waiting).for_each(|send| *send = Send::SentAway);
    }
}

struct Both<'c> {
    tx: &'c Sender<u32>,
    rx: &'c Receiver<u32>,
    reference: Reference,
    sends: Vec<Stepped<SendFuture<'c, u32>>>,
    recvs: Vec<Stepped<RecvFuture<'c, u32>>>,
}

impl Both<'_> {
    fn run(&mut self, number: u32, op: Op) {
        match op {
            Op::TrySend => self.try_send(number),
            Op::TryRecv => {
                let nothing = if self.reference.closed { TryRecvError::Closed } else { TryRecvError::Empty };
                assert_eq!(self.rx.try_recv(), self.reference.take().ok_or(nothing));
            }
            Op::StartSend => self.start_send(number),
            Op::StartRecv => self.start_recv(),
            Op::PollSend(i) if i < self.sends.len() => self.poll_send(i),
            Op::PollRecv(i) if i < self.recvs.len() => self.poll_recv(i),
            Op::DropSend(i) if i < self.sends.len() => {
                drop(self.sends.remove(i));
                self.reference.sends.remove(i);
                self.reference.admit();
            }
            Op::DropRecv(i) if i < self.recvs.len() => {
                drop(self.recvs.remove(i));
                if let Recv::Handed(ticket, value) = self.reference.recvs.remove(i) {
                    self.reference.place(ticket, value);
                }
            }
            Op::Drain => {
                let drained: Vec<_> = self.rx.drain().collect();
                let mut expected: Vec<_> = self.reference.values.drain(..).map(|(_, value)| value).collect();
                if self.reference.capacity == Some(0) {
                    expected.extend(std::iter::from_fn(|| self.reference.take()));
                }
                self.reference.admit();
                assert_eq!(drained, expected);
            }
            Op::Close => {
                self.tx.close();
                self.reference.close();
            }
            _ => {}
        }
        self.compare();
    }

    fn try_send(&mut self, value: u32) {
        let expected = if self.reference.closed {
            Err(TrySendError::Closed(value))
        } else if self.reference.has_room() {
            self.reference.put(value);
            Ok(())
        } else {
            Err(TrySendError::Full(value))
        };
        assert_eq!(self.tx.try_send(value), expected);
    }

    fn start_send(&mut self, value: u32) {
        let mut send = Stepped::new(self.tx.send(value));
        let polled = send.poll();
        if self.reference.closed {
            assert_eq!(polled, Poll::Ready(Err(SendError(value))));
        } else if self.reference.has_room() {
            assert_eq!(polled, Poll::Ready(Ok(())));
            self.reference.put(value);
        } else {
            assert_eq!(polled, Poll::Pending);
            self.sends.push(send);
            self.reference.sends.push((Send::Waiting, value));
        }
    }

    fn start_recv(&mut self) {
        let mut recv = Stepped::new(self.rx.recv());
        let polled = recv.poll();
        match self.reference.take() {
            Some(value) => assert_eq!(polled, Poll::Ready(Ok(value))),
            None if self.reference.closed => assert_eq!(polled, Poll::Ready(Err(RecvError))),
            None => {
                assert_eq!(polled, Poll::Pending);
                self.recvs.push(recv);
                self.reference.recvs.push(Recv::Waiting);
            }
        }
    }

    fn poll_send(&mut self, i: usize) {
        let polled = self.sends[i].poll();
        let (send, value) = self.reference.sends[i];
        if send == Send::Waiting {
            assert_eq!(polled, Poll::Pending);
            return;
        }
        self.sends.remove(i);
        self.reference.sends.remove(i);
        let refused = send == Send::SentAway || (send == Send::Place && self.reference.closed);
        assert_eq!(polled, Poll::Ready(if refused { Err(SendError(value)) } else { Ok(()) }));
        if send == Send::Place && !refused {
            self.reference.put(value);
        }
    }

    fn poll_recv(&mut self, i: usize) {
        let polled = self.recvs[i].poll();
        let expected = match self.reference.recvs[i] {
            Recv::Waiting => {
                assert_eq!(polled, Poll::Pending);
                return;
            }
            Recv::Handed(_, value) => Ok(value),
            Recv::SentAway => Err(RecvError),
        };
        assert_eq!(polled, Poll::Ready(expected));
        self.recvs.remove(i);
        self.reference.recvs.remove(i);
    }

    /// Woken are those that were served or sent away, and nobody else.
    fn compare(&self) {
        assert_eq!(self.rx.len(), self.reference.values.len());
        if !self.reference.closed {
            assert_eq!(self.tx.is_full(), !self.reference.has_room());
        }
        for (send, (wait, _)) in self.sends.iter().zip(&self.reference.sends) {
            assert_eq!(send.wakes(), usize::from(*wait != Send::Waiting));
        }
        for (recv, wait) in self.recvs.iter().zip(&self.reference.recvs) {
            assert_eq!(recv.wakes(), usize::from(*wait != Recv::Waiting));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_channel_does_what_its_reference_does(
        capacity in prop::option::weighted(0.9, 0..4_usize),
        ops in prop::collection::vec(op(), 0..60),
    ) {
        let (tx, rx) = match capacity {
            Some(0) => rendezvous(),
            Some(capacity) => bounded(capacity),
            None => unbounded(),
        };
        let reference = Reference {
            capacity,
            values: VecDeque::new(),
            recvs: Vec::new(),
            sends: Vec::new(),
            tickets: 0,
            closed: false,
        };
        let mut both = Both { tx: &tx, rx: &rx, reference, sends: Vec::new(), recvs: Vec::new() };
        for (number, op) in (0..).zip(ops) {
            both.run(number, op);
        }
    }
}
