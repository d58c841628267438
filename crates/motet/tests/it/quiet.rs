//! What a runtime does not start: each test looks at a process of its own, this very test run again by itself.

use std::fs;
use std::process::Command;
use std::time::Duration;

const ALONE: &str = "MOTET_TEST_ALONE";

/// Runs `look` in a child process that runs nothing else.
fn alone(test: &str, look: fn()) {
    if std::env::var_os(ALONE).is_some() {
        return look();
    }
    let this = std::env::current_exe().expect("a test knows where it is");
    let child = Command::new(this).args(["--exact", test, "--test-threads=1"]).env(ALONE, "1").output();
    let child = child.expect("a test can be run again");
    assert!(
        child.status.success(),
        "{}{}",
        String::from_utf8_lossy(&child.stdout),
        String::from_utf8_lossy(&child.stderr)
    );
}

fn open_epolls() -> usize {
    let descriptors = fs::read_dir("/proc/self/fd").expect("Linux has /proc");
    let targets = descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    targets.filter(|target| target.to_string_lossy().contains("eventpoll")).count()
}

fn threads() -> Vec<String> {
    let tasks = fs::read_dir("/proc/self/task").expect("Linux has /proc");
    let names = tasks.filter_map(|entry| fs::read_to_string(entry.ok()?.path().join("comm")).ok());
    names.map(|name| name.trim().to_owned()).collect()
}

#[test]
fn a_runtime_that_does_no_io_opens_no_epoll() {
    alone("quiet::a_runtime_that_does_no_io_opens_no_epoll", || {
        motet::run(async {
            motet::gather((0..10).map(|_| motet::spawn(motet::sleep(Duration::from_millis(1))))).await;
            assert_eq!(open_epolls(), 0);
        });
    });
}

#[test]
fn a_runtime_that_sleeps_starts_no_helper_thread() {
    alone("quiet::a_runtime_that_sleeps_starts_no_helper_thread", || {
        let runtime = motet::Runtime::builder().threads(2).build().expect("a thread");
        runtime.block_on(async {
            motet::sleep(Duration::from_millis(1)).await;
            motet::spawn(motet::sleep(Duration::from_millis(1))).await.expect("it does not panic");
            // The main thread, the thread of this test, and one worker: the test itself is the other.
            assert_eq!(threads().len(), 3, "{:?}", threads());
        });
    });
}

#[test]
fn a_runtime_of_one_worker_starts_no_helper_thread_to_end() {
    alone("quiet::a_runtime_of_one_worker_starts_no_helper_thread_to_end", || {
        let runtime = motet::Runtime::builder().threads(1).build().expect("a runtime");
        let kept = runtime.clone();
        kept.run(async {
            motet::task().eager().spawn(motet::sleep(Duration::from_secs(3600))).detach();
            motet::sleep(Duration::from_millis(1)).await;
        });
        assert_eq!(threads().len(), 2, "{:?}", threads());
        drop(runtime);
    });
}
