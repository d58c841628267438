//! An `async fn` that returns a value, and the `await` that takes it.

use std::time::{Duration, Instant};

/// What a dict was in Python is a type here: a wrong field name does not compile.
#[derive(Debug, PartialEq)]
struct Fetched {
    url: String,
    data: String,
}

async fn fetch_data(url: &str) -> Fetched {
    println!("fetching: {url}");
    // Stands in for a network request.
    motet::sleep(Duration::from_millis(100)).await;
    Fetched { url: url.to_owned(), data: "some data".to_owned() }
}

fn main() {
    motet::run(async {
        let start = Instant::now();
        // Calling an `async fn` makes the future; only `.await` runs it. Forget it, and the compiler warns.
        let result = fetch_data("https://api.example.com").await;
        println!("{result:?}");
        assert_eq!(result, Fetched { url: "https://api.example.com".to_owned(), data: "some data".to_owned() });
        assert!(start.elapsed() >= Duration::from_millis(100), "no timer fires early");
    });
}
