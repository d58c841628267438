//! The helper thread: drives the queues that nobody else drives.
//!
//! It starts when a timer is armed in such a queue for the first time, and lives as long as the process; with nothing
//! to drive it sleeps without a limit. A queue that gets a host, or whose lease ends, drops out of its list at the
//! next turn; that check and the arrival of a queue in the list exclude each other by the lock here, which is taken
//! before a queue's lock, never under one.
#![forbid(unsafe_code)]

use std::io;
use std::time::Instant;

use motet_prim::lock::Mutex;
use motet_prim::park::{Parker, Unparker};

use crate::clock;
use crate::queue::Lease;

motet_prim::global! {
    static HELPER: Mutex<State> = Mutex::new(State { unparker: None, adopted: Vec::new() });
}

struct State {
    /// Of the thread, once it was started.
    unparker: Option<Unparker>,
    adopted: Vec<Lease>,
}

/// Gives a queue to the thread, which is started if it does not run yet.
///
/// # Errors
///
/// If the system refuses to start a thread; the next [`unpark`] tries again.
pub(crate) fn adopt(lease: Lease) -> io::Result<()> {
    let mut state = HELPER.lock();
    if !state.adopted.iter().any(|adopted| adopted.is(lease)) {
        state.adopted.push(lease);
    }
    drop(state);
    unpark()
}

/// Has the thread look around; starts it if it does not run yet.
///
/// # Errors
///
/// If the system refuses to start a thread.
pub(crate) fn unpark() -> io::Result<()> {
    let mut state = HELPER.lock();
    let unparker = match &state.unparker {
        Some(unparker) => unparker.clone(),
        None => state.unparker.insert(start()?).clone(),
    };
    drop(state);
    unparker.unpark();
    Ok(())
}

fn start() -> io::Result<Unparker> {
    let parker = Parker::new();
    let unparker = parker.unparker();
    std::thread::Builder::new().name("motet-timer".into()).spawn(move || run(&parker))?;
    Ok(unparker)
}

fn run(parker: &Parker) -> ! {
    loop {
        match turn() {
            None => parker.park(),
            Some(next) => {
                parker.park_until(next);
            }
        }
    }
}

/// Fires what is due in every adopted queue, and says when the next timer is.
fn turn() -> Option<Instant> {
    let adopted: Vec<Lease> = {
        let mut state = HELPER.lock();
        state.adopted.retain(|lease| lease.is_driven_by_helper());
        state.adopted.clone()
    };
    let now = clock::nanos(Instant::now());
    adopted
        .into_iter()
        .filter_map(|lease| {
            lease.advance(now);
            lease.next_deadline()
        })
        .min()
}
