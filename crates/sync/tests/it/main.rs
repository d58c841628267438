//! What the locks and signals promise, one behaviour a test; the rows of asyncio's own tests are named in front of each.

mod agnostic;
mod barrier;
mod blocking;
mod condition;
mod counts;
mod drops;
mod event;
mod guards;
mod lock;
mod notify;
mod once;
mod rwlock;
mod semaphore;
mod semaphore_kinds;
mod traits;
mod unfair;
