//! Behaviours of the executor, named after what they are.

mod ambient;
mod attendance;
mod bad_drops;
mod bad_wakers;
mod block_on;
mod blocking;
mod closing;
mod cycles;
mod driver;
mod fairness;
mod handing_on;
mod hazards;
mod local;
mod memory;
mod metrics;
mod panics;
mod reentrancy;
mod shutdown;
mod stress;
mod tasks;
mod teardown;
mod wakes;
mod workers;
