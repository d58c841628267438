//! What the locks and signals promise, one behaviour a test; the rows of asyncio's own tests are named in front of each.

mod agnostic;
mod allocations;
mod barrier;
mod blocking;
mod condition;
mod counts;
mod dice;
mod drops;
mod event;
mod fairness;
mod futurelock;
mod guards;
mod lock;
mod notify;
mod once;
mod runtimes;
mod rwlock;
mod scenarios;
mod semaphore;
mod semaphore_kinds;
mod sizes;
mod soak;
mod states;
mod traits;
mod unfair;
