//! The wheel against a model that is plainly right: a `BTreeMap` from deadline and order of arrival to item.
//!
//! Random inserts, removals, postponements and advances, in one go or with breaks, with distances drawn by their number of bits, so that every
//! level and every boundary between levels takes part; the four invariants are checked after each step.
#![forbid(unsafe_code)]

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use proptest::prelude::*;

use super::{Chain, LEVELS, Look, Order, Spot, Wheel};
use crate::clock::NEVER;

/// An item that remembers its place, as an entry does.
struct Item {
    at: Cell<u64>,
    spot: Cell<Spot>,
}

#[derive(Default)]
struct Queue(VecDeque<Rc<Item>>);

impl Chain for Queue {
    type Item = Rc<Item>;

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn push_back(&mut self, item: Rc<Item>, spot: Spot) {
        item.spot.set(spot);
        self.0.push_back(item);
    }

    fn pop_front(&mut self) -> Option<Rc<Item>> {
        self.0.pop_front()
    }

    fn unlink(&mut self, item: Rc<Item>) {
        let place = self.0.iter().position(|other| Rc::ptr_eq(other, &item)).expect("the item is where it says");
        self.0.remove(place);
    }

    fn earliest(&self, most: usize) -> Option<u64> {
        if self.0.len() > most { None } else { self.0.iter().map(|item| item.at.get()).min() }
    }

    fn deadline(item: &Rc<Item>) -> u64 {
        item.at.get()
    }
}

/// The wheel and the model side by side.
struct Pair {
    wheel: Wheel<Queue>,
    model: BTreeMap<(u64, u64), Rc<Item>>,
    arrivals: u64,
    now: u64,
    was_postponed: bool,
}

impl Pair {
    fn new(start: u64, order: Order) -> Self {
        Self { wheel: Wheel::new(start, order), model: BTreeMap::new(), arrivals: 0, now: start, was_postponed: false }
    }

    fn insert(&mut self, at: u64) {
        let item = Rc::new(Item { at: Cell::new(at), spot: Cell::new(Spot::NOWHERE) });
        self.wheel.insert(item.clone());
        self.model.insert((at, self.arrivals), item);
        self.arrivals += 1;
    }

    fn nth(&self, n: usize) -> Option<(u64, u64)> {
        let count = self.model.len();
        (count > 0).then(|| *self.model.keys().nth(n % count).expect("a number below the count"))
    }

    fn remove(&mut self, n: usize) {
        let Some(key) = self.nth(n) else { return };
        let item = self.model.remove(&key).expect("a key of the map");
        let spot = item.spot.get();
        self.wheel.remove(item, spot);
    }

    /// Moves a deadline without telling the wheel.
    fn postpone(&mut self, n: usize, by: u64) {
        let Some(key) = self.nth(n) else { return };
        let item = self.model.remove(&key).expect("a key of the map");
        let at = (key.0 + by).min(NEVER);
        item.at.set(at);
        self.model.insert((at, key.1), item);
        self.was_postponed = true;
    }

    /// What comes out of both at `now`, in the order in which it comes; with a break after so many moves.
    fn advance(&mut self, now: u64, moves: usize) -> (Vec<Rc<Item>>, Vec<Rc<Item>>) {
        self.now = self.now.max(now);
        let mut out = Vec::new();
        let mut left = moves;
        loop {
            match self.wheel.pop_due(now, &mut left) {
                Look::Due(item) if item.at.get() > now => self.wheel.insert(item),
                Look::Due(item) => out.push(item),
                Look::Break => left = moves,
                Look::Reached => break,
            }
        }
        let later = self.model.split_off(&(now + 1, 0));
        let due = std::mem::replace(&mut self.model, later);
        (out, due.into_values().collect())
    }

    /// Advances up to the first break, if there is one: as much as happens under one lock. What comes out is put in again.
    fn advance_to_break(&mut self, now: u64, mut moves: usize) {
        if let Look::Due(item) = self.wheel.pop_due(now, &mut moves) {
            self.wheel.insert(item);
        }
        self.now = self.now.max(self.wheel.elapsed);
    }

    fn next_agrees(&mut self, most: usize) -> Result<(), TestCaseError> {
        let said = self.wheel.next(most);
        let right = self.model.keys().next().map(|key| key.0);
        prop_assert_eq!(said.is_some(), right.is_some());
        prop_assert!(said <= right, "{:?} is later than the right {:?}", said, right);
        if most == usize::MAX && !self.was_postponed {
            prop_assert_eq!(said, right);
        }
        Ok(())
    }

    /// The invariants of the file's head.
    fn check(&self) -> Result<(), TestCaseError> {
        let mut count = 0;
        for level in 0..LEVELS {
            if self.wheel.levels.is_empty() {
                break;
            }
            let has_items = (0..64).any(|slot| !self.wheel.levels[level].chain(slot).0.is_empty());
            prop_assert_eq!(self.wheel.occupied >> level & 1 == 1, has_items, "occupancy of level {}", level);
            for slot in 0..64 {
                let spot = Spot::new(level, slot);
                let items = &self.wheel.levels[level].chain(slot).0;
                prop_assert_eq!(self.wheel.levels[level].is_occupied(slot), !items.is_empty());
                count += items.len();
                if items.is_empty() {
                    continue;
                }
                let (start, end) = self.wheel.bounds(spot);
                let may_be_entered = level == 0 || self.wheel.entered == Some(spot);
                prop_assert!(may_be_entered || start > self.wheel.elapsed, "time is inside of {:?}", spot);
                for item in items {
                    let at = item.at.get().max(start.min(self.wheel.elapsed));
                    prop_assert_eq!(item.spot.get(), spot);
                    prop_assert!(start <= at, "{} lies before {:?}", at, spot);
                    prop_assert!(self.was_postponed || at <= end, "{} lies after {:?}", at, spot);
                }
            }
        }
        prop_assert_eq!(count, self.model.len());
        Ok(())
    }
}

#[derive(Clone, Debug)]
enum Step {
    Insert(u64),
    InsertAtNext(u64),
    InsertPast(u64),
    Remove(usize),
    Postpone(usize, u64),
    Advance(u64, usize),
    AdvanceToBreak(u64, usize),
    AdvanceToNext,
    Next(usize),
}

/// A distance with some number of bits, or one by a boundary between slots.
fn distance() -> impl Strategy<Value = u64> {
    let by_bits = (0u32..62, any::<u64>()).prop_map(|(bits, noise)| (1 << bits) | (noise & ((1 << bits) - 1)));
    let by_boundary = (0u32..11, 1u64..4, 0u64..3).prop_map(|(level, slots, off)| (slots << (6 * level)) - 1 + off);
    prop_oneof![4 => by_bits, 2 => by_boundary, 1 => 0u64..4]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => distance().prop_map(Step::Insert),
        2 => (0u64..3).prop_map(Step::InsertAtNext),
        1 => distance().prop_map(Step::InsertPast),
        3 => any::<usize>().prop_map(Step::Remove),
        2 => (any::<usize>(), distance()).prop_map(|(n, by)| Step::Postpone(n, by)),
        2 => (distance(), 1usize..5).prop_map(|(by, moves)| Step::Advance(by, moves)),
        2 => (distance(), 0usize..5).prop_map(|(by, moves)| Step::AdvanceToBreak(by, moves)),
        3 => Just(Step::AdvanceToNext),
        2 => prop_oneof![Just(usize::MAX), 0usize..4].prop_map(Step::Next),
    ]
}

fn run(order: Order, start: u64, steps: Vec<Step>) -> Result<(), TestCaseError> {
    let mut pair = Pair::new(start, order);
    for step in steps {
        let first = pair.model.keys().next().map(|key| key.0);
        let until = match step {
            Step::Insert(distance) => {
                pair.insert((pair.now + distance).min(NEVER));
                None
            }
            Step::InsertAtNext(off) => {
                pair.insert(first.map_or(pair.now, |at| (at + off).min(NEVER)));
                None
            }
            Step::InsertPast(distance) if order == Order::Loose => {
                pair.insert(pair.now.saturating_sub(distance));
                None
            }
            Step::Remove(n) => {
                pair.remove(n);
                None
            }
            // In virtual time a past deadline is never armed, and a timer that is postponed is armed anew.
            Step::Postpone(n, by) if order == Order::Loose => {
                pair.postpone(n, by);
                None
            }
            Step::InsertPast(_) | Step::Postpone(..) => None,
            Step::Next(most) => {
                pair.next_agrees(most)?;
                None
            }
            // In virtual time there are no breaks: what is inserted in one would overtake its equals.
            Step::AdvanceToBreak(by, moves) if order == Order::Loose => {
                pair.advance_to_break((pair.now + by).min(NEVER - 1), moves);
                None
            }
            Step::AdvanceToBreak(..) => None,
            Step::Advance(by, moves) => Some(((pair.now + by).min(NEVER - 1), moves)),
            Step::AdvanceToNext => first.filter(|&at| at < NEVER).map(|at| (at.max(pair.now), usize::MAX)),
        };
        if let Some((until, moves)) = until {
            let (mut out, mut due) = pair.advance(until, moves);
            if order == Order::Loose {
                out.sort_by_key(Rc::as_ptr);
                due.sort_by_key(Rc::as_ptr);
            }
            prop_assert!(out.len() == due.len() && out.iter().zip(&due).all(|(a, b)| Rc::ptr_eq(a, b)));
        }
        pair.check()?;
    }
    pair.next_agrees(usize::MAX)?;
    let rest = std::iter::from_fn(|| pair.wheel.pop_any()).count();
    prop_assert_eq!(rest, pair.model.len());
    prop_assert!(pair.wheel.is_empty());
    Ok(())
}

/// Any time to start from, ends included, so that deadlines cross the wrap of each level.
fn start() -> impl Strategy<Value = u64> {
    prop_oneof![Just(0), 0u64..1_000, distance().prop_map(|d| d.min(NEVER - 1)), NEVER - 10_000..NEVER - 1]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn strict_order_is_that_of_deadline_and_arrival(at in start(), steps in prop::collection::vec(step(), 1..60)) {
        run(Order::Strict, at, steps)?;
    }

    #[test]
    fn loose_order_fires_the_same_items_at_the_same_times(at in start(), steps in prop::collection::vec(step(), 1..60)) {
        run(Order::Loose, at, steps)?;
    }
}

#[test]
fn an_earlier_deadline_in_a_coarser_level_is_found() {
    let mut pair = Pair::new(0, Order::Loose);
    pair.insert(70);
    pair.advance(60, usize::MAX);
    // 70 sits in level 1; this one goes to level 0, being nearer, and yet is later once time has moved into the slot.
    pair.advance(65, usize::MAX);
    pair.insert(100);
    assert_eq!(pair.wheel.next(usize::MAX), Some(70));
}

#[test]
fn the_top_level_holds_never_and_does_not_wrap() {
    let mut pair = Pair::new(NEVER - 100, Order::Strict);
    pair.insert(NEVER);
    pair.insert(NEVER - 1);
    let (out, due) = pair.advance(NEVER - 1, usize::MAX);
    assert_eq!((out.len(), due.len()), (1, 1));
    assert_eq!(pair.wheel.next(0), Some(NEVER));
}
