//! The same behaviour under other people's executors.

use futures::StreamExt;
use motet_stream::{closing, try_stream};
use std::error::Error;

type Failure = Box<dyn Error + Send + Sync>;

/// Spawned as it is: what it holds over its awaits is `Send`.
async fn sum(words: &'static [&'static str]) -> Result<i32, Failure> {
    let mut numbers = closing(try_stream(move |mut y| async move {
        for word in words {
            y.emit(word.parse::<i32>()?).await;
        }
        Ok::<_, Failure>(())
    }));
    let mut sum = 0;
    while let Some(number) = numbers.next().await {
        sum += number?;
    }
    numbers.close().await;
    Ok(sum)
}

#[test]
fn under_tokio() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    assert_eq!(runtime.block_on(runtime.spawn(sum(&["1", "2"]))).unwrap().unwrap(), 3);
}

#[test]
fn under_smol() {
    assert_eq!(smol::block_on(smol::spawn(sum(&["1", "2"]))).unwrap(), 3);
}

#[test]
fn under_futures_block_on() {
    assert!(futures::executor::block_on(sum(&["1", "two"])).is_err());
}
