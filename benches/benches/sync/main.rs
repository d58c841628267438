//! The family `sync`: locks, semaphores and signals, alone and under contention.
//!
//! | cell | what one operation is |
//! | --- | --- |
//! | `sync/lock_uncontended` | lock and unlock, on one thread |
//! | `sync/lock_2tasks` | the same by two tasks, a short section |
//! | `sync/lock_2tasks_hold` | … with one yield inside |
//! | `sync/lock_1000tasks_hold` | … by a thousand tasks |
//! | `sync/unfair_lock_…` | the same with our unfair kind |
//! | `sync/sem_uncontended` | acquire and release a permit, on one thread |
//! | `sync/sem3_1000tasks` | three permits, a thousand tasks, one yield inside |
//! | `sync/unfair_sem3_1000tasks` | the same with our unfair kind |
//! | `sync/rwlock_read_uncontended` | read and release, on one thread |
//! | `sync/broadcast_wake_1000` | of a thousand waiters, woken together: one wakes, and waits again |
//! | `sync/event_wake_1000` | the same with types that keep a flag |
//!
//! Cells with tasks run twice: on Motet's pool, and (`…/tokio`) on tokio's. All contestants of a cell run on the same one, of two
//! workers.
#![forbid(unsafe_code)]

mod broadcast;
mod counters;
mod pooled;
mod uncontended;

use motet_benches::Family;

fn main() {
    let mut family = Family::new("sync");
    uncontended::cells(&mut family);
    pooled::cells(&mut family);
    broadcast::cells(&mut family);
    family.finish().expect("the results can be written");
}
