//! A hundred thousand numbered values, sent and received by futures that are dropped at random: each arrives once.

use crate::channel::flavours;
use futures::executor::block_on;
use motet_channel::{Queue, Receiver, Sender, Shutdown};
use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

const VALUES: usize = 100_000;
const THREADS: usize = 2;

/// xorshift: the same numbers in every run.
struct Random(u64);

impl Random {
    fn one_in(&mut self, n: u64) -> bool {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n == 0
    }
}

/// Polls a few times with a waker that nobody hears, as a task does that then loses its race.
fn poll_a_little<F: Future>(mut future: Pin<&mut F>, random: &mut Random) -> Poll<F::Output> {
    loop {
        let polled = future.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        if polled.is_ready() || random.one_in(2) {
            return polled;
        }
        std::thread::yield_now();
    }
}

/// Sends one value, through sends that are given up; the value is sent once, whatever the flavour.
fn send_restlessly(tx: &Sender<usize>, mut value: usize, random: &mut Random) {
    loop {
        let mut send = pin!(tx.send(value));
        if !random.one_in(2) {
            assert!(block_on(send).is_ok());
            return;
        }
        if poll_a_little(send.as_mut(), random).is_ready() {
            return;
        }
        match send.take_back() {
            Some(back) => value = back,
            None => return,
        }
    }
}

fn receive_restlessly(rx: &Receiver<usize>, random: &mut Random) -> Vec<usize> {
    let mut received = Vec::new();
    loop {
        // Given up: has taken nothing.
        let early = if random.one_in(2) { poll_a_little(pin!(rx.recv()), random) } else { Poll::Pending };
        let value = match early {
            Poll::Ready(value) => value,
            Poll::Pending if random.one_in(4) => match rx.recv_many_blocking(&mut received, 3) {
                Ok(_) => continue,
                Err(error) => Err(error),
            },
            Poll::Pending => block_on(rx.recv()),
        };
        match value {
            Ok(value) => received.push(value),
            Err(_) => return received,
        }
    }
}

trait RecvManyBlocking {
    fn recv_many_blocking(&self, out: &mut Vec<usize>, max: usize) -> Result<usize, motet_channel::RecvError>;
}

impl RecvManyBlocking for Receiver<usize> {
    fn recv_many_blocking(&self, out: &mut Vec<usize>, max: usize) -> Result<usize, motet_channel::RecvError> {
        block_on(self.recv_many(out, max))
    }
}

fn assert_each_once(values: impl IntoIterator<Item = usize>, total: usize) {
    let mut seen = vec![false; total];
    for value in values {
        assert!(!std::mem::replace(&mut seen[value], true), "{value} arrived twice");
    }
    assert_eq!(seen.iter().position(|seen| !seen), None, "a value was lost");
}

#[test]
fn each_of_100_000_values_arrives_once_however_sends_and_receives_are_cancelled() {
    let flavours = flavours();
    let each = VALUES / flavours.len() / THREADS;
    for (seed, (_, make)) in flavours.into_iter().enumerate() {
        let (tx, rx) = make();
        let received = std::thread::scope(|scope| {
            let receivers: Vec<_> = (0..THREADS)
                .map(|i| {
                    let rx = rx.clone();
                    scope.spawn(move || receive_restlessly(&rx, &mut Random(0x5EED + (seed * 8 + i) as u64)))
                })
                .collect();
            for part in 0..THREADS {
                let tx = tx.clone();
                let mut random = Random(0xFEED + (seed * 8 + part) as u64);
                scope.spawn(move || {
                    (part * each..(part + 1) * each).for_each(|value| send_restlessly(&tx, value, &mut random));
                });
            }
            drop(tx);
            receivers.into_iter().flat_map(|receiver| receiver.join().unwrap()).collect::<Vec<_>>()
        });
        assert_each_once(received, each * THREADS);
    }
}

#[test]
fn cancelled_puts_have_put_nothing_and_join_counts_right() {
    let queue = Queue::<usize>::bounded(2);
    let mut put = vec![false; 20_000];
    let got = std::thread::scope(|scope| {
        let getter = scope.spawn(|| {
            let mut got = Vec::new();
            while let Ok(job) = block_on(queue.take()) {
                let (item, done) = job.into_parts();
                got.push(item);
                drop(done);
            }
            got
        });
        let mut random = Random(42);
        for (item, put) in put.iter_mut().enumerate() {
            let mut future = pin!(queue.put(item));
            *put = match poll_a_little(future.as_mut(), &mut random) {
                Poll::Ready(result) => result.is_ok(),
                Poll::Pending if random.one_in(3) => block_on(future).is_ok(),
                // Dropped: nothing must have been put.
                Poll::Pending => false,
            };
        }
        block_on(queue.join());
        queue.shutdown(Shutdown::Drain);
        getter.join().unwrap()
    });
    let expected: Vec<_> = (0..put.len()).filter(|item| put[*item]).collect();
    assert_eq!(got, expected);
}
