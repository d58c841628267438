//! The behaviour of queues and channels, seen from outside.

mod account;
mod agnostic;
mod auto_traits;
mod broadcast;
mod channel;
mod drop_anywhere;
mod drop_closing;
mod foreign;
mod local;
mod memory;
mod oneshot;
mod queue;
mod reference;
mod rows;
mod timed;
mod watch;
