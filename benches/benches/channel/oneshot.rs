//! One value, once: make the channel, send, receive.

use motet_benches::pools::{Motet, Pool, Tokio};
use motet_benches::{Cell, Family};

/// How many channels a round makes.
const CHANNELS: u32 = 100_000;

/// Runs the cell under one pool: the same loop for each kind of channel.
macro_rules! contest {
    ($name:literal, $pool:expr, $($contestant:literal $channel:path, $receive:expr;)+) => {
        Cell::new($name, CHANNELS)$(.rival($contestant, || {
            let received = $pool.block_on_task(async {
                let mut sum = 0;
                for value in 0..u64::from(CHANNELS) {
                    let (sender, receiver) = $channel();
                    let _ = std::hint::black_box(sender).send(value);
                    sum += $receive(std::hint::black_box(receiver)).await.expect("it was sent");
                }
                sum
            });
            assert_eq!(received, u64::from(CHANNELS) * u64::from(CHANNELS - 1) / 2);
        }))+
    };
}

macro_rules! contest_of_all {
    ($name:literal, $pool:expr) => {
        contest!(
            $name, $pool,
            "motet" motet_channel::oneshot::channel, |receiver| receiver;
            "oneshot" oneshot::async_channel, |receiver| receiver;
            "asyncband" asyncband::oneshot::channel, |receiver| receiver;
            "tokio" tokio::sync::oneshot::channel, |receiver| receiver;
            "futures" futures::channel::oneshot::channel, |receiver| receiver;
            "crossfire" crossfire::oneshot::oneshot, |receiver| receiver;
        )
    };
}

/// The cell under each pool.
pub(crate) fn cells(family: &mut Family, tokio: &Tokio, motet: &Motet) {
    family.run(contest_of_all!("chan/oneshot@tokio", tokio));
    family.run(contest_of_all!("chan/oneshot@motet", motet));
}
