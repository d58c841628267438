//! `asyncio.gather`: run several futures at once, and get their results in the order they were given.

use std::time::{Duration, Instant};

async fn fetch_url(url: &str) -> String {
    motet::sleep(Duration::from_millis(100)).await;
    format!("Data from {url}")
}

fn main() {
    motet::run(async {
        let urls = ["https://api1.example.com", "https://api2.example.com", "https://api3.example.com"];
        let start = Instant::now();

        // Any iterator of futures will do. They need no tasks, no `Arc` and no `'static`: they may borrow `urls`.
        let results = motet::gather(urls.iter().map(|url| fetch_url(url))).await;

        for result in &results {
            println!("{result}");
        }
        assert_eq!(results, urls.map(|url| format!("Data from {url}")));
        let elapsed = start.elapsed();
        assert!(elapsed >= Duration::from_millis(100), "no timer fires early");
        assert!(elapsed < Duration::from_millis(300), "three at once take as long as one, not {elapsed:?}");
    });
}
