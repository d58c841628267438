//! asyncio's queues: `Queue`, `LifoQueue` and `PriorityQueue`, which differ in the order of their items only.
#![forbid(unsafe_code)]

mod batch;
mod error;
mod get;
mod handle;
mod put;
mod ranked;
mod slot;
mod stream;
mod timed;
mod work;

pub use batch::PutMany;
pub use error::{PutError, ShutDown, TooManyDone, TryGetError, TryPutError};
pub use get::{Get, GetMany};
pub use handle::{LifoQueue, OrderedQueue, PriorityQueue, Queue, Shutdown};
pub use put::{Put, Reserve};
pub use ranked::Ranked;
pub use slot::Slot;
pub use stream::{QueueSink, QueueStream};
pub use work::{Done, Job, Join, Take};
