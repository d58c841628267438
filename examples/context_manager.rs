//! `async with`: a resource whose release awaits, and happens whatever becomes of the work.

use motet::TaskError;
use motet::cancel::{Outcome, guard};
use motet::sync::Event;
use std::sync::Arc;
use std::time::{Duration, Instant};

const PAUSE: Duration = Duration::from_millis(50);

struct AsyncResource;

impl AsyncResource {
    /// `__aenter__`.
    async fn acquire() -> Self {
        println!("acquire resource");
        motet::sleep(PAUSE).await;
        Self
    }

    /// `__aexit__`: it may await, even though the task around it was cancelled.
    async fn release(self, _outcome: Outcome) {
        println!("release resource");
        motet::sleep(PAUSE).await;
    }

    async fn do_something(&self, used: &Event) {
        println!("use resource");
        used.set();
    }
}

/// The guard holds the resource. `close` is the way out on success; on every other way it is dropped, and the scope around
/// it (each task is one) runs the exit to its end before the task completes.
async fn work(used: Arc<Event>, then: Duration) {
    let resource = guard(AsyncResource::acquire().await, AsyncResource::release);
    resource.do_something(&used).await;
    motet::sleep(then).await;
    resource.close().await;
}

fn main() {
    motet::run(async {
        work(Arc::new(Event::new()), Duration::ZERO).await;

        // The same, cancelled in the middle of its work.
        let used = Arc::new(Event::new());
        let task = motet::spawn(work(Arc::clone(&used), Duration::from_secs(3600)));
        used.wait().await;
        let cancelled = Instant::now();
        task.cancel();
        assert!(matches!(task.await, Err(TaskError::Cancelled(_))));
        println!("task cancelled");

        assert!(cancelled.elapsed() >= PAUSE, "the release was awaited to its end");
        assert!(cancelled.elapsed() < Duration::from_secs(10), "the work was not");
    });
}
