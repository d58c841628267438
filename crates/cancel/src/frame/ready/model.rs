//! Models of the ready list: no wake of a tree is lost, whoever else wakes, and however the owner's poll falls in between.

use super::ReadyList;
use crate::clock::Mark;
use motet_prim::atomic::{AtomicUsize, Ordering};
use motet_prim::model;
use std::sync::Arc;
use std::task::{Wake, Waker};

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// The owner's poll: takes all numbers, and un-queues the seat each time; gives what the tree's poll saw last.
fn poll(list: &ReadyList, seat: &super::Seat, owner: &Waker, data: &AtomicUsize) -> Option<usize> {
    list.register(owner);
    let mut seen = None;
    while list.pop().is_some() {
        seat.unqueue();
        seen = Some(data.load(Ordering::Relaxed));
    }
    seen
}

#[test]
fn a_wake_is_seen_by_a_poll_or_wakes_the_owner() {
    model(|| {
        let wakes = Arc::new(Wakes::default());
        let owner = Waker::from(Arc::clone(&wakes));
        let list = ReadyList::new();
        let seat = list.seat(Mark::next());
        let data = Arc::new(AtomicUsize::new(0));
        assert_eq!(poll(&list, &seat, &owner, &data), Some(0), "polled once without a wake");
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let (waker, data) = (seat.waker.clone(), Arc::clone(&data));
                motet_prim::thread::spawn(move || {
                    // Relaxed: the wake itself must publish it.
                    data.fetch_add(1, Ordering::Relaxed);
                    waker.wake();
                })
            })
            .collect();
        let early = poll(&list, &seat, &owner, &data);
        for thread in threads {
            thread.join().unwrap();
        }
        let before = wakes.0.load(Ordering::SeqCst);
        let late = poll(&list, &seat, &owner, &data);
        assert!(late.is_none() || before > 0, "something was left to poll, and the owner was not woken for it");
        assert_eq!(late.or(early), Some(2), "the last poll saw both");
    });
}
