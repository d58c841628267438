//! An executor for the tasks of the client's connections, on the test's own thread.

use futures::stream::{FuturesUnordered, StreamExt};
use futures::task::{FutureObj, Spawn, SpawnError};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;

/// A spawner whose tasks run on the test's thread, where time is virtual.
#[derive(Clone, Default)]
pub(crate) struct Tasks(Arc<Mutex<Vec<FutureObj<'static, ()>>>>);

impl Spawn for Tasks {
    fn spawn_obj(&self, task: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.0.lock().unwrap().push(task);
        Ok(())
    }
}

impl Tasks {
    /// Whether all tasks so far run beside something.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.lock().unwrap().is_empty()
    }

    /// Runs the tasks beside this future until it is ready.
    pub(crate) async fn beside<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let mut running = FuturesUnordered::new();
        poll_fn(|cx| {
            loop {
                if let Poll::Ready(output) = future.as_mut().poll(cx) {
                    return Poll::Ready(output);
                }
                running.extend(self.0.lock().unwrap().drain(..));
                while let Poll::Ready(Some(())) = running.poll_next_unpin(cx) {}
                if self.0.lock().unwrap().is_empty() {
                    return Poll::Pending;
                }
            }
        })
        .await
    }
}
