//! The family `channel`: a message through each kind of channel, from as many senders to as many receivers.
//!
//! Each cell runs twice: `@tokio` under tokio's multi-thread runtime, `@motet` under Motet's executor, both with two workers. What runs on
//! one thread does so under tokio's current-thread runtime and Motet's local executor.
//!
//! | cell | what one operation is |
//! | --- | --- |
//! | `chan/spsc_cap100`, `chan/spsc_cap1`, `chan/spsc_unbounded` | a message from one sender to one receiver |
//! | `chan/mpsc4_cap100`, `chan/mpsc100_cap10`, `chan/mpsc4_unbounded` | from four or a hundred senders to one receiver |
//! | `chan/mpmc4x4_cap100`, `chan/mpmc50x50_cap10`, `chan/mpmc4x4_unbounded` | from four to four, from fifty to fifty |
//! | `chan/pingpong_1thread` | one value there and back between two futures of one task, over two channels of capacity 1 |
//! | `chan/oneshot` | create, send, receive, in one task |
//! | `chan/recv_many_cap100`, `queue/get_many_cap100` | a message, sent by itself and received with all that are there |
//! | `chan/send_all_cap100` | a message of a stream that is forwarded into the channel as a sink |
//! | `chan/drain_1000` | a message of a thousand that are sent, and then taken in one step |
//! | `queue/mpmc4x4_cap100` | as above, through asyncio's queue |
//! | `broadcast/1to8`, `broadcast/1to1000` | one value at one of eight or a thousand receivers, none of which misses any |
//!
//! Where a goal is missed a floor runs beside the contestants: the least that a channel with a lock does, see `floor.rs`.
//!
//! Who has a special kind for one sender or one receiver competes with it; Motet's only receiver of a channel without a limit, as a stream.
#![forbid(unsafe_code)]

mod batch;
mod broadcast;
mod contestants;
mod floor;
mod flow;
mod oneshot;
mod pingpong;

use motet_benches::Family;
use motet_benches::pools::{Motet, Tokio};

fn main() {
    // crossfire asks for this on machines with few processors.
    crossfire::detect_backoff_cfg();
    let mut family = Family::new("channel");
    let (tokio, motet) = (Tokio::new(), Motet::new());
    flow::cells(&mut family, &tokio, &motet);
    pingpong::cells(&mut family);
    oneshot::cells(&mut family, &tokio, &motet);
    batch::cells(&mut family, &tokio, &motet);
    broadcast::cells(&mut family, &tokio, &motet);
    family.finish().expect("the results can be written");
}
