//! `asyncio.timeout`: a limit on a stretch of code, which may be moved while it runs.

use motet::TimeoutScope;
use std::time::{Duration, Instant};

async fn slow_operation() -> &'static str {
    motet::sleep(Duration::from_secs(1)).await;
    "finished"
}

fn main() {
    motet::run(async {
        let start = Instant::now();

        // Half the time that the operation takes: it is dropped, and what it left to clean up is done before `run` returns.
        let limit = TimeoutScope::new(Duration::from_millis(500));
        match limit.run(slow_operation()).await {
            Ok(done) => println!("{done}"),
            Err(_elapsed) => println!("operation timed out"),
        }
        assert!(limit.expired());
        let elapsed = start.elapsed();
        assert!(elapsed >= Duration::from_millis(500), "no timer fires early");
        assert!(elapsed < Duration::from_secs(1), "the operation was not waited out: {elapsed:?}");

        // The same limit, but the work sees that it will be late and moves the deadline: `reschedule`.
        let limit = TimeoutScope::new(Duration::from_millis(500));
        let patient = async {
            motet::sleep(Duration::from_millis(100)).await;
            limit.reschedule(motet::time::now() + Duration::from_secs(10)).expect("it has not expired");
            slow_operation().await
        };
        let result = limit.run(patient).await;
        println!("{}", result.expect("rescheduled in time"));
        assert!(!limit.expired());
        assert!(start.elapsed() >= Duration::from_millis(1600), "100 ms and a second, after the first 500 ms");
    });
}
