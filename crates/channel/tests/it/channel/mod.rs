//! Channels: flavours, ends, rendezvous.

mod ahead;
mod closing;
mod flow;
mod rendezvous;

use motet_channel::{Receiver, Sender, bounded, rendezvous, unbounded};

/// Makes a channel of one flavour.
pub(crate) type Make = fn() -> (Sender<usize>, Receiver<usize>);

/// Each flavour, with what its capacity is; 0 is the rendezvous.
pub(crate) fn flavours() -> [(Option<usize>, Make); 5] {
    [
        (Some(0), rendezvous),
        (Some(1), || bounded(1)),
        (Some(2), || bounded(2)),
        (Some(100), || bounded(100)),
        (None, unbounded),
    ]
}
