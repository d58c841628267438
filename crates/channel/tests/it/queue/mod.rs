//! asyncio's queues: one test for each row of its behaviours.

mod capacity;
mod order;
mod shutdown;
mod work;
