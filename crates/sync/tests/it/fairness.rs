//! First come, first served, whoever goes away meanwhile: the order of grants, recorded under random arrivals, releases and cancels.
//!
//! A model beside each lock keeps the line as a plain list. After every step three things must hold: those who were granted are
//! the first of that list, nobody in front waits for what is free, and what was given out and what is free add up.

use crate::dice::Dice;
use motet_sync::{Lock, RwLock, Semaphore};
use motet_test::Stepped;
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::task::Poll;

const STEPS: usize = 4_000;

/// What is waited for, as the model sees it.
trait Contested {
    /// What a waiter wants.
    type Want: Copy;
    /// What it has then; dropped, it is free again.
    type Held<'a>
    where
        Self: 'a;

    fn roll(dice: &mut Dice) -> Self::Want;
    fn wait(&self, want: Self::Want) -> Pin<Box<dyn Future<Output = Self::Held<'_>> + '_>>;
    /// Whether `want` goes together with what others have.
    fn fits<'a>(want: Self::Want, taken: impl Iterator<Item = &'a Self::Want>) -> bool
    where
        Self: 'a;
    /// Whether nobody has anything.
    fn is_whole(&self) -> bool;
}

struct Waiting<'a, C: Contested + 'a> {
    number: usize,
    want: C::Want,
    /// Whether its grant is on record.
    recorded: bool,
    future: Stepped<Pin<Box<dyn Future<Output = C::Held<'a>> + 'a>>>,
}

/// The line, and those inside.
struct Model<'a, C: Contested> {
    contested: &'a C,
    line: VecDeque<Waiting<'a, C>>,
    inside: Vec<(C::Want, C::Held<'a>)>,
    arrivals: usize,
    served: Vec<usize>,
}

impl<'a, C: Contested> Model<'a, C> {
    fn arrive(&mut self, dice: &mut Dice) {
        let (number, want) = (self.arrivals, C::roll(dice));
        self.arrivals += 1;
        let mut future = Stepped::new(self.contested.wait(want));
        match future.poll() {
            Poll::Ready(held) => {
                assert_eq!(self.granted(), self.line.len(), "number {number} barged past somebody who waits");
                self.served.push(number);
                self.enter(number, want, held);
            }
            Poll::Pending => self.line.push_back(Waiting { number, want, recorded: false, future }),
        }
    }

    fn enter(&mut self, number: usize, want: C::Want, held: C::Held<'a>) {
        assert!(C::fits(want, self.inside.iter().map(|(taken, _)| taken)), "number {number} is one too many");
        self.inside.push((want, held));
    }

    /// How many of those in line were granted, and have not been polled since.
    fn granted(&self) -> usize {
        let granted = self.line.iter().take_while(|waiting| waiting.future.is_woken()).count();
        let woken = self.line.iter().filter(|waiting| waiting.future.is_woken()).count();
        assert_eq!(granted, woken, "somebody was served before one who came earlier");
        granted
    }

    fn check(&mut self) {
        let granted = self.granted();
        for waiting in self.line.iter_mut().take(granted).filter(|waiting| !waiting.recorded) {
            waiting.recorded = true;
            self.served.push(waiting.number);
        }
        let given = self.line.iter().take(granted).map(|waiting| &waiting.want);
        let taken: Vec<_> = self.inside.iter().map(|(taken, _)| taken).chain(given).collect();
        if let Some(front) = self.line.get(granted) {
            let waits_in_vain = C::fits(front.want, taken.into_iter());
            assert!(!waits_in_vain, "number {} waits for what is free", front.number);
        }
    }

    fn step(&mut self, dice: &mut Dice) {
        match dice.roll(10) {
            0..=3 if self.line.len() < 30 => self.arrive(dice),
            4..=5 if !self.inside.is_empty() => {
                let leaving = dice.index(self.inside.len());
                self.inside.swap_remove(leaving);
            }
            // Cancelled: in line, or granted.
            6 if !self.line.is_empty() => {
                let cancelled = dice.index(self.line.len());
                self.line.remove(cancelled);
            }
            // Polled in vain, with its waker or another one.
            7 if self.line.len() > self.granted() => {
                let waiting = self.granted() + dice.index(self.line.len() - self.granted());
                let future = &mut self.line[waiting].future;
                let polled = if dice.roll(2) == 0 { future.poll() } else { future.poll_with_new_waker() };
                assert!(polled.is_pending());
            }
            _ => self.take_grant(),
        }
    }

    fn take_grant(&mut self) {
        if self.granted() > 0 {
            let Waiting { number, want, mut future, .. } = self.line.pop_front().expect("the first was granted");
            let Poll::Ready(held) = future.poll() else { panic!("number {number} was woken in vain") };
            self.enter(number, want, held);
        }
    }
}

fn served_in_order<C: Contested>(seed: u32, contested: &C) {
    let mut dice = Dice::new(seed);
    let mut model = Model { contested, line: VecDeque::new(), inside: Vec::new(), arrivals: 0, served: Vec::new() };
    for _ in 0..STEPS {
        model.step(&mut dice);
        model.check();
    }
    while !(model.line.is_empty() && model.inside.is_empty()) {
        model.inside.clear();
        model.take_grant();
        model.check();
    }
    assert!(model.served.is_sorted(), "seed {seed}: {:?}", model.served);
    assert!(model.served.len() > STEPS / 10, "most of them are served");
    assert!(contested.is_whole());
}

impl Contested for Lock<()> {
    type Want = ();
    type Held<'a> = motet_sync::LockGuard<'a, ()>;

    fn roll(_dice: &mut Dice) {}

    fn wait(&self, (): ()) -> Pin<Box<dyn Future<Output = Self::Held<'_>> + '_>> {
        Box::pin(self.lock())
    }

    fn fits<'a>((): (), mut taken: impl Iterator<Item = &'a ()>) -> bool {
        taken.next().is_none()
    }

    fn is_whole(&self) -> bool {
        self.try_lock().is_some()
    }
}

impl Contested for Semaphore {
    type Want = usize;
    type Held<'a> = motet_sync::Permit<'a>;

    fn roll(dice: &mut Dice) -> usize {
        1 + dice.index(PERMITS)
    }

    fn wait(&self, want: usize) -> Pin<Box<dyn Future<Output = Self::Held<'_>> + '_>> {
        Box::pin(self.acquire_many(want))
    }

    fn fits<'a>(want: usize, taken: impl Iterator<Item = &'a usize>) -> bool {
        taken.sum::<usize>() + want <= PERMITS
    }

    fn is_whole(&self) -> bool {
        self.available() == PERMITS
    }
}

const PERMITS: usize = 5;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Read,
    Upgradable,
    Write,
}

#[expect(dead_code, reason = "a guard is there to be dropped")]
enum Hold<'a> {
    Read(motet_sync::ReadGuard<'a, ()>),
    Upgradable(motet_sync::UpgradableReadGuard<'a, ()>),
    Write(motet_sync::WriteGuard<'a, ()>),
}

impl Contested for RwLock<()> {
    type Want = Kind;
    type Held<'a> = Hold<'a>;

    fn roll(dice: &mut Dice) -> Kind {
        [Kind::Read, Kind::Read, Kind::Read, Kind::Upgradable, Kind::Write][dice.index(5)]
    }

    fn wait(&self, want: Kind) -> Pin<Box<dyn Future<Output = Self::Held<'_>> + '_>> {
        Box::pin(async move {
            match want {
                Kind::Read => Hold::Read(self.read().await),
                Kind::Upgradable => Hold::Upgradable(self.upgradable_read().await),
                Kind::Write => Hold::Write(self.write().await),
            }
        })
    }

    fn fits<'a>(want: Kind, mut taken: impl Iterator<Item = &'a Kind>) -> bool {
        match want {
            Kind::Read => taken.all(|&other| other != Kind::Write),
            Kind::Upgradable => taken.all(|&other| other == Kind::Read),
            Kind::Write => taken.next().is_none(),
        }
    }

    fn is_whole(&self) -> bool {
        self.try_write().is_some()
    }
}

#[test]
fn locks_are_handed_over_in_the_order_of_arrival() {
    (1..=20).for_each(|seed| served_in_order(seed, &Lock::new(())));
}

#[test]
fn permits_are_granted_in_the_order_of_arrival_many_and_single_alike() {
    (1..=20).for_each(|seed| served_in_order(seed, &Semaphore::new(PERMITS)));
}

#[test]
fn readers_and_writers_are_let_in_in_the_order_of_arrival() {
    (1..=20).for_each(|seed| served_in_order(seed, &RwLock::new(())));
}
