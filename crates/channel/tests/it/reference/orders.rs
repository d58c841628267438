//! The last-in-first-out queue and the priority queue: against a sorted list.

use motet_channel::{Get, LifoQueue, OrderedQueue, PriorityQueue, Ranked, Shutdown};
use motet_channel::{Lifo, Order, Smallest};
use motet_test::Stepped;
use proptest::prelude::*;
use std::task::Poll;

type Item = Ranked<u8, u32>;

#[derive(Clone, Copy, Debug)]
enum Op {
    Put(u8),
    TryGet,
    StartGet,
    PollGet(usize),
    DropGet(usize),
    GetMany(usize),
    ShutDown(Shutdown),
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        8 => (0..4_u8).prop_map(Op::Put),
        4 => Just(Op::TryGet),
        4 => Just(Op::StartGet),
        4 => (0..8_usize).prop_map(Op::PollGet),
        3 => (0..8_usize).prop_map(Op::DropGet),
        1 => (1..4_usize).prop_map(Op::GetMany),
        1 => prop_oneof![Just(Shutdown::Drain), Just(Shutdown::Immediate)].prop_map(Op::ShutDown),
    ]
}

/// The items in the order in which they come out, the next one last. An item is its priority and its number.
struct Reference {
    /// What an item is sorted by: the smallest comes first.
    key: fn((u8, u32)) -> (u8, u32),
    items: Vec<(u8, u32)>,
    /// What each getter was handed; `None`: it waits.
    getters: Vec<Option<(u8, u32)>>,
    shut: Option<Shutdown>,
}

impl Reference {
    fn place(&mut self, item: (u8, u32)) {
        if let Some(getter) = self.getters.iter_mut().find(|handed| handed.is_none()) {
            *getter = Some(item);
        } else if self.shut != Some(Shutdown::Immediate) {
            self.items.push(item);
            self.items.sort_by_key(|item| std::cmp::Reverse((self.key)(*item)));
        }
    }
}

fn run<O: Order<Item>>(queue: &OrderedQueue<Item, O>, key: fn((u8, u32)) -> (u8, u32), ops: &[Op]) {
    let mut reference = Reference { key, items: Vec::new(), getters: Vec::new(), shut: None };
    let mut gets: Vec<Stepped<Get<'_, Item, O>>> = Vec::new();
    let parts = |item: Item| (item.priority, item.item);
    for (number, op) in (0..).zip(ops) {
        match *op {
            Op::Put(priority) => {
                let put = queue.try_put(Ranked::new(priority, number));
                assert_eq!(put.is_ok(), reference.shut.is_none());
                if put.is_ok() {
                    reference.place((priority, number));
                }
            }
            Op::TryGet => assert_eq!(queue.try_get().ok().map(parts), reference.items.pop()),
            Op::StartGet => {
                let mut get = Stepped::new(queue.get());
                match (get.poll(), reference.items.pop()) {
                    (Poll::Ready(Ok(item)), expected) => assert_eq!(Some(parts(item)), expected),
                    (Poll::Ready(Err(_)), expected) => assert!(expected.is_none() && reference.shut.is_some()),
                    (Poll::Pending, expected) => {
                        assert!(expected.is_none() && reference.shut.is_none());
                        gets.push(get);
                        reference.getters.push(None);
                    }
                }
            }
            Op::PollGet(i) if i < gets.len() => match (gets[i].poll(), reference.getters[i]) {
                (Poll::Pending, handed) => assert!(handed.is_none() && reference.shut.is_none()),
                (Poll::Ready(item), handed) => {
                    assert_eq!(item.ok().map(parts), handed);
                    gets.remove(i);
                    reference.getters.remove(i);
                }
            },
            Op::DropGet(i) if i < gets.len() => {
                drop(gets.remove(i));
                if let Some(item) = reference.getters.remove(i) {
                    // Those that were sent away by a shutdown are handed nothing more.
                    let waiting = std::mem::take(&mut reference.getters);
                    let open = reference.shut.is_none();
                    reference.getters = if open { waiting.clone() } else { Vec::new() };
                    reference.place(item);
                    reference.getters = if open { std::mem::take(&mut reference.getters) } else { waiting };
                }
            }
            Op::GetMany(max) => {
                let mut out = Vec::new();
                let _ = Stepped::new(queue.get_many(&mut out, max)).poll();
                let expected: Vec<_> = (0..max).map_while(|_| reference.items.pop()).collect();
                assert_eq!(out.into_iter().map(parts).collect::<Vec<_>>(), expected);
            }
            Op::ShutDown(how) => {
                queue.shutdown(how);
                if how == Shutdown::Immediate {
                    reference.items.clear();
                }
                if reference.shut != Some(Shutdown::Immediate) {
                    reference.shut = Some(how);
                }
            }
            _ => {}
        }
        assert_eq!(queue.len(), reference.items.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_priority_queue_does_what_its_reference_does(ops in prop::collection::vec(op(), 0..60)) {
        run::<Smallest>(&PriorityQueue::unbounded(), |item| item, &ops);
    }

    #[test]
    fn a_lifo_queue_does_what_its_reference_does(ops in prop::collection::vec(op(), 0..60)) {
        run::<Lifo>(&LifoQueue::unbounded(), |(_, number)| (0, u32::MAX - number), &ops);
    }
}
