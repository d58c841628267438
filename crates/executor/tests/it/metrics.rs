//! What an executor counts.

use crate::tasks::one_thread;
use motet_executor::{spawn, spawn_blocking, task};

#[test]
fn polls_are_those_of_tasks_that_were_queued() {
    let executor = one_thread();
    executor.block_on(async {
        task().eager().spawn(async {}).await.unwrap();
        spawn_blocking(|| {}).await.unwrap();
        assert_eq!(executor.metrics().polls(), 0);
        spawn(async {}).await.unwrap();
    });
    assert_eq!(executor.metrics().polls(), 1);
}

#[test]
fn injected_is_what_comes_from_elsewhere_or_was_given_up() {
    let executor = one_thread();
    let task = executor.spawn(async {});
    assert_eq!(executor.metrics().injected, 1);
    executor.block_on(async {
        task.await.unwrap();
        let tasks = [spawn(async {}), spawn(async {})];
        assert_eq!(executor.metrics().injected, 1);
        executor.block_on(async {});
        assert_eq!(executor.metrics().injected, 3);
        for task in tasks {
            task.await.unwrap();
        }
    });
}
