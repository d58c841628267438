//! The barrier's states; those of `asyncio.Barrier`.
//!
//! ```text
//!                 the last party arrives
//!   FILLING ─────────────────────────────────▶ DRAINING
//!    ▲ ▲  │ reset, somebody waits                │   │ reset
//!    │ │  ▼                                      │   ▼
//!    │ └─RESETTING ◀───────reset────────┐        │  RESETTING
//!    │    the last one has left         │        │
//!    │                                  │        │
//!    └─────────the last one has left────│────────┘
//!    ▲                                  │
//!    └──reset, nobody is left──── BROKEN ◀── abort, from any state
//! ```
//!
//! - FILLING: those who arrive are counted, and wait. One who goes away is counted out; nothing else happens.
//! - DRAINING: all have arrived. Each leaves with its number; newcomers wait at the door.
//! - RESETTING: those inside leave with `Broken`; newcomers wait at the door.
//! - BROKEN: those inside, and newcomers, leave with `Broken`.
//!
//! `inside` counts those who have arrived and have not left. Whoever changes the state, under the lock, is told by the
//! transition which line to notify. Numbers are given on leaving, so that they are unique whoever went away while it filled.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Filling,
    Draining,
    Resetting,
    Broken,
}

#[derive(Debug)]
pub(super) struct State {
    phase: Phase,
    parties: usize,
    inside: usize,
    /// How many have left with a number since the barrier was full.
    numbered: usize,
}

/// What somebody at the door has to do.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Arrive {
    /// It is the last: it leaves with this number, and those inside may leave.
    Full(usize),
    /// It is inside.
    Inside,
    /// It waits at the door.
    AtTheDoor,
    Broken,
}

/// What somebody inside has to do.
#[must_use]
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Leave {
    /// It leaves with this number.
    Numbered(usize),
    Broken,
    /// It stays.
    Stay,
}

/// Whom to notify, once the lock is released.
#[must_use]
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Notify {
    pub(super) inside: bool,
    pub(super) door: bool,
}

impl State {
    pub(super) const fn new(parties: usize) -> Self {
        Self { phase: Phase::Filling, parties, inside: 0, numbered: 0 }
    }

    pub(super) fn parties(&self) -> usize {
        self.parties
    }

    /// How many wait for the others.
    pub(super) fn waiting(&self) -> usize {
        if self.phase == Phase::Filling { self.inside } else { 0 }
    }

    pub(super) fn is_broken(&self) -> bool {
        self.phase == Phase::Broken
    }

    pub(super) fn arrive(&mut self) -> (Arrive, Notify) {
        let arrived = match self.phase {
            Phase::Broken => Arrive::Broken,
            Phase::Draining | Phase::Resetting => Arrive::AtTheDoor,
            Phase::Filling if self.inside + 1 < self.parties => {
                self.inside += 1;
                Arrive::Inside
            }
            Phase::Filling => {
                self.inside += 1;
                self.phase = Phase::Draining;
                self.numbered = 0;
                let number = self.number();
                let door = self.count_out().door;
                return (Arrive::Full(number), Notify { inside: true, door });
            }
        };
        (arrived, Notify::default())
    }

    /// By one inside: whether it may leave now.
    pub(super) fn leave(&mut self) -> (Leave, Notify) {
        let leave = match self.phase {
            Phase::Filling => return (Leave::Stay, Notify::default()),
            Phase::Draining => Leave::Numbered(self.number()),
            Phase::Resetting | Phase::Broken => Leave::Broken,
        };
        (leave, self.count_out())
    }

    /// By one inside that has no more time: whether it may leave now; else it is counted out.
    pub(super) fn give_up(&mut self) -> (Leave, Notify) {
        match self.leave() {
            (Leave::Stay, _) => (Leave::Stay, self.count_out()),
            left => left,
        }
    }

    /// By one inside, or whose future was dropped there.
    pub(super) fn count_out(&mut self) -> Notify {
        debug_assert!(self.inside > 0, "one left the barrier twice");
        self.inside -= 1;
        self.refill_if_empty()
    }

    pub(super) fn reset(&mut self) -> Notify {
        if self.inside > 0 {
            self.phase = Phase::Resetting;
            return Notify { inside: true, door: false };
        }
        self.phase = Phase::Filling;
        Notify::default()
    }

    pub(super) fn abort(&mut self) -> Notify {
        self.phase = Phase::Broken;
        Notify { inside: true, door: true }
    }

    fn number(&mut self) -> usize {
        self.numbered += 1;
        self.numbered - 1
    }

    fn refill_if_empty(&mut self) -> Notify {
        let empty = self.inside == 0 && matches!(self.phase, Phase::Draining | Phase::Resetting);
        if empty {
            self.phase = Phase::Filling;
        }
        Notify { inside: false, door: empty }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_gives_up_is_counted_out_unless_all_have_come() {
        let mut state = State::new(2);
        assert_eq!(state.arrive().0, Arrive::Inside);
        assert_eq!((state.give_up().0, state.waiting()), (Leave::Stay, 0));
        assert_eq!((state.arrive().0, state.arrive().0), (Arrive::Inside, Arrive::Full(0)));
        assert_eq!(state.give_up(), (Leave::Numbered(1), Notify { inside: false, door: true }));
        assert_eq!((state.phase, state.inside), (Phase::Filling, 0));
    }

    #[test]
    fn one_that_gives_up_as_it_is_reset_is_told() {
        let mut state = State::new(2);
        assert_eq!(state.arrive().0, Arrive::Inside);
        assert!(state.reset().inside);
        assert_eq!(state.give_up(), (Leave::Broken, Notify { inside: false, door: true }));
    }
}
