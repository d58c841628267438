//! One library that knows no runtime, on smol.

#[path = "../../../tokio/tests/it/library.rs"]
mod library;

use motet_smol::{Sleep, Smol, SmolLocal};
use motet_test::{Stepped, assert_send, assert_sync, assert_unpin};
use motet_timer::Timer;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

assert_send!(Smol, Sleep);
assert_sync!(Smol);
assert_unpin!(Sleep);

#[test]
fn the_library_runs_on_the_global_executor() {
    smol::block_on(library::exercise(Smol::global(), Smol::global()));
}

#[test]
fn the_library_runs_on_an_executor_of_the_user() {
    let executor = Arc::new(smol::Executor::new());
    let smol = Smol::from(executor.clone());
    smol::block_on(executor.run(library::exercise(smol.clone(), smol)));
}

#[test]
fn the_library_runs_under_a_foreign_block_on() {
    futures::executor::block_on(library::exercise(Smol::global(), Smol::global()));
}

#[test]
fn local_futures_run_in_a_local_executor() {
    let local = SmolLocal::default();
    smol::block_on(local.run_until(library::exercise_local(local.clone(), Smol::global())));
}

#[test]
fn send_futures_run_in_a_local_executor_as_well() {
    let local = SmolLocal::default();
    smol::block_on(local.run_until(library::exercise(local.clone(), Smol::global())));
}

#[test]
fn a_sleep_stays_ready_once_it_is() {
    let mut sleep = Stepped::new(Smol::global().sleep(Duration::ZERO));
    for _ in 0..3 {
        assert_eq!(sleep.poll(), Poll::Ready(()));
    }
}
