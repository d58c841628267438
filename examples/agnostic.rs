//! A library that does not choose a runtime: it takes `Spawn` and `Timer`, and the application decides.

use futures_util::task::{Spawn, SpawnExt};
use motet::channel::{self, Receiver};
use motet::time::Timer;
use std::time::Duration;

/// The library: sends a beat every `period` from a task of its own, `beats` times.
fn heartbeat<S: Spawn, T: Timer>(spawner: &S, timer: &T, period: Duration, beats: u32) -> Receiver<u32> {
    let (sender, receiver) = channel::bounded(1);
    let timer = timer.clone();
    let beating = async move {
        for beat in 1..=beats {
            timer.sleep(period).await;
            if sender.send(beat).await.is_err() {
                return; // Nobody listens any more.
            }
        }
    };
    spawner.spawn(beating).expect("the spawner takes tasks");
    receiver
}

/// The application's part, the same for each runtime.
async fn listen<S: Spawn, T: Timer>(name: &str, spawner: &S, timer: &T) {
    let start = timer.now();
    let beats = heartbeat(spawner, timer, Duration::from_millis(20), 3);
    let mut sum = 0;
    while let Ok(beat) = beats.recv().await {
        sum += beat;
    }
    println!("{name}: 3 beats");
    assert_eq!(sum, 6);
    assert!(timer.now() - start >= Duration::from_millis(60), "no timer fires early");
}

fn main() {
    let runtime = motet::Runtime::new().expect("threads can be started");
    runtime.block_on(listen("motet", &runtime, &runtime));

    let tokio = tokio::runtime::Runtime::new().expect("threads can be started");
    let on_tokio = motet_tokio::Tokio::from(tokio.handle().clone());
    tokio.block_on(listen("tokio", &on_tokio, &on_tokio));

    let on_smol = motet_smol::Smol::global();
    smol::block_on(listen("smol", &on_smol, &on_smol));
}
