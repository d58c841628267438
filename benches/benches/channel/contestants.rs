//! The channels of the contest behind one trait, so that each runs in the very same loops.

use futures::StreamExt as _;
use motet_channel::{Queue, Shutdown};
use std::fmt::Debug;
use std::future::{Future, ready};
use std::sync::Arc;

/// A channel of numbers.
pub(crate) trait Channel: 'static {
    /// Its sending end.
    type Sender: Send + 'static;
    /// Its receiving end.
    type Receiver: Send + 'static;

    /// A new one with this capacity; those without a limit have none.
    fn open(capacity: usize) -> (Self::Sender, Self::Receiver);

    /// Sends a number. It does not fail: the receivers outlive the senders.
    fn send(sender: &mut Self::Sender, value: u64) -> impl Future<Output: Sent> + Send;

    /// Receives a number; nothing, once all senders are gone.
    fn receive(receiver: &mut Self::Receiver) -> impl Future<Output: Received> + Send;
}

/// What a send comes to.
pub(crate) trait Sent {
    /// Panics if it failed.
    fn check(self);
}

impl<E: Debug> Sent for Result<(), E> {
    fn check(self) {
        self.expect("the receivers outlive the senders");
    }
}

/// What a receive comes to.
pub(crate) trait Received {
    /// The number, if there was one.
    fn number(self) -> Option<u64>;
}

impl Received for Option<u64> {
    fn number(self) -> Self {
        self
    }
}

impl<E> Received for Result<u64, E> {
    fn number(self) -> Option<u64> {
        self.ok()
    }
}

macro_rules! contestants {
    ($($name:ident($tx:ident: $sender:ty, $rx:ident: $receiver:ty) {
        $capacity:pat => $open:expr, $value:ident => $send:expr, $receive:expr
    })+) => {$(
        pub(crate) enum $name {}

        impl Channel for $name {
            type Sender = $sender;
            type Receiver = $receiver;

            fn open($capacity: usize) -> (Self::Sender, Self::Receiver) {
                $open
            }

            #[inline]
            fn send($tx: &mut Self::Sender, $value: u64) -> impl Future<Output: Sent> + Send {
                $send
            }

            #[inline]
            fn receive($rx: &mut Self::Receiver) -> impl Future<Output: Received> + Send {
                $receive
            }
        }
    )+};
}

// Those that have one pair of types for any number of ends.
contestants! {
    MotetBounded(tx: motet_channel::Sender<u64>, rx: motet_channel::Receiver<u64>) {
        capacity => motet_channel::bounded(capacity), value => tx.send(value), rx.recv()
    }
    MotetUnbounded(tx: motet_channel::Sender<u64>, rx: motet_channel::Receiver<u64>) {
        _ => motet_channel::unbounded(), value => tx.send(value), rx.recv()
    }
    KanalBounded(tx: kanal::AsyncSender<u64>, rx: kanal::AsyncReceiver<u64>) {
        capacity => kanal::bounded_async(capacity), value => tx.send(value), rx.recv()
    }
    KanalUnbounded(tx: kanal::AsyncSender<u64>, rx: kanal::AsyncReceiver<u64>) {
        _ => kanal::unbounded_async(), value => tx.send(value), rx.recv()
    }
    AsyncChannelBounded(tx: async_channel::Sender<u64>, rx: async_channel::Receiver<u64>) {
        capacity => async_channel::bounded(capacity), value => tx.send(value), rx.recv()
    }
    AsyncChannelUnbounded(tx: async_channel::Sender<u64>, rx: async_channel::Receiver<u64>) {
        _ => async_channel::unbounded(), value => tx.send(value), rx.recv()
    }
    FlumeBounded(tx: flume::Sender<u64>, rx: flume::Receiver<u64>) {
        capacity => flume::bounded(capacity), value => tx.send_async(value), rx.recv_async()
    }
    FlumeUnbounded(tx: flume::Sender<u64>, rx: flume::Receiver<u64>) {
        _ => flume::unbounded(), value => ready(tx.send(value)), rx.recv_async()
    }
}

// Those with kinds for one receiver, and perhaps for one sender.
contestants! {
    TokioBounded(tx: tokio::sync::mpsc::Sender<u64>, rx: tokio::sync::mpsc::Receiver<u64>) {
        capacity => tokio::sync::mpsc::channel(capacity), value => tx.send(value), rx.recv()
    }
    TokioUnbounded(tx: tokio::sync::mpsc::UnboundedSender<u64>, rx: tokio::sync::mpsc::UnboundedReceiver<u64>) {
        _ => tokio::sync::mpsc::unbounded_channel(), value => ready(tx.send(value)), rx.recv()
    }
    AsyncbandBounded(tx: asyncband::mpsc::BoundedSender<u64>, rx: asyncband::mpsc::BoundedReceiver<u64>) {
        capacity => asyncband::mpsc::bounded(capacity), value => tx.send(value), rx.recv()
    }
    AsyncbandUnbounded(tx: asyncband::mpsc::UnboundedSender<u64>, rx: asyncband::mpsc::UnboundedReceiver<u64>) {
        _ => asyncband::mpsc::unbounded(), value => ready(tx.send(value)), rx.recv()
    }
    AsyncbandManyBounded(tx: asyncband::mpmc::BoundedSender<u64>, rx: asyncband::mpmc::BoundedReceiver<u64>) {
        capacity => asyncband::mpmc::bounded(capacity), value => tx.send(value), rx.recv()
    }
    AsyncbandManyUnbounded(tx: asyncband::mpmc::UnboundedSender<u64>, rx: asyncband::mpmc::UnboundedReceiver<u64>) {
        _ => asyncband::mpmc::unbounded(), value => ready(tx.send(value)), rx.recv()
    }
    CrossfireOneBounded(
        tx: crossfire::AsyncTx<crossfire::spsc::Array<u64>>,
        rx: crossfire::AsyncRx<crossfire::spsc::Array<u64>>
    ) {
        capacity => crossfire::spsc::bounded_async(capacity), value => tx.send(value), rx.recv()
    }
    CrossfireOneUnbounded(
        tx: crossfire::Tx<crossfire::spsc::List<u64>>,
        rx: crossfire::AsyncRx<crossfire::spsc::List<u64>>
    ) {
        _ => crossfire::spsc::unbounded_async(), value => ready(tx.send(value)), rx.recv()
    }
    CrossfireBounded(
        tx: crossfire::MAsyncTx<crossfire::mpsc::Array<u64>>,
        rx: crossfire::AsyncRx<crossfire::mpsc::Array<u64>>
    ) {
        capacity => crossfire::mpsc::bounded_async(capacity), value => tx.send(value), rx.recv()
    }
    CrossfireUnbounded(
        tx: crossfire::MTx<crossfire::mpsc::List<u64>>,
        rx: crossfire::AsyncRx<crossfire::mpsc::List<u64>>
    ) {
        _ => crossfire::mpsc::unbounded_async(), value => ready(tx.send(value)), rx.recv()
    }
    CrossfireManyBounded(
        tx: crossfire::MAsyncTx<crossfire::mpmc::Array<u64>>,
        rx: crossfire::MAsyncRx<crossfire::mpmc::Array<u64>>
    ) {
        capacity => crossfire::mpmc::bounded_async(capacity), value => tx.send(value), rx.recv()
    }
    CrossfireManyUnbounded(
        tx: crossfire::MTx<crossfire::mpmc::List<u64>>,
        rx: crossfire::MAsyncRx<crossfire::mpmc::List<u64>>
    ) {
        _ => crossfire::mpmc::unbounded_async(), value => ready(tx.send(value)), rx.recv()
    }
    Tachyonix(tx: tachyonix::Sender<u64>, rx: tachyonix::Receiver<u64>) {
        capacity => tachyonix::channel(capacity), value => tx.send(value), rx.recv()
    }
    Thingbuf(tx: thingbuf::mpsc::Sender<u64>, rx: thingbuf::mpsc::Receiver<u64>) {
        capacity => thingbuf::mpsc::channel(capacity), value => tx.send(value), rx.recv()
    }
}

// The only receiver, as a stream.
contestants! {
    MotetOneUnbounded(tx: motet_channel::Sender<u64>, rx: motet_channel::Receiver<u64>) {
        _ => motet_channel::unbounded(), value => tx.send(value), rx.next()
    }
}

// asyncio's queue, which does not end with its senders: here the last of them shuts it down.
contestants! {
    MotetQueue(tx: Producer, rx: Queue<u64>) {
        capacity => Producer::of(Queue::bounded(capacity)), value => tx.queue.put(value), rx.get()
    }
}

/// Puts into a queue.
#[derive(Clone)]
pub(crate) struct Producer {
    queue: Queue<u64>,
    _last: Arc<ShutsDown>,
}

struct ShutsDown(Queue<u64>);

impl Producer {
    fn of(queue: Queue<u64>) -> (Self, Queue<u64>) {
        (Self { queue: queue.clone(), _last: Arc::new(ShutsDown(queue.clone())) }, queue)
    }
}

impl Drop for ShutsDown {
    fn drop(&mut self) {
        self.0.shutdown(Shutdown::Drain);
    }
}
