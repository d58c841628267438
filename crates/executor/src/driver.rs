//! What an idle worker does: the [`Driver`] seam, and the cell through which workers hand a driver on.
//!
//! One worker is inside the driver, the others sleep on their own [berths](crate::pool). An idle worker always tries for
//! the driver. Whoever gives it up to run tasks relies on the worker on [watch](crate::pool), who tries for it again within
//! milliseconds; if nobody is on watch, it wakes an idle worker, if one rests. So one slow poll never holds up events while a
//! worker has nothing to do, and a round trip over a socket wakes nobody but its task.
//!
//! Two races to fear. Worker A finds the driver taken and lies down elsewhere, while B, who has it, leaves it and sees
//! nobody resting; then nobody is inside. A counts as resting (with a fence) *before* it tries; B lets go, fences, and
//! reads the count. Or A goes off watch while B leaves the driver, and each relies on the other: A takes its post down,
//! fences, and looks at the driver; B lets go of the driver, fences, and looks at the post. One of them sees the other.

use crate::pool::Contained;
use crate::task::contain;
use motet_prim::atomic::{AtomicBool, Ordering};
use motet_prim::lock::{Mutex, MutexGuard};
use std::task::Waker;
use std::time::Duration;

/// What one idle worker does until there is something to run. The executor knows nothing else of I/O and time.
///
/// An executor has at most one driver; the worker that gets idle first is inside it, the others sleep. The facade's driver
/// waits in the reactor with the timer wheel's next deadline as its limit; a test's driver moves a virtual clock.
///
/// ```
/// use motet_executor::{Driver, Executor};
/// use motet_prim::park::{Parker, Unparker};
/// use std::{task::Waker, time::Duration};
///
/// /// Does nothing but wait.
/// struct Idle(Parker, Unparker);
///
/// impl Driver for Idle {
///     fn park(&mut self, limit: Option<Duration>, _quiet: bool) {
///         match limit {
///             Some(limit) => drop(self.0.park_for(limit)),
///             None => self.0.park(),
///         }
///     }
///     fn poll(&mut self) {}
///     fn unparker(&self) -> Waker {
///         self.1.clone().into()
///     }
/// }
///
/// let parker = Parker::new();
/// let unparker = parker.unparker();
/// let executor = Executor::builder().threads(1).driver(Idle(parker, unparker)).build()?;
/// assert_eq!(executor.block_on(async { 7 }), 7);
/// # Ok::<(), std::io::Error>(())
/// ```
pub trait Driver: Send + 'static {
    /// Waits until unparked, an event, or the limit; wakes the wakers of what happened. `quiet`: no other worker runs or
    /// has work; only then may a virtual clock move. A worker that blocks in a nested `block_on` counts as one that runs, so that a
    /// virtual clock stands still until the call returns; a caller of `block_on` that waits for the seat counts as none.
    fn park(&mut self, limit: Option<Duration>, quiet: bool);

    /// The same without waiting; called every so many polls, so that a busy executor still sees events.
    fn poll(&mut self);

    /// No worker is left that could come: the last one blocks in a nested `block_on`, or is none any more. Until [`resume`](Self::resume) nobody calls
    /// `park` or `poll`, and what this drives goes on by other means, if there are any; the facade leaves its timers to their helper thread.
    /// It must not block. A worker that blocks in a waker which this driver calls cannot be told.
    fn suspend(&mut self) {}

    /// There are workers again, or for the first time.
    fn resume(&mut self) {}

    /// Ends a `park`, now or the next one (sticky); cheap, idempotent, callable from any thread.
    fn unparker(&self) -> Waker;

    /// Whether this driver moves a virtual clock, so that a worker inside it must hear when the executor falls quiet
    /// (its `park` is ended and called again with `quiet`).
    fn is_virtual(&self) -> bool {
        false
    }
}

/// A driver that workers take in turn.
pub(crate) struct Wheelhouse<D: ?Sized> {
    unparker: Contained<Waker>,
    is_virtual: bool,
    /// Whether somebody has it; decides who may lock, so that the lock is never waited for.
    is_taken: AtomicBool,
    driver: Mutex<Contained<Box<D>>>,
    /// How many workers may come: those that do not block in a nested call.
    attendants: Mutex<usize>,
}

/// The driver, while this worker has it.
pub(crate) struct Inside<'a, D: ?Sized> {
    house: &'a Wheelhouse<D>,
    /// Empty only while it is dropped.
    driver: Option<MutexGuard<'a, Contained<Box<D>>>>,
}

impl<D: Driver + ?Sized> Wheelhouse<D> {
    pub(crate) fn new(driver: Box<D>) -> Self {
        Self {
            unparker: Contained::new(driver.unparker()),
            is_virtual: driver.is_virtual(),
            is_taken: AtomicBool::new(false),
            driver: Mutex::new(Contained::new(driver)),
            attendants: Mutex::new(0),
        }
    }

    /// One more worker may come.
    pub(crate) fn attend(&self) {
        // Held until the driver knows, for the next one may be the last that leaves.
        let mut attendants = self.attendants.lock();
        *attendants += 1;
        if *attendants == 1 {
            self.tell(D::resume);
        }
    }

    /// A worker that is not inside comes no more.
    pub(crate) fn leave(&self) {
        let mut attendants = self.attendants.lock();
        *attendants -= 1;
        if *attendants == 0 {
            self.tell(D::suspend);
        }
    }

    /// For whoever comes first or leaves last: nobody else is inside. A waker may block, though, that the driver itself calls.
    fn tell(&self, tell: impl FnOnce(&mut D)) {
        if let Some(mut inside) = self.try_enter() {
            inside.tell(tell);
        }
    }

    /// The driver, if nobody has it.
    pub(crate) fn try_enter(&self) -> Option<Inside<'_, D>> {
        // Acquire: pairs with the Release in the drop of `Inside`.
        let is_taken = self.is_taken.swap(true, Ordering::Acquire);
        (!is_taken).then(|| Inside { house: self, driver: Some(self.driver.lock()) })
    }

    /// Ends the `park` of whoever is inside, or the next one.
    pub(crate) fn unpark(&self) {
        // Whoever has pushed a task, or spawned one, is not to unwind for a driver's waker.
        contain(|| self.unparker.wake_by_ref());
    }

    /// Whether nobody is inside at this moment.
    pub(crate) fn is_free(&self) -> bool {
        !self.is_taken.load(Ordering::Relaxed)
    }

    pub(crate) fn is_virtual(&self) -> bool {
        self.is_virtual
    }

    /// The same, for a driver with a virtual clock: things got quieter.
    pub(crate) fn unpark_virtual(&self) {
        if self.is_virtual {
            self.unpark();
        }
    }
}

impl<D: Driver + ?Sized> Inside<'_, D> {
    pub(crate) fn park(&mut self, limit: Option<Duration>, quiet: bool) {
        self.driver.iter_mut().for_each(|driver| driver.park(limit, quiet));
    }

    pub(crate) fn poll(&mut self) {
        self.driver.iter_mut().for_each(|driver| driver.poll());
    }

    /// Its panic has been printed, and is nobody else's.
    fn tell(&mut self, tell: impl FnOnce(&mut D)) {
        if let Some(driver) = &mut self.driver {
            contain(|| tell(&mut ***driver));
        }
    }
}

impl<D: ?Sized> Drop for Inside<'_, D> {
    fn drop(&mut self) {
        drop(self.driver.take());
        // Release: see `try_enter`. An exchange, as those are: so that they are in one order in a model, too.
        self.house.is_taken.swap(false, Ordering::Release);
    }
}
