//! `gather(…, return_exceptions=True)`: errors are values, so collecting them is what `gather` does by itself.

use std::error::Error;
use std::fmt;
use std::time::{Duration, Instant};

#[derive(Debug)]
struct TaskFailed(u32);

impl fmt::Display for TaskFailed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "task {} failed", self.0)
    }
}

impl Error for TaskFailed {}

async fn might_fail(n: u32) -> Result<u32, TaskFailed> {
    if n == 3 {
        return Err(TaskFailed(n));
    }
    motet::sleep(Duration::from_millis(50)).await;
    Ok(n)
}

fn main() {
    motet::run(async {
        let start = Instant::now();

        let results = motet::gather((0..5).map(might_fail)).await;

        for result in &results {
            match result {
                Ok(n) => println!("ok: {n}"),
                Err(error) => println!("error: {error}"),
            }
        }
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 4);

        // Where the first error should end it all, `try_gather` drops the rest, awaits its cleanup, and returns it.
        let first = motet::try_gather((0..5).map(might_fail)).await;
        assert!(matches!(first, Err(TaskFailed(3))));
        let elapsed = start.elapsed();
        assert!(elapsed >= Duration::from_millis(50), "no timer fires early");
        assert!(elapsed < Duration::from_millis(200), "five at once take as long as one, not {elapsed:?}");
    });
}
