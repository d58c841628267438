//! One crate of Motet in a smol program: `motet-sync` needs no runtime of its own.

use motet::sync::{Lock, Semaphore};
use std::sync::Arc;

fn main() {
    let log = Arc::new(Lock::new(Vec::new()));
    let turns = Arc::new(Semaphore::new(2));

    smol::block_on(async {
        let tasks: Vec<_> = (0..10)
            .map(|number| {
                let (log, turns) = (Arc::clone(&log), Arc::clone(&turns));
                smol::spawn(async move {
                    // An owned permit may move into another task; it goes back when it is dropped.
                    let _turn = turns.acquire_owned().await;
                    smol::future::yield_now().await;
                    log.lock().await.push(number);
                })
            })
            .collect();
        for task in tasks {
            task.await;
        }
    });

    // The same lock, from a thread: both kinds of waiters stand in one queue.
    let mut seen = log.lock_blocking().clone();
    seen.sort_unstable();
    println!("logged: {seen:?}, permits back: {}", turns.available());
    assert_eq!(seen, (0..10).collect::<Vec<_>>());
    assert_eq!(turns.available(), 2);
}
