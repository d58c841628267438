//! Channels, with and without a limit, and the rendezvous: against a `VecDeque` and two lists of who waits.

use motet_channel::{
    Permit, Receiver, RecvError, RecvFuture, ReserveFuture, SendError, SendFuture, Sender, TryRecvError, TrySendError,
    bounded, rendezvous, unbounded,
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
    StartReserve,
    StartRecv,
    PollSend(usize),
    PollRecv(usize),
    DropSend(usize),
    DropRecv(usize),
    UsePermit(usize),
    DropPermit(usize),
    Drain,
    Close,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => Just(Op::TrySend),
        4 => Just(Op::TryRecv),
        4 => Just(Op::StartSend),
        2 => Just(Op::StartReserve),
        4 => Just(Op::StartRecv),
        4 => (0..8_usize).prop_map(Op::PollSend),
        4 => (0..8_usize).prop_map(Op::PollRecv),
        2 => (0..8_usize).prop_map(Op::DropSend),
        2 => (0..8_usize).prop_map(Op::DropRecv),
        2 => (0..4_usize).prop_map(Op::UsePermit),
        1 => (0..4_usize).prop_map(Op::DropPermit),
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
    /// Those that wait to reserve have no value.
    sends: Vec<(Send, Option<u32>)>,
    permits: usize,
    tickets: u64,
    closed: bool,
}

impl Reference {
    fn waiting_recvs(&self) -> usize {
        self.recvs.iter().filter(|recv| **recv == Recv::Waiting).count()
    }

    fn has_room(&self) -> bool {
        let reserved = self.sends.iter().filter(|(send, _)| *send == Send::Place).count() + self.permits;
        match self.capacity {
            Some(0) => reserved < self.waiting_recvs(),
            Some(capacity) => self.values.len() + reserved < capacity,
            None => true,
        }
    }

    /// Serves those that wait to send, as long as there is room: with a place, or at a rendezvous with the oldest receiver.
    fn admit(&mut self) {
        while self.has_room() {
            let Some((next, value)) = self.sends.iter_mut().find(|(send, _)| *send == Send::Waiting) else { return };
            match *value {
                Some(value) if self.capacity == Some(0) => {
                    *next = Send::Taken;
                    self.tickets += 1;
                    self.place(self.tickets, value);
                }
                _ => *next = Send::Place,
            }
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
        if self.capacity != Some(0) || self.waiting_recvs() > 0 {
            return None;
        }
        let (oldest, value) = self.sends.iter_mut().find(|(send, _)| *send == Send::Waiting)?;
        value.inspect(|_| *oldest = Send::Taken)
    }

    fn close(&mut self) {
        self.closed = true;
        self.recvs.iter_mut().filter(|recv| **recv == Recv::Waiting).for_each(|recv| *recv = Recv::SentAway);
        let sends = self.sends.iter_mut().map(|(send, _)| send);
        sends.filter(|send| **send == Send::Waiting).for_each(|send| *send = Send::SentAway);
    }
}

/// A wait in the line of the senders.
enum Wait<'c> {
    Send(Stepped<SendFuture<'c, u32>>),
    Reserve(Stepped<ReserveFuture<'c, u32>>),
}

impl Wait<'_> {
    fn wakes(&self) -> usize {
        match self {
            Self::Send(send) => send.wakes(),
            Self::Reserve(reserve) => reserve.wakes(),
        }
    }
}

struct Both<'c> {
    tx: &'c Sender<u32>,
    rx: &'c Receiver<u32>,
    reference: Reference,
    sends: Vec<Wait<'c>>,
    recvs: Vec<Stepped<RecvFuture<'c, u32>>>,
    permits: Vec<Permit<'c, u32>>,
}

impl<'c> Both<'c> {
    fn run(&mut self, number: u32, op: Op) {
        match op {
            Op::TrySend => self.try_send(number),
            Op::TryRecv => {
                let nothing = if self.reference.closed { TryRecvError::Closed } else { TryRecvError::Empty };
                assert_eq!(self.rx.try_recv(), self.reference.take().ok_or(nothing));
            }
            Op::StartSend => self.start_send(number),
            Op::StartReserve => self.start_reserve(),
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
            Op::UsePermit(i) if i < self.permits.len() => {
                self.reference.permits -= 1;
                let sent = self.permits.remove(i).send(number);
                assert_eq!(sent, if self.reference.closed { Err(SendError(number)) } else { Ok(()) });
                if sent.is_ok() {
                    self.reference.put(number);
                }
            }
            Op::DropPermit(i) if i < self.permits.len() => {
                drop(self.permits.remove(i));
                self.reference.permits -= 1;
                self.reference.admit();
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
            self.sends.push(Wait::Send(send));
            self.reference.sends.push((Send::Waiting, Some(value)));
        }
    }

    fn start_reserve(&mut self) {
        let mut reserve = Stepped::new(self.tx.reserve());
        let polled = reserve.poll();
        if self.reference.closed || self.reference.has_room() {
            self.reserved(polled);
        } else {
            assert!(polled.is_pending());
            self.sends.push(Wait::Reserve(reserve));
            self.reference.sends.push((Send::Waiting, None));
        }
    }

    fn reserved(&mut self, polled: Poll<Result<Permit<'c, u32>, SendError<()>>>) {
        match polled {
            Poll::Ready(Ok(permit)) if !self.reference.closed => {
                self.permits.push(permit);
                self.reference.permits += 1;
            }
            Poll::Ready(Err(SendError(()))) if self.reference.closed => {}
            other => panic!("{other:?} for a place, closed: {}", self.reference.closed),
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
                self.reference.admit();
            }
        }
    }

    fn poll_send(&mut self, i: usize) {
        let (state, value) = self.reference.sends[i];
        let is_over = state != Send::Waiting;
        match &mut self.sends[i] {
            Wait::Send(send) => {
                let polled = send.poll();
                assert_eq!(polled.is_ready(), is_over);
                let refused = state == Send::SentAway || (state == Send::Place && self.reference.closed);
                if let (Poll::Ready(sent), Some(value)) = (polled, value) {
                    assert_eq!(sent, if refused { Err(SendError(value)) } else { Ok(()) });
                    self.leave(i);
                    if state == Send::Place && !refused {
                        self.reference.put(value);
                    }
                }
            }
            Wait::Reserve(reserve) => {
                let polled = reserve.poll();
                assert_eq!(polled.is_ready(), is_over);
                if is_over {
                    self.leave(i);
                    self.reserved(polled);
                }
            }
        }
    }

    fn leave(&mut self, i: usize) {
        self.sends.remove(i);
        self.reference.sends.remove(i);
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
            permits: 0,
            tickets: 0,
            closed: false,
        };
        let mut both =
            Both { tx: &tx, rx: &rx, reference, sends: Vec::new(), recvs: Vec::new(), permits: Vec::new() };
        for (number, op) in (0..).zip(ops) {
            both.run(number, op);
        }
    }
}
