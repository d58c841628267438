//! A broken barrier, and one for nobody.

use core::error::Error;
use core::fmt;

/// The barrier was [reset](super::Barrier::reset) while this waited, or [aborted](super::Barrier::abort):
/// `asyncio.BrokenBarrierError`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the barrier was reset or aborted: not all parties will come (after an abort, `reset` mends it)")
    }
}

impl Error for Broken {}

/// A [`Barrier`](super::Barrier) needs at least one party.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ZeroParties;

impl fmt::Display for ZeroParties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a barrier for zero parties opens for nobody: make it for one at least")
    }
}

impl Error for ZeroParties {}
