//! Random sequences of operations, against a reference of a few lines around a `VecDeque`.

use motet_channel::{Get, Put, PutError, Queue, ShutDown, Shutdown, TryGetError, TryPutError};
use motet_test::Stepped;
use proptest::prelude::*;
use std::collections::VecDeque;
use std::task::Poll;

#[derive(Clone, Copy, Debug)]
enum Op {
    TryPut,
    TryGet,
    StartPut,
    StartGet,
    PollPut(usize),
    PollGet(usize),
    DropPut(usize),
    DropGet(usize),
    GetMany(usize),
    ShutDown,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => Just(Op::TryPut),
        4 => Just(Op::TryGet),
        4 => Just(Op::StartPut),
        4 => Just(Op::StartGet),
        4 => (0..8_usize).prop_map(Op::PollPut),
        4 => (0..8_usize).prop_map(Op::PollGet),
        2 => (0..8_usize).prop_map(Op::DropPut),
        2 => (0..8_usize).prop_map(Op::DropGet),
        1 => (1..4_usize).prop_map(Op::GetMany),
        1 => Just(Op::ShutDown),
    ]
}

/// A wait, as the reference sees it.
#[derive(Clone, Copy, PartialEq)]
enum Wait {
    Waiting,
    Served(Option<u32>),
    SentAway,
}

/// What a queue should do. Numbers are put in ascending order, so an item that comes back finds its place by its number...
/// unless its put waited; so the order of hand-overs is kept beside it.
struct Reference {
    capacity: usize,
    items: VecDeque<(u64, u32)>,
    getters: Vec<(Wait, u64)>,
    putters: Vec<Wait>,
    shut: bool,
    handed: u64,
}

impl Reference {
    fn has_room(&self) -> bool {
        let reserved = self.putters.iter().filter(|wait| **wait == Wait::Served(None)).count();
        self.items.len() + reserved < self.capacity
    }

    fn admit(&mut self) {
        while self.has_room() {
            let Some(next) = self.putters.iter_mut().find(|wait| **wait == Wait::Waiting) else { return };
            *next = Wait::Served(None);
        }
    }

    fn put(&mut self, item: u32) {
        self.handed += 1;
        self.place(self.handed, item);
        self.admit();
    }

    /// To the oldest getter that waits, else among the items, in the order of `ticket`.
    fn place(&mut self, ticket: u64, item: u32) {
        if let Some(getter) = self.getters.iter_mut().find(|(wait, _)| *wait == Wait::Waiting) {
            *getter = (Wait::Served(Some(item)), ticket);
        } else {
            let at = self.items.partition_point(|(other, _)| *other < ticket);
            self.items.insert(at, (ticket, item));
        }
    }

    fn get(&mut self) -> Option<u32> {
        let (_, item) = self.items.pop_front()?;
        self.admit();
        Some(item)
    }

    fn shut_down(&mut self) {
        self.shut = true;
        let waits = self.putters.iter_mut().chain(self.getters.iter_mut().map(|(wait, _)| wait));
        waits.filter(|wait| **wait == Wait::Waiting).for_each(|wait| *wait = Wait::SentAway);
    }
}

struct Both<'q> {
    queue: &'q Queue<u32>,
    reference: Reference,
    puts: Vec<(u32, Stepped<Put<'q, u32>>)>,
    gets: Vec<Stepped<Get<'q, u32>>>,
    next: u32,
}

impl Both<'_> {
    fn number(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    fn run(&mut self, op: Op) {
        match op {
            Op::TryPut => self.try_put(),
            Op::TryGet => {
                let expected = self.reference.get();
                let empty = if self.reference.shut { TryGetError::ShutDown } else { TryGetError::Empty };
                assert_eq!(self.queue.try_get(), expected.ok_or(empty));
            }
            Op::StartPut => self.start_put(),
            Op::StartGet => self.start_get(),
            Op::PollPut(i) if i < self.puts.len() => self.poll_put(i),
            Op::PollGet(i) if i < self.gets.len() => self.poll_get(i),
            Op::DropPut(i) if i < self.puts.len() => {
                drop(self.puts.remove(i));
                self.reference.putters.remove(i);
                if !self.reference.shut {
                    self.reference.admit();
                }
            }
            Op::DropGet(i) if i < self.gets.len() => {
                drop(self.gets.remove(i));
                if let (Wait::Served(Some(item)), ticket) = self.reference.getters.remove(i) {
                    self.reference.place(ticket, item);
                }
            }
            Op::GetMany(max) => {
                let mut out = Vec::new();
                let expected: Vec<_> = (0..max).map_while(|_| self.reference.items.pop_front()).collect();
                self.reference.admit();
                let _ = Stepped::new(self.queue.get_many(&mut out, max)).poll();
                assert_eq!(out, expected.into_iter().map(|(_, item)| item).collect::<Vec<_>>());
            }
            Op::ShutDown => {
                self.queue.shutdown(Shutdown::Drain);
                self.reference.shut_down();
            }
            _ => {}
        }
        self.compare();
    }

    fn try_put(&mut self) {
        let item = self.number();
        let expected = if self.reference.shut {
            Err(TryPutError::ShutDown(item))
        } else if self.reference.has_room() {
            self.reference.put(item);
            Ok(())
        } else {
            Err(TryPutError::Full(item))
        };
        assert_eq!(self.queue.try_put(item), expected);
    }

    fn start_put(&mut self) {
        let item = self.number();
        let mut put = Stepped::new(self.queue.put(item));
        let polled = put.poll();
        if self.reference.shut {
            assert_eq!(polled, Poll::Ready(Err(PutError(item))));
        } else if self.reference.has_room() {
            assert_eq!(polled, Poll::Ready(Ok(())));
            self.reference.put(item);
        } else {
            assert_eq!(polled, Poll::Pending);
            self.puts.push((item, put));
            self.reference.putters.push(Wait::Waiting);
        }
    }

    fn start_get(&mut self) {
        let mut get = Stepped::new(self.queue.get());
        let polled = get.poll();
        match self.reference.get() {
            Some(item) => assert_eq!(polled, Poll::Ready(Ok(item))),
            None if self.reference.shut => assert_eq!(polled, Poll::Ready(Err(ShutDown))),
            None => {
                assert_eq!(polled, Poll::Pending);
                self.gets.push(get);
                self.reference.getters.push((Wait::Waiting, 0));
            }
        }
    }

    fn poll_put(&mut self, i: usize) {
        let item = self.puts[i].0;
        let polled = self.puts[i].1.poll();
        if self.reference.putters[i] == Wait::Waiting {
            assert_eq!(polled, Poll::Pending);
            return;
        }
        self.puts.remove(i);
        self.reference.putters.remove(i);
        if self.reference.shut {
            assert_eq!(polled, Poll::Ready(Err(PutError(item))));
        } else {
            assert_eq!(polled, Poll::Ready(Ok(())));
            self.reference.put(item);
        }
    }

    fn poll_get(&mut self, i: usize) {
        let polled = self.gets[i].poll();
        let expected = match self.reference.getters[i].0 {
            Wait::Waiting => {
                assert_eq!(polled, Poll::Pending);
                return;
            }
            Wait::Served(item) => item.ok_or(ShutDown),
            Wait::SentAway => Err(ShutDown),
        };
        assert_eq!(polled, Poll::Ready(expected));
        self.gets.remove(i);
        self.reference.getters.remove(i);
    }

    fn compare(&self) {
        assert_eq!(self.queue.len(), self.reference.items.len());
        if !self.reference.shut {
            assert_eq!(self.queue.is_full(), !self.reference.has_room());
        }
        // Woken are those that were served or sent away, and nobody else.
        for ((_, put), wait) in self.puts.iter().zip(&self.reference.putters) {
            assert_eq!(put.wakes(), usize::from(*wait != Wait::Waiting));
        }
        for (get, (wait, _)) in self.gets.iter().zip(&self.reference.getters) {
            assert_eq!(get.wakes(), usize::from(*wait != Wait::Waiting));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_queue_does_what_its_reference_does(capacity in 1..4_usize, ops in prop::collection::vec(op(), 0..60)) {
        let queue = Queue::bounded(capacity);
        let reference = Reference {
            capacity,
            items: VecDeque::new(),
            getters: Vec::new(),
            putters: Vec::new(),
            shut: false,
            handed: 0,
        };
        let mut both = Both { queue: &queue, reference, puts: Vec::new(), gets: Vec::new(), next: 0 };
        for op in ops {
            both.run(op);
        }
    }
}
