//! Numbered values, sent and received by futures that are dropped at random: each is accounted for, in every flavour, under ten seeds.
//!
//! A hundred thousand values in all, for a test that is run often; with `MOTET_ACCOUNT=1000000` in the environment, that many for each flavour and
//! seed (best with `--release`).

mod each_to_one;
mod on_one_thread;
mod to_all;

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

const SEEDS: u64 = 10;
const THREADS: usize = 2;

/// How many values one flavour carries under one seed.
fn values() -> usize {
    std::env::var("MOTET_ACCOUNT").map_or(1_000, |values| values.parse().expect("MOTET_ACCOUNT is a whole number"))
}

/// xorshift: the same numbers in every run.
struct Random(u64);

impl Random {
    fn new(seed: u64, part: usize) -> Self {
        Self((seed + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (part as u64 + 1) << 32)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

/// Polls once, with a waker that nobody hears.
fn poll_once<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
    future.poll(&mut Context::from_waker(Waker::noop()))
}

/// Polls a few times with a waker that nobody hears, as a task does that then loses its race.
fn poll_a_little<F: Future>(mut future: Pin<&mut F>, random: &mut Random) -> Poll<F::Output> {
    loop {
        let polled = poll_once(future.as_mut());
        if polled.is_ready() || random.one_in(2) {
            return polled;
        }
        std::thread::yield_now();
    }
}

fn assert_each_once(values: impl IntoIterator<Item = usize>, total: usize, flavour: &str) {
    let mut seen = vec![false; total];
    for value in values {
        assert!(!std::mem::replace(&mut seen[value], true), "{flavour}: {value} arrived twice");
    }
    assert_eq!(seen.iter().position(|seen| !seen), None, "{flavour}: a value was lost");
}
