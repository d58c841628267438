//! The helper thread: waits for events while no seat does.
//!
//! It starts when first needed, and lives as long as the process.

use super::floor;
use super::turn::Hand;
use std::io;
use std::thread;
use std::time::Duration;

/// How long the poller may be free before the helper takes it: short enough for a socket whose runtime is busy, long enough
/// that a seat which only runs a few tasks finds it free again.
const GRACE: Duration = Duration::from_millis(10);

/// Starts the thread.
pub(super) fn start() -> io::Result<()> {
    thread::Builder::new().name("motet-io".into()).spawn(run).map(drop)
}

fn run() {
    let mut hand = Hand::new();
    loop {
        floor().help(&mut hand, |parker| {
            parker.park_for(GRACE);
        });
    }
}
