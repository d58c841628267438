//! The local queue: many waits of both sides at a time, polled and dropped in random order on one thread.

use super::{Random, SEEDS, assert_each_once, poll_once, values};
use motet_channel::local::Queue;
use std::task::Poll;

/// The most waits of one side.
const WAITS: usize = 4;

fn run(queue: &Queue<usize>, random: &mut Random) -> (Vec<usize>, Vec<usize>) {
    let (mut received, mut cancelled) = (Vec::new(), Vec::new());
    let (mut puts, mut gets) = (Vec::new(), Vec::new());
    let mut next = 0;
    while next < values() {
        let turn = random.below(8);
        match turn {
            0 | 1 if puts.len() < WAITS => {
                puts.push((next, Box::pin(queue.put(next))));
                next += 1;
            }
            2 | 3 if gets.len() < WAITS => gets.push(Box::pin(queue.get())),
            4 if !puts.is_empty() => {
                let i = random.below(puts.len() as u64) as usize;
                if poll_once(puts[i].1.as_mut()).is_ready() {
                    drop(puts.swap_remove(i));
                }
            }
            5 if !gets.is_empty() => {
                let i = random.below(gets.len() as u64) as usize;
                if let Poll::Ready(item) = poll_once(gets[i].as_mut()) {
                    received.extend(item.ok());
                    drop(gets.swap_remove(i));
                }
            }
            6 if !puts.is_empty() && random.one_in(3) => {
                let i = random.below(puts.len() as u64) as usize;
                // Dropped while it waits: it has put nothing.
                cancelled.push(puts.swap_remove(i).0);
            }
            7 if !gets.is_empty() => {
                let i = random.below(gets.len() as u64) as usize;
                drop(gets.swap_remove(i));
            }
            _ => {}
        }
    }
    cancelled.extend(puts.into_iter().map(|(item, _)| item));
    drop(gets);
    received.extend(std::iter::from_fn(|| queue.try_get().ok()));
    (received, cancelled)
}

#[test]
fn in_a_local_queue_each_item_arrives_once_or_was_cancelled_however_waits_are_dropped() {
    for seed in 0..SEEDS {
        for capacity in [Some(1), Some(2), Some(100), None] {
            let queue = capacity.map_or_else(Queue::unbounded, Queue::bounded);
            let (received, cancelled) = run(&queue, &mut Random::new(seed, 0));
            assert!(received.len() > values() / 4, "too few arrive for this to say much");
            assert_each_once(received.into_iter().chain(cancelled), values(), "local queue");
            assert!(queue.is_empty() && !queue.is_full(), "a place was kept");
        }
    }
}
