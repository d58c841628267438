//! Who waits for whose end, so that tasks that own one another do not wait for ever.
//!
//! A task that drops another's `Task` waits for its end, in a scope of its own. If two own each other and one is cancelled, each would wait for the
//! other. So whoever is about to close a ring does not wait:
//!
//! ```text
//!   a ──waits for──▶ b ──▶ c        c may wait for anybody but a and b
//! ```
//!
//! For the end of each task one other waits at most, whoever dropped its one `Task`. So those who wait for `c`, for that one, and so on are a line, and
//! `c` walks it before it waits for a task that has ever waited itself: if that is in the line, it is a ring.
//!
//! The race to fear: the last two links of a ring are made at one time, and neither sees the other. Each says that it waits *first*, and looks *then*,
//! with a fence in between. So the last of them finds all the others; two may find the ring, and then neither of them waits.

use core::fmt;
use motet_prim::atomic::{AtomicBool, Ordering, fence};
use motet_prim::lock::Mutex;

/// A task that may wait, and be waited for.
pub(super) trait Waiting: Clone {
    /// What is known of that.
    fn waits(&self) -> &Waits<Self>;

    /// Whether both are the same task.
    fn is(&self, other: &Self) -> bool;
}

/// One task's part.
pub(super) struct Waits<T> {
    /// Who waits for the end of this task.
    waiter: Mutex<Option<T>>,
    /// Whether this task ever waited for the end of another.
    has_waited: AtomicBool,
}

impl<T: Waiting> Waits<T> {
    /// Nobody waits for the end of this task any more, or somebody does who cannot be in a ring.
    pub(super) fn unlink(&self) {
        let waiter = self.waiter.lock().take();
        drop(waiter);
    }

    fn link(&self, waiter: &T) {
        let mut place = self.waiter.lock();
        if place.as_ref().is_some_and(|known| known.is(waiter)) {
            return;
        }
        let former = place.replace(waiter.clone());
        drop(place);
        drop(former);
    }

    fn waiter(&self) -> Option<T> {
        self.waiter.lock().clone()
    }
}

/// Whether a task may wait for the end of another: not if that one, or whoever it waits for, waits for the first. To be asked before each time that it rests.
pub(super) fn may_wait<T: Waiting>(task: &T, awaited: &T) -> bool {
    awaited.waits().link(task);
    task.waits().has_waited.store(true, Ordering::Relaxed);
    // SeqCst: after the link, before the look; see the head of this file.
    fence(Ordering::SeqCst);
    let closes_a_ring = awaited.waits().has_waited.load(Ordering::Relaxed) && is_waited_for_by(task, awaited);
    if closes_a_ring {
        awaited.waits().unlink();
    }
    !closes_a_ring
}

/// Whether a task is in the line of those who wait for another.
fn is_waited_for_by<T: Waiting>(task: &T, waiter: &T) -> bool {
    let (mut landmark, mut steps) = (None::<T>, 0_u32);
    let mut next = Some(task.clone());
    while let Some(in_line) = next {
        if in_line.is(waiter) {
            return true;
        }
        // A ring of others, who are about to break it.
        if landmark.as_ref().is_some_and(|landmark| in_line.is(landmark)) {
            return false;
        }
        steps += 1;
        next = in_line.waits().waiter();
        if steps.is_power_of_two() {
            landmark = Some(in_line);
        }
    }
    false
}

impl<T> Default for Waits<T> {
    fn default() -> Self {
        Self { waiter: Mutex::new(None), has_waited: AtomicBool::new(false) }
    }
}

impl<T> fmt::Debug for Waits<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waits").finish_non_exhaustive()
    }
}

#[cfg(all(test, not(motet_loom)))]
mod tests {
    use super::{Waiting, Waits, may_wait};
    use std::rc::Rc;

    #[derive(Clone, Default)]
    struct Task(Rc<Waits<Self>>);

    impl Waiting for Task {
        fn waits(&self) -> &Waits<Self> {
            &self.0
        }

        fn is(&self, other: &Self) -> bool {
            Rc::ptr_eq(&self.0, &other.0)
        }
    }

    #[test]
    fn a_ring_is_found_however_long_and_others_in_it_wait() {
        let tasks: Vec<Task> = (0..100).map(|_| Task::default()).collect();
        assert!(tasks.windows(2).all(|pair| may_wait(&pair[0], &pair[1])));
        assert!(!may_wait(&tasks[99], &tasks[0]));
        assert!(may_wait(&tasks[0], &tasks[1]), "and again");
        assert!(!may_wait(&tasks[50], &tasks[50]), "itself");
        tasks.iter().for_each(|task| task.waits().unlink());
    }

    #[test]
    fn a_tree_is_no_ring() {
        let tasks: Vec<Task> = (0..7).map(|_| Task::default()).collect();
        for child in (1..7).rev() {
            assert!(may_wait(&tasks[(child - 1) / 2], &tasks[child]));
        }
        tasks[1].waits().unlink();
        assert!(may_wait(&tasks[1], &tasks[0]), "nobody waits for it any more");
        tasks.iter().for_each(|task| task.waits().unlink());
    }

    #[test]
    fn a_ring_of_others_is_looked_at_once() {
        let tasks: Vec<Task> = (0..4).map(|_| Task::default()).collect();
        // Two who have not broken theirs yet wait for a third.
        tasks[0].waits().link(&tasks[1]);
        tasks[1].waits().link(&tasks[0]);
        assert!(may_wait(&tasks[3], &tasks[2]));
        assert!(may_wait(&tasks[0], &tasks[3]));
        tasks.iter().for_each(|task| task.waits().unlink());
    }
}
