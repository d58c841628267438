//! The slab on one thread.

use super::{BLOCK, Parent, Rest, Slab};
use core::task::{Context, Waker};
use motet_test::WakeCount;
use std::sync::{Arc, Mutex};
use std::task::Wake;

fn waker_of(slab: &Slab, child: usize) -> Waker {
    slab.with_waker(child, |cx: &mut Context<'_>| cx.waker().clone())
}

fn all(slab: &mut Slab) -> Vec<usize> {
    std::iter::from_fn(|| slab.next()).collect()
}

fn armed(children: usize, task: &WakeCount) -> Slab {
    let mut slab = Slab::new(children, 0);
    slab.begin(&task.waker());
    assert_eq!(all(&mut slab), []);
    assert_eq!(slab.rest(), Rest::Armed);
    slab
}

#[test]
fn only_the_woken_are_visited_and_the_task_is_woken_once() {
    let task = WakeCount::new();
    let mut slab = armed(200, &task);
    for child in [3, 199, 64, 3, 130] {
        waker_of(&slab, child).wake();
    }
    assert_eq!(task.count(), 1);
    slab.begin(&task.waker());
    assert_eq!(all(&mut slab), [3, 64, 130, 199]);
    assert_eq!(slab.rest(), Rest::Armed);
}

#[test]
fn marked_children_are_all_visited() {
    for (children, marked) in
        [(1, 1), (64, 64), (100, 65), (4100, 4100), (20_000, 9000), (300_000, 299_999), (300_000, 70)]
    {
        let mut slab = Slab::new(children, marked);
        slab.begin(Waker::noop());
        let mut visited = all(&mut slab);
        visited.sort_unstable();
        assert!(visited.into_iter().eq(0..marked), "{marked} of {children} children");
        assert_eq!(slab.rest(), Rest::Armed);
    }
}

#[test]
fn blocks_that_share_a_bit_of_the_parent_are_told_apart() {
    let task = WakeCount::new();
    let apart = Parent::BITS * BLOCK;
    let mut slab = armed(3 * apart, &task);
    for child in [5, 5 + 2 * apart, apart - 1] {
        waker_of(&slab, child).wake();
    }
    assert_eq!(task.count(), 1);
    slab.begin(&task.waker());
    let mut visited = all(&mut slab);
    visited.sort_unstable();
    assert_eq!(visited, [5, apart - 1, 5 + 2 * apart]);
    assert_eq!(slab.rest(), Rest::Armed);
}

#[test]
fn groups_that_share_a_bit_of_the_parent_are_told_apart() {
    let task = WakeCount::new();
    let apart = Parent::BITS * BLOCK * BLOCK;
    let mut slab = armed(2 * apart, &task);
    for child in [5, 5 + apart, apart - 1] {
        waker_of(&slab, child).wake();
    }
    assert_eq!(task.count(), 1);
    slab.begin(&task.waker());
    let mut visited = all(&mut slab);
    visited.sort_unstable();
    assert_eq!(visited, [5, apart - 1, 5 + apart]);
    assert_eq!(slab.rest(), Rest::Armed);
}

#[test]
fn wakes_in_a_poll_leave_the_task_alone_and_keep_the_poller_busy() {
    let task = WakeCount::new();
    let mut slab = armed(10, &task);
    slab.begin(&task.waker());
    waker_of(&slab, 7).wake();
    assert_eq!(slab.rest(), Rest::Busy);
    assert_eq!(task.count(), 0);
    slab.begin(&task.waker());
    assert_eq!(all(&mut slab), [7]);
    assert_eq!(slab.rest(), Rest::Armed);
}

#[test]
fn a_new_task_takes_the_place_of_the_old() {
    let (old, new) = (WakeCount::new(), WakeCount::new());
    let mut slab = armed(10, &old);
    slab.begin(&new.waker());
    assert_eq!(slab.rest(), Rest::Armed);
    waker_of(&slab, 1).wake();
    assert_eq!((old.count(), new.count()), (0, 1));
    assert_eq!(old.wakers_alive(1), 0, "the old task's waker is kept");
}

#[test]
fn wakers_that_outlive_the_poller_keep_the_words_and_not_the_task() {
    let task = WakeCount::new();
    let slab = armed(100, &task);
    let late = waker_of(&slab, 99);
    let copy = late.clone();
    assert!(late.will_wake(&copy));
    assert!(!late.will_wake(&waker_of(&slab, 98)));
    drop(slab);
    assert_eq!(task.wakers_alive(1), 0);
    late.wake_by_ref();
    late.wake();
    drop(copy);
    assert_eq!(task.count(), 0);
}

#[test]
fn a_poll_cut_short_goes_on_where_it_was() {
    let task = WakeCount::new();
    let mut slab = armed(500, &task);
    [1, 100, 400].into_iter().for_each(|child| waker_of(&slab, child).wake());
    slab.begin(&task.waker());
    assert_eq!(slab.next(), Some(1));
    waker_of(&slab, 1).wake();
    assert_eq!(slab.rest(), Rest::Busy, "a round is under way");
    slab.begin(&task.waker());
    assert_eq!(all(&mut slab), [100, 400, 1], "the one that woke itself comes last");
}

/// A task that does something in the middle of its wake.
struct OnWake(Box<dyn Fn() + Send + Sync>);

impl Wake for OnWake {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        (self.0)();
    }
}

fn on_wake(act: impl Fn() + Send + Sync + 'static) -> (Arc<OnWake>, Waker) {
    let task = Arc::new(OnWake(Box::new(act)));
    (Arc::clone(&task), task.into())
}

#[test]
fn a_task_may_poll_in_its_wake() {
    let slab = Arc::new(Mutex::new((Slab::new(10, 0), Vec::new())));
    let wakers: Vec<_> = (0..10).map(|child| waker_of(&slab.lock().unwrap().0, child)).collect();
    let known = Arc::new(Mutex::new(Waker::noop().clone()));
    let (_, task) = on_wake({
        let (slab, known) = (Arc::clone(&slab), Arc::clone(&known));
        move || {
            let task = known.lock().unwrap().clone();
            let next = {
                let (slab, visited) = &mut *slab.lock().unwrap();
                slab.begin(&task);
                visited.extend(all(slab));
                assert_eq!(slab.rest(), Rest::Armed);
                *visited.last().unwrap() + 1
            };
            // Another wake inside of this one.
            wakers.get(next).filter(|_| next < 6).inspect(|waker| waker.wake_by_ref());
        }
    });
    known.lock().unwrap().clone_from(&task);
    slab.lock().unwrap().0.begin(&task);
    assert_eq!(slab.lock().unwrap().0.rest(), Rest::Armed);
    for first in [3, 9, 0] {
        let waker = waker_of(&slab.lock().unwrap().0, first);
        waker.wake();
    }
    assert_eq!(slab.lock().unwrap().1, [3, 4, 5, 9, 0, 1, 2, 3, 4, 5]);
    *known.lock().unwrap() = Waker::noop().clone();
}

#[test]
fn a_task_that_changes_in_a_wake_takes_the_place_of_the_old() {
    let new = WakeCount::new();
    let slab = Arc::new(Mutex::new(Slab::new(10, 0)));
    let (old, waker) = on_wake({
        let (slab, new) = (Arc::clone(&slab), new.waker());
        move || {
            let mut slab = slab.lock().unwrap();
            slab.begin(&new);
            assert_eq!(all(&mut slab), [1]);
            assert_eq!(slab.rest(), Rest::Armed);
            let child = waker_of(&slab, 2);
            drop(slab);
            child.wake();
        }
    });
    slab.lock().unwrap().begin(&waker);
    drop(waker);
    assert_eq!(slab.lock().unwrap().rest(), Rest::Armed);
    let child = waker_of(&slab.lock().unwrap(), 1);
    child.wake();
    assert_eq!(new.count(), 1);
    let mut slab = slab.lock().unwrap();
    slab.begin(&new.waker());
    assert_eq!(Arc::strong_count(&old), 1, "the old task's waker is kept");
    assert_eq!(all(&mut slab), [2]);
    assert_eq!(slab.rest(), Rest::Armed);
    waker_of(&slab, 3).wake();
    assert_eq!(new.count(), 2);
}

#[test]
fn a_poller_that_goes_in_a_wake_leaves_no_waker_behind() {
    let slab = Arc::new(Mutex::new(None));
    let (task, waker) = on_wake({
        let slab = Arc::clone(&slab);
        move || drop(slab.lock().unwrap().take())
    });
    let mut made = Slab::new(10, 0);
    made.begin(&waker);
    assert_eq!(made.rest(), Rest::Armed);
    let child = waker_of(&made, 1);
    *slab.lock().unwrap() = Some(made);
    drop(waker);
    child.wake_by_ref();
    assert_eq!(Arc::strong_count(&task), 1);
}

#[test]
fn a_wake_of_a_block_that_was_visited_is_not_lost() {
    for children in [100, 300_000] {
        let task = WakeCount::new();
        let mut slab = armed(children, &task);
        waker_of(&slab, 70).wake();
        slab.begin(&task.waker());
        assert_eq!(all(&mut slab), [70]);
        waker_of(&slab, 70).wake();
        assert_eq!(slab.rest(), Rest::Busy);
        slab.begin(&task.waker());
        assert_eq!(all(&mut slab), [70]);
        assert_eq!(slab.rest(), Rest::Armed);
        assert_eq!(task.count(), 1);
    }
}

#[test]
fn polls_without_a_rest_see_what_was_woken_in_between() {
    let task = WakeCount::new();
    let mut slab = armed(100, &task);
    for _ in 0..4 {
        waker_of(&slab, 70).wake();
        slab.begin(&task.waker());
        assert_eq!(all(&mut slab), [70]);
    }
    assert_eq!(slab.rest(), Rest::Armed);
    assert_eq!(task.count(), 1);
}
