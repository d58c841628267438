//! Random operations on a local queue, against a `VecDeque` and the order in which they came to wait.

use motet_channel::local::{Get, Put, Queue};
use motet_channel::{PutError, ShutDown, Shutdown, TryGetError, TryPutError};
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
        1 => Just(Op::ShutDown),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Wait {
    Waiting,
    Granted,
    SentAway,
}

#[derive(Default)]
struct Reference {
    capacity: usize,
    items: VecDeque<u32>,
    getters: Vec<Wait>,
    putters: Vec<Wait>,
    shut: bool,
}

impl Reference {
    fn count(waits: &[Wait]) -> usize {
        waits.iter().filter(|wait| **wait == Wait::Granted).count()
    }

    fn has_item(&self) -> bool {
        self.items.len() > Self::count(&self.getters)
    }

    fn has_room(&self) -> bool {
        self.items.len() + Self::count(&self.putters) < self.capacity
    }

    /// Whoever can be served is, the oldest first.
    fn settle(&mut self) {
        while self.has_item() {
            let Some(next) = self.getters.iter_mut().find(|wait| **wait == Wait::Waiting) else { break };
            *next = Wait::Granted;
        }
        while self.has_room() {
            let Some(next) = self.putters.iter_mut().find(|wait| **wait == Wait::Waiting) else { break };
            *next = Wait::Granted;
        }
    }
}

struct Both<'q> {
    queue: &'q Queue<u32>,
    reference: Reference,
    puts: Vec<(u32, Stepped<Put<'q, u32>>)>,
    gets: Vec<Stepped<Get<'q, u32>>>,
}

impl Both<'_> {
    fn run(&mut self, number: u32, op: Op) {
        let reference = &mut self.reference;
        match op {
            Op::TryPut => {
                let expected = match (reference.shut, reference.has_room()) {
                    (true, _) => Err(TryPutError::ShutDown(number)),
                    (false, false) => Err(TryPutError::Full(number)),
                    (false, true) => {
                        reference.items.push_back(number);
                        Ok(())
                    }
                };
                assert_eq!(self.queue.try_put(number), expected);
            }
            Op::TryGet => {
                let nothing = if reference.shut { TryGetError::ShutDown } else { TryGetError::Empty };
                let there = if reference.has_item() { reference.items.pop_front() } else { None };
                assert_eq!(self.queue.try_get(), there.ok_or(nothing));
            }
            Op::StartPut => {
                let mut put = Stepped::new(self.queue.put(number));
                let polled = put.poll();
                if reference.shut {
                    assert_eq!(polled, Poll::Ready(Err(PutError(number))));
                } else if reference.has_room() {
                    assert_eq!(polled, Poll::Ready(Ok(())));
                    reference.items.push_back(number);
                } else {
                    assert_eq!(polled, Poll::Pending);
                    self.puts.push((number, put));
                    reference.putters.push(Wait::Waiting);
                }
            }
            Op::StartGet => {
                let mut get = Stepped::new(self.queue.get());
                let polled = get.poll();
                if reference.has_item() {
                    assert_eq!(polled, Poll::Ready(Ok(reference.items.pop_front().unwrap())));
                } else if reference.shut {
                    assert_eq!(polled, Poll::Ready(Err(ShutDown)));
                } else {
                    assert_eq!(polled, Poll::Pending);
                    self.gets.push(get);
                    reference.getters.push(Wait::Waiting);
                }
            }
            Op::PollPut(i) if i < self.puts.len() => {
                let polled = self.puts[i].1.poll();
                if reference.putters[i] == Wait::Waiting {
                    assert_eq!(polled, Poll::Pending);
                } else {
                    let (item, _) = self.puts.remove(i);
                    reference.putters.remove(i);
                    if reference.shut {
                        assert_eq!(polled, Poll::Ready(Err(PutError(item))));
                    } else {
                        assert_eq!(polled, Poll::Ready(Ok(())));
                        reference.items.push_back(item);
                    }
                }
            }
            Op::PollGet(i) if i < self.gets.len() => {
                let polled = self.gets[i].poll();
                let wait = reference.getters[i];
                if wait == Wait::Waiting {
                    assert_eq!(polled, Poll::Pending);
                } else {
                    self.gets.remove(i);
                    reference.getters.remove(i);
                    let there = wait == Wait::Granted || reference.has_item();
                    let item = if there { reference.items.pop_front() } else { None };
                    assert_eq!(polled, Poll::Ready(item.ok_or(ShutDown)));
                }
            }
            Op::DropPut(i) if i < self.puts.len() => {
                drop(self.puts.remove(i));
                reference.putters.remove(i);
            }
            Op::DropGet(i) if i < self.gets.len() => {
                drop(self.gets.remove(i));
                reference.getters.remove(i);
            }
            Op::ShutDown => {
                self.queue.shutdown(Shutdown::Drain);
                reference.shut = true;
                let waits = reference.putters.iter_mut().chain(&mut reference.getters);
                waits.filter(|wait| **wait == Wait::Waiting).for_each(|wait| *wait = Wait::SentAway);
            }
            _ => {}
        }
        self.reference.settle();
        self.compare();
    }

    /// Woken are those that were served or sent away, and nobody else.
    fn compare(&self) {
        assert_eq!(self.queue.len(), self.reference.items.len());
        let puts = self.puts.iter().map(|(_, put)| put.wakes()).zip(&self.reference.putters);
        let gets = self.gets.iter().map(|get| get.wakes()).zip(&self.reference.getters);
        for (wakes, wait) in puts.chain(gets) {
            assert_eq!(wakes, usize::from(*wait != Wait::Waiting));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_local_queue_does_what_its_reference_does(capacity in 1..4_usize, ops in prop::collection::vec(op(), 0..60)) {
        let queue = Queue::bounded(capacity);
        let reference = Reference { capacity, ..Reference::default() };
        let mut both = Both { queue: &queue, reference, puts: Vec::new(), gets: Vec::new() };
        for (number, op) in (0..).zip(ops) {
            both.run(number, op);
        }
    }
}
