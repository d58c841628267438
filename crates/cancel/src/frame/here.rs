//! The current frame's place and its mark, in one byte.
//!
//! ```text
//!   7 laden │ 6 5 4 why it abandons │ 3 – │ 2 abandons │ 1 local work finds a frame │ 0 `Send` work stops here
//! ```

use crate::abandon::Abandoned;

/// Which frame is current.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// None: hand-overs go to the reaper.
    Nowhere,
    /// One that takes `Send` work.
    Sendable,
    /// The same; and an outer one takes local work.
    SendableInLocal,
    /// One that takes everything.
    Local,
    /// One that abandons everything.
    Abandoning(Abandoned),
}

const SENDABLE: u8 = 1;
const LOCAL: u8 = 1 << 1;
const ABANDONING: u8 = 1 << 2;
const WHY_SHIFT: u32 = 4;
const LADEN: u8 = 1 << 7;

/// A place, and whether one of the cells beside it may hold something.
#[derive(Clone, Copy)]
pub(super) struct Here(u8);

impl Here {
    /// No frame, and nothing in the cells.
    pub(super) const NOWHERE: Self = Self(0);

    #[inline]
    pub(super) const fn is_laden(self) -> bool {
        self.0 & LADEN != 0
    }

    /// Laden if one of the two is; the place means nothing.
    #[inline]
    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The same place with the mark.
    pub(super) const fn laden(self) -> Self {
        Self(self.0 | LADEN)
    }

    /// The same place without the mark.
    pub(super) const fn empty(self) -> Self {
        Self(self.0 & !LADEN)
    }

    /// The place of a frame for `Send` work inside of this one, with nothing in the cells.
    #[inline]
    pub(super) const fn sendable_inside(self) -> Self {
        Self(self.0 & LOCAL | SENDABLE)
    }

    /// The place of a frame for local work, with nothing in the cells.
    #[inline]
    pub(super) const fn local_inside(self) -> Self {
        Self(LOCAL)
    }

    /// The place of a frame that abandons everything.
    pub(super) const fn abandoning(why: Abandoned) -> Self {
        Self(ABANDONING | (why as u8) << WHY_SHIFT)
    }

    #[inline]
    pub(super) const fn place(self) -> Place {
        match self.0 & !LADEN {
            0 => Place::Nowhere,
            SENDABLE => Place::Sendable,
            LOCAL => Place::Local,
            bits if bits & ABANDONING == 0 => Place::SendableInLocal,
            bits => Place::Abandoning(why(bits >> WHY_SHIFT)),
        }
    }
}

const fn why(number: u8) -> Abandoned {
    const ALL: [Abandoned; 4] =
        [Abandoned::NoReaper, Abandoned::NoLocalFrame, Abandoned::GraceExpired, Abandoned::ReaperFailed];
    const {
        let mut at = 0;
        while at < ALL.len() {
            assert!(ALL[at] as usize == at, "the list is in the order of the variants");
            at += 1;
        }
    }
    ALL[number as usize]
}
