//! The helper thread: drives the queues that nobody else drives.
//!
//! It starts when a timer is armed in such a queue for the first time, and lives as long as the process; with nothing
//! to drive it sleeps without a limit. A queue that gets a host, or whose lease ends, drops out of its list at the
//! next turn; that check and the arrival of a queue in the list exclude each other by the lock here, which is taken
//! before a queue's locks, never under one.
#![forbid(unsafe_code)]

use std::io;

#[cfg(test)]
use motet_prim::atomic::AtomicBool;
use motet_prim::atomic::{AtomicU64, Ordering};
use motet_prim::lock::Mutex;
use motet_prim::park::{Parker, Unparker};

use crate::clock;
use crate::queue::Lease;

#[cfg(all(test, not(motet_loom)))]
mod tests;

motet_prim::global! {
    static HELPER: DriverThread = DriverThread::new();
}

/// The process's helper.
pub(crate) fn global() -> &'static DriverThread {
    &HELPER
}

/// A thread, started or not, and what it looks after. One serves the whole process; tests and models have their own.
pub(crate) struct DriverThread {
    state: Mutex<State>,
    /// How often it has looked around.
    turns: AtomicU64,
    /// The system starts no thread.
    #[cfg(test)]
    is_refused: AtomicBool,
}

struct State {
    /// Of the thread, once it was started.
    unparker: Option<Unparker>,
    adopted: Vec<Lease>,
}

impl DriverThread {
    motet_prim::const_fn! {
        /// A helper that has not started.
        pub(crate) const fn new() -> Self {
            Self {
                state: Mutex::new(State { unparker: None, adopted: Vec::new() }),
                turns: AtomicU64::new(0),
                #[cfg(test)]
                is_refused: AtomicBool::new(false),
            }
        }
    }

    /// Gives a queue to the thread, which is started if it does not run yet.
    ///
    /// # Errors
    ///
    /// If the system refuses to start a thread; the next [`unpark`](Self::unpark) tries again.
    pub(crate) fn adopt(&'static self, lease: Lease) -> io::Result<()> {
        let mut state = self.state.lock();
        if !state.adopted.iter().any(|adopted| adopted.is(lease)) {
            state.adopted.push(lease);
        }
        drop(state);
        self.unpark()
    }

    /// Has the thread look around; starts it if it does not run yet.
    ///
    /// # Errors
    ///
    /// If the system refuses to start a thread.
    pub(crate) fn unpark(&'static self) -> io::Result<()> {
        let mut state = self.state.lock();
        let unparker = match &state.unparker {
            Some(unparker) => unparker.clone(),
            None => state.unparker.insert(self.start()?).clone(),
        };
        drop(state);
        unparker.unpark();
        Ok(())
    }

    fn start(&'static self) -> io::Result<Unparker> {
        #[cfg(test)]
        if self.is_refused.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let parker = Parker::new();
        let unparker = parker.unparker();
        std::thread::Builder::new().name("motet-timer".into()).spawn(move || self.run(&parker))?;
        Ok(unparker)
    }

    fn run(&self, parker: &Parker) -> ! {
        loop {
            match self.turn(clock::now()) {
                None => parker.park(),
                Some(next) => {
                    parker.park_until(clock::instant(next));
                }
            }
        }
    }

    /// Fires what is due in every adopted queue, and says when the next timer is.
    pub(crate) fn turn(&self, now: u64) -> Option<u64> {
        self.turns.fetch_add(1, Ordering::Relaxed);
        let adopted: Vec<Lease> = {
            let mut state = self.state.lock();
            state.adopted.retain(|lease| lease.is_driven_by_helper());
            state.adopted.clone()
        };
        adopted
            .into_iter()
            .filter_map(|lease| {
                lease.advance(now);
                lease.next_deadline()
            })
            .min()
    }

    /// A model's thread stands in for the real one.
    #[cfg(all(test, motet_loom))]
    pub(crate) fn stand_in(&self, unparker: Unparker) {
        self.state.lock().unparker = Some(unparker);
    }
}
