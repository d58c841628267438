//! One worker, from poll to poll.
//!
//! It takes its next task from its LIFO slot, its ring, the injector, in that order, with three exceptions that bound every
//! wait: after [`LIFO_POLLS`] polls out of the slot the ring comes first; every so many polls the injector comes first, and every
//! so many the driver is looked at (see `turns.rs`).
//!
//! A task that yields while nobody else is due is kept aside: it is next, no other worker knows of it, and nobody is woken for its sake. The race to fear is
//! this worker's own: something else is polled first (a task of the injector or the slot, the root of a `block_on`, a task that a driver's poll starts), and the
//! one kept aside has to wait where nobody finds it. So whatever comes first queues it for others before: `tell_of_yielding`.

use super::idle::Rest;
use super::metrics::Event;
use super::naps::Naps;
use super::shard::{Admitter, ShardPointer};
use super::shared::{Kit, RING, Seat, Shared};
use super::turns::Turns;
use super::watch::Duty;
use crate::task::{Runnable, contain};
use std::cell::Cell;
use std::sync::Arc;

/// So many polls in a row out of the LIFO slot, then the ring has its turn.
const LIFO_POLLS: u32 = 16;

/// So many looks around, then one at what is left of tasks that were spawned from elsewhere.
const OUTSIDE_LOOKS: u32 = 256;
/// So often a worker that leaves looks at that, at most.
const LAST_SWEEPS: u32 = 1 << 16;

/// A worker, on its thread.
pub(crate) struct Worker {
    shared: Arc<Shared>,
    seat: Arc<Seat>,
    index: usize,
    kit: Kit,
    turns: Turns,
    lifo_polls: Cell<u32>,
    has_settled: Cell<bool>,
    /// Since the last one at what is left of tasks from elsewhere.
    looks: Cell<u32>,
    /// Where the ring's front will be when each task that was in it after the last rotation has had its turn.
    pass_ends: Cell<u32>,
    /// A task that has yielded while nobody else was there: it is next, and no other worker knows of it.
    yielded: Cell<Option<Runnable>>,
    pub(super) rest: Cell<Rest>,
    pub(super) naps: Naps,
    pub(super) duty: Duty,
}

/// What a look at the last list came to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Swept {
    Some,
    Nothing,
    /// Somebody spawns from elsewhere at this moment.
    Unknown,
}

impl Worker {
    pub(super) fn new(shared: Arc<Shared>, index: usize, kit: Kit) -> Self {
        shared.shards[index].sit_down();
        let (lifo_polls, has_settled) = (Cell::new(0), Cell::new(false));
        let seat = shared.seats[index].clone();
        Self {
            shared,
            seat,
            index,
            kit,
            turns: Turns::new(),
            lifo_polls,
            has_settled,
            looks: Cell::new(0),
            pass_ends: Cell::new(0),
            yielded: Cell::new(None),
            rest: Cell::new(Rest::default()),
            naps: Naps::new(),
            duty: Duty::new(),
        }
    }

    pub(crate) fn index(&self) -> usize {
        self.index
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    pub(super) fn seat(&self) -> &Seat {
        &self.seat
    }

    /// Queues a task that was spawned or woken on this thread.
    pub(crate) fn push(&self, runnable: Runnable, woken_while_running: bool) {
        if woken_while_running {
            return self.push_yielding(runnable);
        }
        match self.kit.slot.replace(runnable) {
            Some(runnable) => self.push_back(runnable),
            None if self.shared.watch.is_posted() => return,
            None => {}
        }
        self.wake_another();
    }

    /// Queues a task that was woken while it ran, which is to yield: everybody else comes first.
    ///
    /// If there is nobody else, it is next, and whoever was woken for its sake would find nothing, or take it away.
    fn push_yielding(&self, runnable: Runnable) {
        // One that yielded before and was not polled since: this one was polled by foreign code in between, within a driver's poll.
        if let Some(earlier) = self.yielded.take() {
            self.push_back(earlier);
        } else if self.kit.ring.is_empty() && self.kit.slot.is_empty() {
            return self.yielded.set(Some(runnable));
        }
        self.push_back(runnable);
        self.wake_another();
    }

    fn wake_another(&self) {
        // No fence: this worker gets to the task by itself, should it miss somebody who lies down at this moment.
        self.shared.sleepers.wake_one_relaxed().into_iter().for_each(|worker| self.shared.unpark(worker));
    }

    /// Before anything else is polled than the task that yielded: that may have to wait then, and others are told of it.
    pub(super) fn tell_of_yielding(&self) {
        if let Some(runnable) = self.yielded.take() {
            self.push_back(runnable);
            self.wake_another();
        }
    }

    /// Queues many tasks; the caller wakes a worker.
    pub(super) fn push_many(&self, runnables: Vec<Runnable>) {
        let mut rest = runnables.into_iter();
        while let Some(runnable) = rest.next() {
            if let Err(runnable) = self.kit.ring.push(runnable) {
                self.shared.injector.push_many(std::iter::once(runnable).chain(rest));
                return;
            }
        }
    }

    fn push_back(&self, runnable: Runnable) {
        if let Err(runnable) = self.kit.ring.push(runnable) {
            self.overflow(runnable);
        }
    }

    /// The ring is full: its older half goes to the injector under one lock, and makes room for so many pushes.
    #[cold]
    fn overflow(&self, runnable: Runnable) {
        // Straight from one to the other: an allocator has to look for a buffer of that size, and glibc's tidies everything up before.
        self.shared.injector.push_many(self.kit.ring.shed(RING / 2).chain(std::iter::once(runnable)));
    }

    /// The next task of this worker's own, or of the injector.
    pub(super) fn next(&self) -> Option<Runnable> {
        if self.turns.step() {
            if let Some(runnable) = self.look_around() {
                self.tell_of_yielding();
                return Some(runnable);
            }
        }
        self.next_own().or_else(|| {
            self.turns.ran_dry();
            self.shared.injector.pop_share(&self.kit.ring, self.shared.seated())
        })
    }

    /// What a busy worker does now and then.
    #[cold]
    fn look_around(&self) -> Option<Runnable> {
        let look = self.turns.look(!self.shared.injector.is_empty(), self.left_of_pass());
        if look.driver {
            self.poll_driver();
        }
        self.settle();
        self.sweep_now_and_then();
        if !look.rotates {
            return self.shared.injector.pop();
        }
        let next = self.rotate();
        let (position, tasks) = (self.kit.ring.position(), self.kit.ring.len());
        #[expect(clippy::cast_possible_truncation, reason = "a ring is short")]
        self.pass_ends.set(position.wrapping_add(tasks as u32));
        self.turns.next_pass(tasks);
        next
    }

    /// How many of those that were in the ring after the last rotation have not had their turn; polls out of the slot are steps too, so steps do
    /// not tell.
    fn left_of_pass(&self) -> usize {
        let left = self.pass_ends.get().wrapping_sub(self.kit.ring.position()) as usize;
        // Beyond a ring's length it is no distance any more: the front has gone past.
        if left > RING { 0 } else { left }
    }

    /// Takes this worker's share of the injector, up to half a ring; what does not fit into half a ring with it goes to the injector's back.
    fn rotate(&self) -> Option<Runnable> {
        let (own, sharers) = (self.kit.ring.len(), self.shared.seated().max(1));
        let share = self.shared.injector.len().div_ceil(sharers).min(RING / 2);
        let shed = self.kit.ring.shed((own + share).saturating_sub(RING / 2));
        self.shared.injector.exchange(shed, &self.kit.ring, sharers)
    }

    /// A worker that never rests gives memory back as it goes; whoever spawns from elsewhere does so himself, as long as he spawns.
    fn sweep_now_and_then(&self) {
        self.sweep_own();
        let looks = self.looks.get() + 1;
        let is_over = looks > OUTSIDE_LOOKS && self.sweep_outside() != Swept::Some;
        self.looks.set(if is_over { 0 } else { looks.min(OUTSIDE_LOOKS) });
    }

    /// Gives back memory that waits for this worker; says whether there was any. A bounded number of tasks at a time.
    ///
    /// Destructors run in here, so that nobody may rely on this worker's search meanwhile.
    pub(super) fn sweep_own(&self) -> bool {
        if !self.kit.admitter.has_remains() {
            return false;
        }
        self.get_to_work();
        self.kit.admitter.sweep()
    }

    /// The same for what waits for nobody in particular.
    pub(super) fn sweep_outside(&self) -> Swept {
        let Some(swept) = self.shared.outside.swept() else { return Swept::Unknown };
        if swept.is_empty() {
            return Swept::Nothing;
        }
        self.get_to_work();
        drop(swept);
        Swept::Some
    }

    /// Whether others leave the memory of this worker's tasks to it: while it is awake. Who is no heir sweeps once more.
    pub(super) fn set_heir(&self, is_heir: bool) {
        self.shared.shards[self.index].set_heir(is_heir);
    }

    /// Leaves the seat, for good or while this thread blocks; says whether it sat there.
    pub(super) fn stand_up(&self) -> bool {
        let was_taken = self.shared.shards[self.index].stand_up();
        while self.sweep_own() {}
        was_taken
    }

    /// Gives back memory that waits for nobody in particular, before the worker leaves for good. It stops some time even if others bring more and more.
    pub(super) fn sweep_outside_at_last(&self) {
        let _has_more = (0..LAST_SWEEPS).all(|_| self.sweep_outside() == Swept::Some);
    }

    /// What this worker spawned while another thread closed the executor is found and cancelled, once it sees the close.
    pub(super) fn settle(&self) {
        let shard = &self.shared.shards[self.index];
        if shard.is_closed() && !self.has_settled.replace(true) {
            // Foreign code runs in there: what a closure holds that waits for a blocking thread is dropped.
            self.get_to_work();
            shard.settle();
        }
    }

    fn next_own(&self) -> Option<Runnable> {
        let slot = &self.kit.slot;
        let polls = self.lifo_polls.get();
        if polls < LIFO_POLLS {
            if let Some(runnable) = slot.take() {
                self.tell_of_yielding();
                self.lifo_polls.set(polls + 1);
                return Some(runnable);
            }
        }
        self.lifo_polls.set(0);
        self.yielded.take().or_else(|| self.kit.ring.pop()).or_else(|| slot.take())
    }

    /// How many tasks this worker might find at this moment without a search.
    pub(super) fn queued(&self) -> usize {
        self.kit.ring.len() + usize::from(!self.kit.slot.is_empty()) + self.shared.injector.len()
    }

    /// Takes tasks from another worker's ring: half of the first ring that has some.
    pub(super) fn steal(&self) -> Option<Runnable> {
        let seats = &self.shared.seats;
        // Neighbours first, each worker its own: thieves do not all knock at the same door.
        let others = (1..seats.len()).map(|step| &seats[(self.index + step) % seats.len()]);
        let stolen = others.into_iter().find_map(|seat| seat.ring.steal_into(&self.kit.ring))?;
        self.seat().tally.count(Event::Steal);
        Some(stolen)
    }

    /// Polls a task; inside of [`run_contained`](super::contained::run_contained), so that nothing it does ends this worker.
    pub(super) fn run(&self, runnable: Runnable) {
        if self.rest.get() != Rest::default() || self.duty.is_on_watch() {
            self.get_to_work();
        }
        self.seat().tally.count(Event::Poll);
        runnable.run();
    }

    /// Before a poll: whoever relied on this worker's search or on its place in the driver is told that it ends.
    #[cold]
    pub(super) fn get_to_work(&self) {
        let rest = self.rest.take();
        let owes_a_look = rest.searching && self.shared.sleepers.found().must_look();
        let leaves_watch = self.end_watch();
        if (rest.left_driver || leaves_watch || owes_a_look) && self.must_hand_driver_on()
            || owes_a_look && self.shared.has_work()
            || (leaves_watch || owes_a_look && !self.shared.watch.is_posted()) && self.shared.has_full_slot()
        {
            self.shared.wake_worker();
        }
    }

    /// After this worker left the driver, or the watch: whether somebody must be woken so that the driver is looked after.
    pub(super) fn must_hand_driver_on(&self) -> bool {
        self.shared.driver.as_ref().is_some_and(|driver| self.shared.watch.leaves_alone(driver))
    }

    fn poll_driver(&self) {
        let Some(driver) = &self.shared.driver else { return };
        let Some(mut inside) = driver.try_enter() else { return };
        contain(|| inside.poll());
        drop(inside);
        // Somebody may have found the driver taken while we looked, and have lain down without it.
        if self.must_hand_driver_on() {
            self.shared.wake_worker();
        }
    }

    /// Gives up the slot and the ring: to the injector, for others. Says whether there was anything.
    pub(super) fn drain(&self) -> bool {
        let yielded = self.yielded.take().into_iter();
        let own = yielded.chain(std::iter::from_fn(|| self.kit.ring.pop().or_else(|| self.kit.slot.take())));
        self.shared.injector.push_many(own) > 0
    }

    /// The owner's end of the list of this worker's tasks.
    pub(super) fn admitter(&self) -> &Admitter {
        &self.kit.admitter
    }

    /// Whether the tasks of this shard are run by this worker's executor.
    ///
    /// # Safety
    ///
    /// A task is on the shard's list.
    #[inline]
    pub(crate) unsafe fn works_for(&self, shard: ShardPointer) -> bool {
        if shard.is(&self.shared.shards[self.index]) {
            return true;
        }
        // SAFETY: says the caller.
        let shard = unsafe { shard.as_ref() };
        shard.executor() == Arc::as_ptr(&self.shared)
    }

    /// The owner's end of the list of this shard, if that is this worker's.
    pub(super) fn admitter_of(&self, shard: ShardPointer) -> Option<&Admitter> {
        shard.is(&self.shared.shards[self.index]).then_some(&self.kit.admitter)
    }

    /// What goes with the seat, when this worker is one no more.
    pub(super) fn into_kit(self) -> Kit {
        self.kit
    }
}
