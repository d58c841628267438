//! The same behaviour under other people's executors.

use futures::StreamExt;
use motet_stream::{GenYielder, Yielder, closing, generator, stream, try_stream};
use std::error::Error;

type Failure = Box<dyn Error + Send + Sync>;

async fn length(word: &str) -> Result<usize, Failure> {
    smol::future::yield_now().await;
    if word.is_empty() { Err("nameless".into()) } else { Ok(word.len()) }
}

async fn emit_twice<'a>(y: &mut Yielder<&'a str>, word: &'a str) {
    y.emit(word).await;
    y.emit(word).await;
}

async fn ask<'a>(y: &mut GenYielder<Result<usize, Failure>, &'a str>) -> Option<&'a str> {
    y.emit(length("asks").await).await
}

/// Every function of the crate over words that are borrowed, with boxed errors, each held over an await.
async fn over_borrows(words: &[String]) -> Result<usize, Failure> {
    let mut sum = 0;
    let mut twice = Box::pin(stream(|mut y| async move {
        for word in words {
            emit_twice(&mut y, word).await;
        }
    }));
    while let Some(word) = twice.next().await {
        sum += length(word).await?;
    }
    let mut lengths = closing(try_stream(|mut y| async move {
        for word in words {
            y.emit(length(word).await?).await;
        }
        Ok::<_, Failure>(())
    }));
    while let Some(length) = lengths.next().await {
        sum += length?;
    }
    lengths.close().await;
    let mut answers = generator(|mut y| async move {
        while let Some(word) = ask(&mut y).await {
            y.emit(length(word).await).await;
        }
    });
    sum += answers.next().await.ok_or("it has ended")??;
    for word in words {
        sum += answers.send(word).await.ok_or("it has ended")??;
        answers.next().await;
    }
    answers.aclose().await;
    Ok(sum)
}

async fn all() -> Result<usize, Failure> {
    let words = ["one".to_owned(), "three".to_owned()];
    over_borrows(&words).await
}

#[test]
fn everything_is_send_inside_a_task() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    assert_eq!(runtime.block_on(runtime.spawn(all())).unwrap().unwrap(), 16 + 8 + 4 + 8);
    assert_eq!(smol::block_on(smol::spawn(all())).unwrap(), 16 + 8 + 4 + 8);
}

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
