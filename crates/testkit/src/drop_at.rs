//! Drop a future at each of its awaits in turn, and look at what it left behind.

use crate::Stepped;
use std::future::Future;
use std::task::Poll;

/// The most polls that one trial may take.
const MOST_POLLS: usize = 10_000;

/// How one trial of [`drop_at_every_await`] ended; handed to its check.
#[derive(Debug, PartialEq, Eq)]
pub enum End<T> {
    /// The future was dropped, still pending, after that many polls. Zero: it never ran.
    Dropped {
        /// How often it had been polled.
        polls: usize,
    },
    /// The future completed with this output, and was then dropped.
    Completed(T),
}

/// What a run of [`drop_at_every_await`] saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report {
    /// At how many different points the future was dropped while it was pending (before the first poll is one).
    pub drops: usize,
    /// Whether the last trial ran to completion. `false`: it stalled, waiting for something that the test never does.
    pub completed: bool,
}

/// Drops a future after 0, 1, 2, … polls, each time on a fresh one, and checks the invariants after each drop.
///
/// `make` sets the scene anew and gives the future together with its check. The trials end with the first that completes, or
/// that is pending and not woken. To let something happen between two polls, use [`drop_at_every_await_between`].
///
/// ```
/// use motet_test::{End, drop_at_every_await};
/// use std::{cell::Cell, rc::Rc};
///
/// let report = drop_at_every_await(|| {
///     let held = Rc::new(Cell::new(0));
///     let inside = Rc::clone(&held);
///     let future = async move {
///         struct Hold(Rc<Cell<i32>>);
///         impl Drop for Hold {
///             fn drop(&mut self) {
///                 self.0.set(self.0.get() - 1);
///             }
///         }
///         inside.set(inside.get() + 1);
///         let _hold = Hold(inside);
///         std::future::pending::<()>().await;
///     };
///     (future, move |_: End<()>| assert_eq!(held.get(), 0, "a hold was leaked"))
/// });
/// assert_eq!(report.drops, 2);
/// ```
///
/// # Panics
///
/// If a trial takes more than 10,000 polls, and with whatever a check panics with.
pub fn drop_at_every_await<F, C>(mut make: impl FnMut() -> (F, C)) -> Report
where
    F: Future,
    C: FnOnce(End<F::Output>),
{
    drop_at_every_await_between(|| {
        let (future, check) = make();
        (future, |_polls| {}, check)
    })
}

/// [`drop_at_every_await`] with something that happens after each poll: `make` gives the future, the step and the check.
///
/// The step is called with the number of polls so far; it plays the other side (releases the lock, sends the item).
///
/// # Panics
///
/// If a trial takes more than 10,000 polls, and with whatever a step or a check panics with.
pub fn drop_at_every_await_between<F, S, C>(mut make: impl FnMut() -> (F, S, C)) -> Report
where
    F: Future,
    S: FnMut(usize),
    C: FnOnce(End<F::Output>),
{
    for drops in 0..MOST_POLLS {
        let (future, mut step, check) = make();
        let mut future = Stepped::new(future);
        let mut stalled = false;
        let mut output = None;
        for polls in 1..=drops {
            if let Poll::Ready(value) = future.poll() {
                output = Some(value);
                break;
            }
            step(polls);
            stalled = !future.is_woken();
        }
        drop(future);
        let completed = output.is_some();
        check(output.map_or(End::Dropped { polls: drops }, End::Completed));
        if completed {
            return Report { drops, completed };
        }
        if stalled {
            return Report { drops: drops + 1, completed };
        }
    }
    panic!("still pending after {MOST_POLLS} polls: does the future wake itself for ever?")
}
