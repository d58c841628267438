//! The rows S1 to S42 as tasks on real executors and in virtual time; one step at a time they stand in the other files.

mod counted;
mod signals;

use crate::runtimes::{Runtime, Spawned};
use motet_sync::Lock;
use std::sync::{Arc, Mutex};

/// Who came through, in which order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<usize>>>);

impl Log {
    fn note(&self, number: usize) {
        self.0.lock().expect("nobody panics with it").push(number);
    }

    fn take(&self) -> Vec<usize> {
        std::mem::take(&mut self.0.lock().expect("nobody panics with it"))
    }
}

/// So many tasks in line for a lock, each of which notes its number.
async fn lockers(runtime: &Runtime, lock: &Arc<Lock<()>>, log: &Log, count: usize) -> Vec<Spawned<()>> {
    let mut line = Vec::new();
    for number in 0..count {
        let (lock, log) = (lock.clone(), log.clone());
        line.push(
            runtime
                .in_line(async move {
                    let _guard = lock.lock().await;
                    log.note(number);
                })
                .await,
        );
    }
    line
}

async fn join_all<T>(line: impl IntoIterator<Item = Spawned<T>>) -> Vec<T> {
    let mut outputs = Vec::new();
    for spawned in line {
        outputs.push(spawned.join().await);
    }
    outputs
}
