//! Flavours in which each value goes to one receiver: channels, queues, oneshots; on two sending and two receiving threads.

use super::{Random, SEEDS, THREADS, assert_each_once, poll_a_little, values};
use crate::channel::{Make, flavours};
use futures::StreamExt;
use futures::executor::block_on;
use motet_channel::{LifoQueue, PriorityQueue, Queue, Receiver, Sender, Shutdown, oneshot, unbounded};
use std::pin::pin;
use std::sync::Mutex;
use std::task::Poll;

/// One way to carry values.
trait Flavour: Sync {
    /// Sends one value, through sends that are given up; the value is sent once.
    fn send_restlessly(&self, value: usize, random: &mut Random);
    /// Receives one value or more, through receives that are given up. `false`: nothing comes any more.
    fn receive_restlessly(&self, received: &mut Vec<usize>, random: &mut Random) -> bool;
    /// Nothing more is sent.
    fn end(&self);
}

/// Both ends of a channel.
struct Ends(Sender<usize>, Receiver<usize>);

impl Flavour for Ends {
    fn send_restlessly(&self, mut value: usize, random: &mut Random) {
        loop {
            let mut send = pin!(self.0.send(value));
            if !random.one_in(2) {
                assert!(block_on(send).is_ok());
                return;
            }
            if poll_a_little(send.as_mut(), random).is_ready() {
                return;
            }
            // At a rendezvous it may have been taken.
            match send.take_back() {
                Some(back) => value = back,
                None => return,
            }
        }
    }

    fn receive_restlessly(&self, received: &mut Vec<usize>, random: &mut Random) -> bool {
        if random.one_in(2) {
            if let Poll::Ready(value) = poll_a_little(pin!(self.1.recv()), random) {
                received.extend(value.ok());
                return value.is_ok();
            }
        }
        if random.one_in(4) {
            let _given_up = poll_a_little(pin!(self.1.recv_many(received, 2)), random);
            return block_on(self.1.recv_many(received, 3)).is_ok();
        }
        let value = block_on(self.1.recv());
        received.extend(value.ok());
        value.is_ok()
    }

    fn end(&self) {
        self.0.close();
    }
}

/// The receiving end as a stream, alone as a rule, so that it fetches ahead.
struct Streamed(Sender<usize>, Mutex<Receiver<usize>>);

impl Flavour for Streamed {
    fn send_restlessly(&self, value: usize, _: &mut Random) {
        assert!(self.0.try_send(value).is_ok());
    }

    fn receive_restlessly(&self, received: &mut Vec<usize>, random: &mut Random) -> bool {
        let receiver = &mut *self.1.lock().unwrap();
        if random.one_in(8) {
            // The one that goes may be in line, or have some ahead.
            *receiver = receiver.clone();
        }
        if random.one_in(8) {
            received.extend(receiver.try_recv());
        }
        let early = if random.one_in(2) { poll_a_little(pin!(receiver.next()), random) } else { Poll::Pending };
        let value = match early {
            Poll::Ready(value) => value,
            Poll::Pending => block_on(receiver.next()),
        };
        received.extend(value);
        value.is_some()
    }

    fn end(&self) {
        self.0.close();
    }
}

macro_rules! queue_flavour {
    ($($queue:ident),+) => {$(
        impl Flavour for $queue<usize> {
            fn send_restlessly(&self, mut value: usize, random: &mut Random) {
                loop {
                    let mut put = pin!(self.put(value));
                    if !random.one_in(2) {
                        assert!(block_on(put).is_ok());
                        return;
                    }
                    if poll_a_little(put.as_mut(), random).is_ready() {
                        return;
                    }
                    value = put.take_back().expect("a put that is dropped has put nothing");
                }
            }

            fn receive_restlessly(&self, received: &mut Vec<usize>, random: &mut Random) -> bool {
                if random.one_in(2) {
                    if let Poll::Ready(job) = poll_a_little(pin!(self.take()), random) {
                        received.extend(job.as_deref().ok());
                        return job.is_ok();
                    }
                }
                let item = block_on(self.get());
                received.extend(item.ok());
                item.is_ok() && self.task_done().is_ok()
            }

            fn end(&self) {
                // Everything that was put is got and done.
                block_on(self.join());
                self.shutdown(Shutdown::Drain);
            }
        }
    )+};
}

queue_flavour!(Queue, LifoQueue, PriorityQueue);

fn run(name: &str, make: impl Fn() -> Box<dyn Flavour + Send>) {
    let each = values() / THREADS;
    for seed in 0..SEEDS {
        let flavour = make();
        let received = std::thread::scope(|scope| {
            let flavour = &*flavour;
            let receive = move |i| {
                let (mut received, mut random) = (Vec::new(), Random::new(seed, i));
                while flavour.receive_restlessly(&mut received, &mut random) {}
                received
            };
            let receivers: Vec<_> = (0..THREADS).map(|i| scope.spawn(move || receive(i))).collect();
            let senders: Vec<_> = (0..THREADS)
                .map(|part| {
                    scope.spawn(move || {
                        let mut random = Random::new(seed, THREADS + part);
                        let mine = part * each..(part + 1) * each;
                        mine.for_each(|value| flavour.send_restlessly(value, &mut random));
                    })
                })
                .collect();
            senders.into_iter().for_each(|sender| sender.join().unwrap());
            flavour.end();
            receivers.into_iter().flat_map(|receiver| receiver.join().unwrap()).collect::<Vec<_>>()
        });
        assert_each_once(received, each * THREADS, name);
    }
}

#[test]
fn in_every_channel_each_value_arrives_once_however_sends_and_receives_are_cancelled() {
    for (capacity, make) in flavours() {
        let ends = |make: Make| {
            let (tx, rx) = make();
            Box::new(Ends(tx, rx))
        };
        run(&format!("channel of {capacity:?}"), || ends(make));
    }
}

#[test]
fn in_a_stream_that_fetches_ahead_each_value_arrives_once() {
    run("stream", || {
        let (tx, rx) = unbounded();
        Box::new(Streamed(tx, Mutex::new(rx)))
    });
}

#[test]
fn in_every_queue_each_item_arrives_once_and_is_done_however_puts_and_gets_are_cancelled() {
    run("queue", || Box::new(Queue::bounded(2)));
    run("unbounded queue", || Box::new(Queue::unbounded()));
    run("LIFO queue", || Box::new(LifoQueue::bounded(3)));
    run("priority queue", || Box::new(PriorityQueue::bounded(3)));
}

#[test]
fn each_oneshot_delivers_or_gives_back() {
    for seed in 0..SEEDS {
        let (tx, rx) = motet_channel::bounded(16);
        let delivered = std::thread::scope(|scope| {
            let sender = scope.spawn(move || {
                let mut back = Vec::new();
                for value in 0..values() {
                    let (one, other) = oneshot::channel();
                    tx.send_blocking(other).unwrap();
                    back.extend(one.send(value).err().map(|error| error.into_inner()));
                }
                back
            });
            let mut random = Random::new(seed, 0);
            let mut delivered = Vec::new();
            while let Ok(mut one) = rx.recv_blocking() {
                // Cancelled: the wait, and sometimes the receiver with it, closed first so that nothing is dropped unseen.
                let early = if random.one_in(2) { poll_a_little(pin!(&mut one), &mut random) } else { Poll::Pending };
                match early {
                    Poll::Ready(value) => delivered.extend(value.ok()),
                    Poll::Pending if random.one_in(3) => {
                        one.close();
                        delivered.extend(one.try_recv().ok());
                    }
                    Poll::Pending => delivered.extend(block_on(one).ok()),
                }
            }
            delivered.extend(sender.join().unwrap());
            delivered
        });
        assert_each_once(delivered, values(), "oneshot");
    }
}
