//! The queue and the oneshot for one thread.

mod drops;
mod oneshot;
mod queue;
mod reference;
