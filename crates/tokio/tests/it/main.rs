//! One library that knows no runtime, on tokio.

mod library;

use futures::task::SpawnExt;
use motet_test::{Stepped, assert_send, assert_sync};
use motet_timer::Timer;
use motet_tokio::{Tokio, TokioLocal};
use std::future::Future;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

assert_send!(Tokio, <Tokio as Timer>::Sleep);
assert_sync!(Tokio);

fn one_thread() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

fn two_workers() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap()
}

fn run<F: Future>(runtime: &Runtime, program: impl FnOnce(Tokio) -> F) -> F::Output {
    runtime.block_on(program(runtime.handle().clone().into()))
}

#[test]
fn the_library_runs_on_one_thread() {
    run(&one_thread(), |tokio| library::exercise(tokio.clone(), tokio));
}

#[test]
fn the_library_runs_on_two_workers() {
    run(&two_workers(), |tokio| library::exercise(tokio.clone(), tokio));
}

#[test]
fn the_library_runs_on_the_current_runtime() {
    one_thread().block_on(async { library::exercise(Tokio::current(), Tokio::current()).await });
}

#[test]
fn the_library_runs_from_a_thread_outside_of_the_runtime() {
    let runtime = Builder::new_multi_thread().worker_threads(1).enable_time().build().unwrap();
    let tokio = Tokio::from(runtime.handle().clone());
    futures::executor::block_on(library::exercise(tokio.clone(), tokio));
}

#[test]
fn local_futures_run_in_a_local_set() {
    let runtime = one_thread();
    let local = TokioLocal::default();
    let spawner = local.clone();
    run(&runtime, |tokio| async move { local.run_until(library::exercise_local(spawner, tokio)).await });
}

#[test]
fn send_futures_run_in_a_local_set_as_well() {
    let runtime = one_thread();
    let local = TokioLocal::default();
    let spawner = local.clone();
    run(&runtime, |tokio| async move { local.run_until(library::exercise(spawner, tokio)).await });
}

#[test]
fn a_paused_clock_is_the_timers_clock() {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let day = Duration::from_secs(86_400);
    let passed = run(&runtime, |tokio| async move {
        let start = tokio.now();
        tokio.sleep(day).await;
        tokio.now() - start
    });
    assert!(passed >= day && passed < day + Duration::from_millis(2), "{passed:?}");
    // Also when asked from outside of the runtime.
    let tokio = Tokio::from(runtime.handle().clone());
    assert!(tokio.now() - std::time::Instant::now() > day / 2);
}

#[test]
fn outside_of_a_runtime_there_is_none() {
    assert!(Tokio::try_current().is_err());
    let runtime = one_thread();
    let tokio = runtime.block_on(async { Tokio::try_current() }).unwrap();
    assert_eq!(tokio.handle().id(), runtime.handle().id());
}

#[test]
fn a_task_for_a_runtime_that_is_gone_is_refused() {
    for runtime in [one_thread(), two_workers()] {
        let tokio = Tokio::from(runtime.handle().clone());
        drop(runtime);
        let (sender, mut receiver) = futures::channel::oneshot::channel::<()>();
        let refused = tokio.spawn(async move { drop(sender) });
        assert!(refused.expect_err("nobody runs it").is_shutdown());
        assert!(receiver.try_recv().is_err(), "the task, and its sender, are gone");
        assert!(tokio.spawn_with_handle(async {}).is_err());
    }
}

#[test]
fn a_task_that_has_ended_when_its_spawn_returns_is_not_refused() {
    let runtime = two_workers();
    let tokio = Tokio::from(runtime.handle().clone());
    for _ in 0..10_000 {
        assert!(tokio.spawn(async {}).is_ok());
    }
    // Nor is one that comes from a task which has used up its share of polls.
    runtime.block_on(async {
        while tokio::task::coop::has_budget_remaining() {
            tokio::task::coop::consume_budget().await;
        }
        assert!(tokio.spawn(async {}).is_ok());
    });
}

#[test]
#[should_panic(expected = "shutdown")]
fn a_sleep_is_not_polled_after_its_runtime() {
    let runtime = one_thread();
    let mut sleep = Stepped::new(Tokio::from(runtime.handle().clone()).sleep(Duration::from_secs(3600)));
    drop(runtime);
    let _ = sleep.poll();
}
