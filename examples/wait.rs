//! `asyncio.wait`: the first that completes, then all the others.

use motet::{AllCompleted, FirstCompleted, WaitSet};
use std::time::{Duration, Instant};

async fn fetch_url(url: &str, delay: Duration) -> String {
    motet::sleep(delay).await;
    format!("Data from {url}")
}

fn main() {
    motet::run(async {
        let start = Instant::now();
        let urls =
            [("https://api1.example.com", 50), ("https://api2.example.com", 100), ("https://api3.example.com", 150)];

        // A set keeps its members from one wait to the next; what is done leaves it, what is pending stays in it.
        let tasks = urls.map(|(url, millis)| motet::spawn(fetch_url(url, Duration::from_millis(millis))));
        let mut pending: WaitSet<_> = tasks.into_iter().collect();
        let mut done = Vec::new();

        done.extend(motet::wait(&mut pending, FirstCompleted).await.expect("the set is not empty"));
        println!("first completed: {} done, {} pending", done.len(), pending.len());
        assert_eq!((done.len(), pending.len()), (1, 2));
        assert_eq!(done[0].1.as_ref().expect("it did not panic"), "Data from https://api1.example.com");

        done.extend(motet::wait(&mut pending, AllCompleted).await.expect("two are left"));
        println!("all completed: {} done", done.len());
        assert_eq!((done.len(), pending.len()), (3, 0));

        let elapsed = start.elapsed();
        assert!(elapsed >= Duration::from_millis(150), "no timer fires early");
        assert!(elapsed < Duration::from_millis(300), "as long as the slowest, not {elapsed:?}");
    });
}
