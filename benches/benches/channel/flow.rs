//! Messages from so many senders to so many receivers.

use crate::contestants::*;
use crate::floor::{FLOOR, Floor};
use motet_benches::pools::{Motet, Pool, Tokio};
use motet_benches::{Cell, Family};

/// How many messages a round sends.
const MESSAGES: u32 = 100_000;

/// Runs one cell under both pools: the same function for each contestant.
macro_rules! contest {
    ($family:ident, $pools:expr, $name:literal, $round:expr, $($contestant:literal $channel:ty),+ $(; $floor:ty)?) => {{
        let (tokio, motet) = $pools;
        let cell = Cell::new(concat!($name, "@tokio"), MESSAGES);
        let cell = cell$(.rival($contestant, || $round.run::<$channel, _>(tokio)))+;
        $family.run(cell$(.floor(FLOOR, || $round.run::<$floor, _>(tokio)))?);
        let cell = Cell::new(concat!($name, "@motet"), MESSAGES);
        let cell = cell$(.rival($contestant, || $round.run::<$channel, _>(motet)))+;
        $family.run(cell$(.floor(FLOOR, || $round.run::<$floor, _>(motet)))?);
    }};
}

/// Every cell.
pub(crate) fn cells(family: &mut Family, tokio: &Tokio, motet: &Motet) {
    let pools = (tokio, motet);
    contest!(
        family, pools, "chan/spsc_cap100", OneToOne { capacity: 100 },
        "motet" MotetBounded, "kanal" KanalBounded, "tokio" TokioBounded, "async-channel" AsyncChannelBounded,
        "asyncband" AsyncbandBounded, "flume" FlumeBounded, "crossfire" CrossfireOneBounded, "tachyonix" Tachyonix,
        "thingbuf" Thingbuf; Floor
    );
    contest!(
        family, pools, "chan/spsc_cap1", OneToOne { capacity: 1 },
        "motet" MotetBounded, "kanal" KanalBounded, "tokio" TokioBounded, "async-channel" AsyncChannelBounded,
        "asyncband" AsyncbandBounded, "flume" FlumeBounded, "crossfire" CrossfireOneBounded, "tachyonix" Tachyonix,
        "thingbuf" Thingbuf; Floor
    );
    contest!(
        family, pools, "chan/spsc_unbounded", OneToOne { capacity: 0 },
        "motet" MotetOneUnbounded, "motet recv" MotetUnbounded, "kanal" KanalUnbounded, "tokio" TokioUnbounded,
        "async-channel" AsyncChannelUnbounded, "asyncband" AsyncbandUnbounded, "flume" FlumeUnbounded,
        "crossfire" CrossfireOneUnbounded
    );
    contest!(
        family, pools, "chan/mpsc4_cap100", ManyToOne { senders: 4, capacity: 100 },
        "motet" MotetBounded, "kanal" KanalBounded, "tokio" TokioBounded, "async-channel" AsyncChannelBounded,
        "asyncband" AsyncbandBounded, "flume" FlumeBounded, "crossfire" CrossfireBounded, "tachyonix" Tachyonix,
        "thingbuf" Thingbuf; Floor
    );
    contest!(
        family, pools, "chan/mpsc100_cap10", ManyToOne { senders: 100, capacity: 10 },
        "motet" MotetBounded, "kanal" KanalBounded, "tokio" TokioBounded, "async-channel" AsyncChannelBounded,
        "asyncband" AsyncbandBounded, "flume" FlumeBounded, "crossfire" CrossfireBounded, "tachyonix" Tachyonix,
        "thingbuf" Thingbuf; Floor
    );
    contest!(
        family, pools, "chan/mpsc4_unbounded", ManyToOne { senders: 4, capacity: 0 },
        "motet" MotetOneUnbounded, "motet recv" MotetUnbounded, "kanal" KanalUnbounded, "tokio" TokioUnbounded,
        "async-channel" AsyncChannelUnbounded, "asyncband" AsyncbandUnbounded, "flume" FlumeUnbounded,
        "crossfire" CrossfireUnbounded
    );
    contest!(
        family, pools, "chan/mpmc4x4_cap100", ManyToMany { ends: 4, capacity: 100 },
        "motet" MotetBounded, "kanal" KanalBounded, "async-channel" AsyncChannelBounded,
        "asyncband" AsyncbandManyBounded, "flume" FlumeBounded, "crossfire" CrossfireManyBounded; Floor
    );
    contest!(
        family, pools, "chan/mpmc50x50_cap10", ManyToMany { ends: 50, capacity: 10 },
        "motet" MotetBounded, "kanal" KanalBounded, "async-channel" AsyncChannelBounded,
        "asyncband" AsyncbandManyBounded, "flume" FlumeBounded, "crossfire" CrossfireManyBounded; Floor
    );
    contest!(
        family, pools, "chan/mpmc4x4_unbounded", ManyToMany { ends: 4, capacity: 0 },
        "motet" MotetUnbounded, "kanal" KanalUnbounded, "async-channel" AsyncChannelUnbounded,
        "asyncband" AsyncbandManyUnbounded, "flume" FlumeUnbounded, "crossfire" CrossfireManyUnbounded
    );
    contest!(
        family, pools, "queue/mpmc4x4_cap100", ManyToMany { ends: 4, capacity: 100 },
        "motet" MotetQueue, "kanal" KanalBounded, "async-channel" AsyncChannelBounded, "asyncband" AsyncbandManyBounded
    );
}

struct OneToOne {
    capacity: usize,
}

impl OneToOne {
    fn run<C: Channel, P: Pool>(&self, pool: &P) {
        let (sender, receiver) = C::open(self.capacity);
        flow::<C, P>(pool, vec![sender], vec![receiver]);
    }
}

struct ManyToOne {
    senders: usize,
    capacity: usize,
}

impl ManyToOne {
    fn run<C: Channel<Sender: Clone>, P: Pool>(&self, pool: &P) {
        let (sender, receiver) = C::open(self.capacity);
        flow::<C, P>(pool, vec![sender; self.senders], vec![receiver]);
    }
}

struct ManyToMany {
    ends: usize,
    capacity: usize,
}

impl ManyToMany {
    fn run<C: Channel<Sender: Clone, Receiver: Clone>, P: Pool>(&self, pool: &P) {
        let (sender, receiver) = C::open(self.capacity);
        flow::<C, P>(pool, vec![sender; self.ends], vec![receiver; self.ends]);
    }
}

/// Sends all messages, a share from each sender, until the receivers have them all.
fn flow<C: Channel, P: Pool>(pool: &P, senders: Vec<C::Sender>, receivers: Vec<C::Receiver>) {
    let inside = pool.clone();
    let received = pool.block_on_task(async move {
        let share = u64::from(MESSAGES) / senders.len() as u64;
        let receiving: Vec<_> =
            receivers.into_iter().map(|receiver| inside.spawn(receive_all::<C>(receiver))).collect();
        for sender in senders {
            inside.spawn_detached(send_share::<C>(sender, share));
        }
        let mut received = 0;
        for task in receiving {
            received += task.await;
        }
        received
    });
    assert_eq!(received, MESSAGES);
}

async fn send_share<C: Channel>(mut sender: C::Sender, share: u64) {
    for value in 0..share {
        C::send(&mut sender, value).await.check();
    }
}

async fn receive_all<C: Channel>(mut receiver: C::Receiver) -> u32 {
    let mut received = 0;
    while C::receive(&mut receiver).await.number().is_some() {
        received += 1;
    }
    received
}
