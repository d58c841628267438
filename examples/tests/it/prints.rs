//! The guide's programs print what the guide says.

use crate::program::lines_of;

#[test]
fn concurrent_overlaps_what_the_sequential_version_adds_up() {
    let lines = lines_of("concurrent");
    let sequential = ["start task 1", "done task 1", "start task 2", "done task 2"];
    let concurrent = ["start task 1", "start task 2", "done task 1", "done task 2"];
    assert_eq!(lines[..4], sequential);
    assert_eq!(lines[4..8], concurrent);
    assert!(lines[8].starts_with("sequential: 0.3") && lines[8].contains("concurrent: 0.2"), "{}", lines[8]);
    assert_eq!(lines.len(), 9);
}

#[test]
fn fetch_data_shows_the_struct() {
    let lines = lines_of("fetch_data");
    let shown = r#"Fetched { url: "https://api.example.com", data: "some data" }"#;
    assert_eq!(lines, ["fetching: https://api.example.com", shown]);
}

#[test]
fn gather_keeps_the_order_of_its_input() {
    assert_eq!(lines_of("gather"), [1, 2, 3].map(|n| format!("Data from https://api{n}.example.com")));
}

#[test]
fn background_task_runs_until_it_is_cancelled() {
    let running = "background task running...";
    assert_eq!(lines_of("background_task"), [running, running, running, "task cancelled"]);
}

#[test]
fn wait_sees_the_first_and_then_all() {
    assert_eq!(lines_of("wait"), ["first completed: 1 done, 2 pending", "all completed: 3 done"]);
}

#[test]
fn timeout_ends_one_and_the_rescheduled_one_finishes() {
    assert_eq!(lines_of("timeout"), ["operation timed out", "finished"]);
}

#[test]
fn wait_for_times_out() {
    assert_eq!(lines_of("wait_for"), ["operation timed out"]);
}

#[test]
fn async_iterator_counts() {
    assert_eq!(lines_of("async_iterator"), ["1", "2", "3", "4", "5"]);
}

#[test]
fn async_generator_counts() {
    assert_eq!(lines_of("async_generator"), ["1", "2", "3", "4", "5"]);
}

#[test]
fn context_manager_releases_before_the_task_counts_as_cancelled() {
    let (acquire, using, release) = ("acquire resource", "use resource", "release resource");
    assert_eq!(lines_of("context_manager"), [acquire, using, release, acquire, using, release, "task cancelled"]);
}

#[test]
fn http_client_gets_two_answers() {
    assert_eq!(lines_of("http_client"), ["200", "200"]);
}

#[test]
fn semaphore_fetches_ten() {
    let lines = lines_of("semaphore");
    let numbered = |before: &str| (0..10).map(|n| format!("{before}{n}")).collect::<Vec<_>>();
    let (fetching, data): (Vec<_>, Vec<_>) = lines.into_iter().partition(|line| line.starts_with("fetching"));
    assert_eq!(fetching, numbered("fetching url_"), "the permits go out in order");
    assert_eq!(data, numbered("data from url_"));
}

#[test]
fn lock_loses_no_update() {
    assert_eq!(lines_of("lock"), ["100"]);
}

#[test]
fn queue_hands_over_each_item_and_ends() {
    let lines = lines_of("queue");
    let expected = (0..5).flat_map(|n| [format!("produced: item_{n}"), format!("consumed: item_{n}")]);
    assert_eq!(lines, expected.collect::<Vec<_>>());
}

#[test]
fn pipeline_does_every_order_and_ends_in_order() {
    let lines = lines_of("pipeline");
    assert_eq!(lines[..3], ["all orders are placed", "all orders are done", "2 workers have done 12 orders"]);
    assert_eq!(lines[3..], (0..12).map(|order| format!("order {order}: {}", order * order)).collect::<Vec<_>>());
}

#[test]
fn collect_errors_keeps_each_in_its_place() {
    assert_eq!(lines_of("collect_errors"), ["ok: 0", "ok: 1", "ok: 2", "error: task 3 failed", "ok: 4"]);
}

#[test]
fn cpu_bound_work_does_not_stop_the_ticker() {
    let lines = lines_of("cpu_bound");
    assert!(lines[0].starts_with("sum of primes: 6458901531, ticks meanwhile: "), "{lines:?}");
}

#[test]
fn one_channel_works_in_tokio() {
    assert_eq!(lines_of("pick_one_channel_in_tokio"), ["received 1000 numbers, sum 499500"]);
}

#[test]
fn one_lock_works_in_smol() {
    let logged = "logged: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], permits back: 2";
    assert_eq!(lines_of("pick_one_sync_in_smol"), [logged]);
}

#[test]
fn a_library_that_chooses_no_runtime_runs_on_each() {
    assert_eq!(lines_of("agnostic"), ["motet: 3 beats", "tokio: 3 beats", "smol: 3 beats"]);
}
