//! Eighteen rows of what asyncio's queues do, each under Motet's executor, under tokio, and in virtual time under seeded schedules.
//!
//! A row is a program that spawns through whatever executor it is given; it must hold in every order of the tasks.

mod ends;
mod flow;

use futures::FutureExt;
use futures::future::{AbortHandle, Aborted, BoxFuture, abortable};
use motet_channel::oneshot;
use motet_test::{Sim, explore};
use std::future::Future;
use std::sync::Arc;
use std::task::Poll;

/// Spawns a task that nobody waits for.
type SpawnTask = dyn Fn(BoxFuture<'static, ()>) + Send + Sync;

/// The executor that a row runs on.
#[derive(Clone)]
pub(crate) struct Ground(Arc<SpawnTask>);

/// The end of a task.
pub(crate) type End<T> = BoxFuture<'static, T>;

impl Ground {
    fn new(spawn: impl Fn(BoxFuture<'static, ()>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(spawn))
    }

    /// Starts a task.
    pub(crate) fn spawn<T: Send + 'static>(&self, future: impl Future<Output = T> + Send + 'static) -> End<T> {
        let (tx, rx) = oneshot::channel();
        (self.0)(Box::pin(future.map(|output| drop(tx.send(output)))));
        Box::pin(rx.map(|output| output.expect("the task has not panicked")))
    }

    /// Starts a task that can be cancelled: its future is then dropped where it waits.
    pub(crate) fn spawn_cancellable<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> (AbortHandle, End<Result<T, Aborted>>) {
        let (future, handle) = abortable(future);
        (handle, self.spawn(future))
    }
}

/// Lets the others run, if this thread runs them.
pub(crate) async fn others_run() {
    for _ in 0..20 {
        let mut yielded = false;
        std::future::poll_fn(|cx| {
            if std::mem::replace(&mut yielded, true) {
                return Poll::Ready(());
            }
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

type Row = fn(Ground) -> BoxFuture<'static, ()>;

/// The rows, by number.
const ROWS: [(&str, Row); 18] = [
    ("Q1", |ground| flow::put_blocks_at_capacity(ground).boxed()),
    ("Q2", |ground| flow::an_unbounded_queue_is_never_full(ground).boxed()),
    ("Q3", |ground| flow::the_survivor_of_a_cancelled_get_gets_the_item(ground).boxed()),
    ("Q4", |ground| flow::cancelled_getters_drop_no_item(ground).boxed()),
    ("Q5", |ground| flow::a_cancelled_put_has_put_nothing(ground).boxed()),
    ("Q6", |ground| flow::a_put_skips_cancelled_putters(ground).boxed()),
    ("Q7", |ground| flow::cancelled_waiters_are_not_kept(ground).boxed()),
    ("Q8", |ground| flow::small_queues_never_hang(ground).boxed()),
    ("Q9", |ground| ends::a_lifo_queue_gives_the_newest_first(ground).boxed()),
    ("Q10", |ground| ends::a_priority_queue_gives_the_smallest_first_and_ties_in_order(ground).boxed()),
    ("Q11", |ground| ends::task_done_too_often_is_an_error(ground).boxed()),
    ("Q12", |ground| ends::join_waits_for_all_that_was_put(ground).boxed()),
    ("Q13", |ground| ends::join_on_an_untouched_queue_returns_at_once(ground).boxed()),
    ("Q14", |ground| ends::shutdown_of_an_empty_queue_ends_its_getters(ground).boxed()),
    ("Q15", |ground| ends::shutdown_refuses_putters_and_lets_getters_drain(ground).boxed()),
    ("Q16", |ground| ends::immediate_shutdown_empties_and_wakes_join(ground).boxed()),
    ("Q17", |ground| ends::immediate_shutdown_waits_for_jobs_that_were_taken(ground).boxed()),
    ("Q18", |ground| ends::a_job_dropped_in_a_panic_counts_as_done(ground).boxed()),
];

fn run_all(under: &str, run: impl Fn(Row)) {
    for (name, row) in ROWS {
        // The harness shows it if the row fails.
        println!("{name} under {under}");
        run(row);
    }
}

#[test]
fn under_motets_executor() {
    for threads in [1, 2] {
        let executor = motet_executor::Executor::builder().threads(threads).build().unwrap();
        let ground = Ground::new(|task| motet_executor::spawn(task).detach());
        run_all(&format!("{threads} threads"), |row| executor.block_on(row(ground.clone())));
    }
}

#[test]
fn under_tokio() {
    let one = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let two = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let ground = Ground::new(|task| drop(tokio::spawn(task)));
    run_all("one thread of tokio", |row| one.block_on(row(ground.clone())));
    run_all("two threads of tokio", |row| two.block_on(row(ground.clone())));
}

#[test]
fn in_virtual_time_under_seeded_schedules() {
    let ground = Ground::new(|task| motet_executor::spawn(task).detach());
    run_all("virtual time", |row| explore(0..20, |sim: &Sim| sim.run(row(ground.clone()))));
}
