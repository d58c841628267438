//! The behaviour of queues and channels, seen from outside.

mod queue;
