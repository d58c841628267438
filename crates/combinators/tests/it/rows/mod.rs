//! Rows of the reference, each as one scenario that runs under Motet's executor, under tokio, and in virtual time under seeded schedules.
//!
//! The other modules step the same behaviours by hand, poll by poll; here nothing is stepped, and an executor decides.

mod gathers;
mod groups;
mod limits;
mod waits;

use crate::support::Yield;
use futures::channel::oneshot;
use futures::future::{BoxFuture, FutureExt as _};
use futures::task::{FutureObj, Spawn, SpawnError, SpawnExt as _};
use motet_cancel::{CancelHandle, Cancelled, frame, scope};
use std::sync::Arc;

/// Where a scenario spawns.
#[derive(Clone)]
pub(crate) struct Tasks(Arc<dyn Spawn + Send + Sync>);

/// A task on any executor: its result, and what cancels it.
pub(crate) struct Job<T> {
    pub(crate) handle: CancelHandle,
    result: oneshot::Receiver<Result<T, Cancelled>>,
}

impl Tasks {
    pub(crate) fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Job<T> {
        let (work, handle) = scope(work);
        let (sender, result) = oneshot::channel();
        self.0.spawn(async move { drop(sender.send(work.await)) }).expect("the executor runs");
        Job { handle, result }
    }
}

impl Spawn for Tasks {
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.0.spawn_obj(future)
    }
}

impl<T> Job<T> {
    /// Its end.
    pub(crate) async fn ended(self) -> Result<T, Cancelled> {
        self.result.await.expect("a scope always ends")
    }
}

/// Lets others run for a while.
pub(crate) async fn yield_often() {
    for _ in 0..20 {
        Yield::default().await;
    }
}

struct OnTokio;

impl Spawn for OnTokio {
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        drop(tokio::spawn(future));
        Ok(())
    }
}

/// Runs a scenario under each executor.
fn everywhere(row: fn(Tasks) -> BoxFuture<'static, ()>) {
    let executor = motet_executor::Executor::new();
    let tasks = Tasks(Arc::new(executor.clone()));
    executor.block_on(executor.spawn(row(tasks))).expect("under Motet");

    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        // tokio has no reaper: its threads get one.
        .on_thread_start(|| std::mem::forget(frame::enter_reaper(|work| drop(tokio::spawn(work)))))
        .build()
        .expect("two threads");
    let task = runtime.spawn(scope(row(Tasks(Arc::new(OnTokio)))).0);
    runtime.block_on(task).expect("under tokio").expect("nobody cancels it");

    motet_test::explore(0..20, |sim| sim.run(row(Tasks(Arc::new(sim.clone())))));
}

/// A test for each row.
macro_rules! rows {
    ($($module:ident: $($row:ident)+;)+) => {$($(
        #[test]
        fn $row() {
            everywhere(|tasks| $module::$row(tasks).boxed());
        }
    )+)+};
}

rows! {
    gathers:
        c1_results_come_in_input_order
        c2_the_first_error_comes_once_the_siblings_are_cleaned_up
        c3_collected_errors_keep_their_places
        c4_c5_a_cancelled_child_is_an_error_of_its_own
        c6_c7_cancelling_the_gather_cancels_every_child_and_keeps_the_reason
        c8_cancelling_after_the_end_changes_nothing
        c10_nothing_gives_nothing
        c11_later_errors_are_dropped_quietly;
    waits:
        c12_an_empty_set_is_an_error
        c13_all_completed_turns_no_error_into_its_own
        c14_first_completed_returns_with_one
        c15_done_holds_all_that_had_finished
        c16_c17_first_error_returns_for_a_failure
        c18_a_cancelled_child_is_no_failure
        c19_a_timeout_neither_raises_nor_cancels
        c20_a_dropped_wait_leaves_its_members
        c22_c23_outputs_come_in_order_of_completion_with_their_indices
        c24_c25_expiry_is_an_item_and_the_children_live_on
        c26_leaving_the_loop_and_coming_back_continues;
    limits:
        c27_a_finished_tasks_result_comes_back
        c29_c30_the_cleanup_is_awaited_before_elapsed
        c29_c30_a_task_is_cancelled_and_awaited_before_elapsed
        c31_a_value_in_spite_of_the_cancel_is_returned
        c32_an_error_of_the_grace_period_is_returned
        c33_cancelling_the_waiter_cancels_the_work_and_waits
        c33_cancelling_the_waiter_cancels_the_task_and_hands_over_the_wait
        c34_a_cancel_in_the_tick_of_the_end_is_not_swallowed
        c35_what_is_ready_wins
        c36_a_shields_awaiter_ends_at_once_and_the_work_finishes
        c37_the_cancellation_of_shielded_work_is_seen
        c38_finished_work_is_returned_directly
        c39_a_late_error_is_reported_once
        c40_a_timeout_of_a_shield_leaves_the_work_alone
        c41_expiry_is_seen_on_the_scope
        c42_zero_takes_effect_at_the_first_suspension
        c43_none_disables
        c44_of_two_with_one_deadline_both_report
        c45_the_outer_one_fires_after_the_inner
        c46_c48_a_cancel_from_elsewhere_stays_a_cancel
        c47_a_cancel_that_was_taken_back_leaves_no_trace
        c49_an_error_in_the_moment_of_expiry_survives
        c50_rescheduling_moves_the_deadline
        c51_a_fresh_timeout_works_inside_cleanup;
    groups:
        c52_a_child_cancelled_on_purpose_is_no_failure
        c53_an_error_cancels_the_siblings_and_the_body
        c54_cancelling_the_parent_cancels_the_children_and_waits
        c55_a_panic_of_an_exit_wins_over_the_cancellation
        c55_a_panic_of_an_exit_wins_over_the_parents_cancellation
        c56_the_bodys_error_joins_the_groups
        c57_an_inner_groups_error_is_one_error
        c58_the_children_are_finished_before_a_panic_goes_on
        c59_a_late_child_is_dropped_unpolled
        c60_children_may_spawn
        c61_nested_groups_report_their_own
        c62_an_outer_cancel_wins_over_an_error
        c63_cancel_is_idempotent_and_quiet
        c64_cancelling_what_has_finished_returns_false
        c65_cancelled_before_its_first_poll_it_never_runs
        c66_completed_in_the_poll_of_its_cancel_is_completed
        c67_a_cancel_that_was_taken_back_leaves_no_trace
        c68_what_completed_as_it_was_started_cannot_be_cancelled;
}
