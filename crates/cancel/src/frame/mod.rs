//! Frames, for authors of executors and combinators: who adopts what is dropped on this thread now. No `unsafe` is needed to use them.
//!
//! | to | take |
//! | --- | --- |
//! | poll and drop children so that their cleanup is done before you return | [`Nest`], or [`LocalNest`] if you are not `Send` |
//! | poll and drop several children that clean up beside each other | [`Siblings`], [`alone`] |
//! | poll other tasks from inside a task | [`outside`] |
//! | run what is dropped on your worker threads outside of any task | [`enter_reaper`], [`enter_local_reaper`] |
//! | let a frame wait for what ends by itself | [`adopt_wait`] |
//! | know whether a hand-over would find a frame here | [`is_open`] |

mod adopted;
mod after;
mod carried;
mod flag;
mod framed;
mod hand_over;
mod hand_over_local;
mod here;
mod kind;
mod nest;
mod place;
mod rank;
mod ready;
mod run;
mod siblings;

pub use self::hand_over::{adopt, adopt_wait};
pub use self::hand_over_local::adopt_local;
pub use self::nest::{LocalNest, Nest, is_open, outside};
pub use self::siblings::{Polls, Siblings, alone};
pub use crate::reaper::{EnteredReaper, enter_local_reaper, enter_reaper};

pub(crate) use self::after::After;
pub(crate) use self::carried::Carried;
pub(crate) use self::framed::Framed;
pub(crate) use self::hand_over::hand_over;
pub(crate) use self::hand_over_local::hand_over_local;
pub(crate) use self::kind::{Kind, Local, Sendable};
pub(crate) use self::place::{Cause, abandoning, cause};
pub(crate) use self::run::{Ending, Run, Step};
