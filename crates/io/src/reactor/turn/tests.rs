//! A floor whose helper the system refuses to start.

use super::{Floor, Poller};
use std::cell::Cell;
use std::io;
use std::time::Duration;

std::thread_local! {
    /// Whether the system starts no thread; and how many it has started.
    static IS_REFUSED: Cell<bool> = const { Cell::new(false) };
    static STARTED: Cell<u32> = const { Cell::new(0) };
}

struct Quiet;

impl Poller for Quiet {
    type Nudge = ();

    fn nudge(&self) {}
    fn call((): &()) {}

    fn start_helper() -> io::Result<()> {
        if IS_REFUSED.get() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        STARTED.set(STARTED.get() + 1);
        Ok(())
    }

    fn wait(&mut self, _: Option<Duration>) {}
    fn dispatch(&mut self) {}
}

fn floor() -> Floor<Quiet> {
    let floor = Floor::new();
    floor.open(|| Ok(Quiet)).expect("nobody is needed yet");
    floor
}

#[test]
fn each_source_tries_to_have_a_helper_until_there_is_one() {
    let floor = floor();
    IS_REFUSED.set(true);
    for _ in 0..2 {
        assert!(floor.set_sources(|| true).is_err(), "nobody would look out for it");
    }
    IS_REFUSED.set(false);
    for _ in 0..2 {
        floor.set_sources(|| true).expect("a thread");
    }
    assert_eq!(STARTED.get(), 1);
}

#[test]
fn a_seat_needs_no_helper_until_it_goes_and_its_leaves_try_again() {
    let floor = floor();
    floor.sit();
    IS_REFUSED.set(true);
    floor.set_sources(|| true).expect("the seat looks out for it");
    let looks_in = || floor.look_in().into_iter().for_each(|poller| floor.leave(poller));
    looks_in();
    IS_REFUSED.set(false);
    looks_in();
    assert_eq!(STARTED.get(), 1);
    IS_REFUSED.set(true);
    floor.stand();
    floor.set_sources(|| true).expect("the helper looks out for it");
}
