//! Two tasks, one after the other and then at once: `asyncio.gather` and `asyncio.run`.

use std::time::{Duration, Instant};

/// Waiting is `.await`: while this one sleeps, others run on the same thread.
async fn task(name: u64) {
    println!("start task {name}");
    motet::sleep(Duration::from_millis(100 * name)).await;
    println!("done task {name}");
}

/// A future does nothing until it is awaited, so awaiting one after the other adds their times up.
async fn one_after_another() -> Duration {
    let start = Instant::now();
    task(1).await;
    task(2).await;
    start.elapsed()
}

/// `gather` polls both: the whole takes as long as the slowest.
async fn at_once() -> Duration {
    let start = Instant::now();
    motet::gather([task(1), task(2)]).await;
    start.elapsed()
}

fn main() {
    motet::run(async {
        let sequential = one_after_another().await;
        let concurrent = at_once().await;
        println!("sequential: {:.2} s, concurrent: {:.2} s", sequential.as_secs_f64(), concurrent.as_secs_f64());
        assert!(sequential >= Duration::from_millis(300), "100 ms and 200 ms, added up");
        assert!(concurrent >= Duration::from_millis(200), "no timer fires early");
        assert!(concurrent < sequential, "the sleeps overlap");
    });
}
