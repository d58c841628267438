//! What a runtime wires together: tasks, timers, sockets, the blocking pool.

use motet::cancel::guard;
use motet::time::{Timer, Timers};
use motet::{GroupError, Runtime, TaskError};
use std::future::pending;
use std::sync::mpsc;
use std::time::{Duration, Instant};

#[test]
fn a_worker_sleeps_by_its_runtimes_timers() {
    let runtime = Runtime::builder().threads(2).build().expect("a thread");
    let hour = Duration::from_secs(3600);
    let asleep = runtime.spawn(async move { motet::timeout(hour, pending::<()>()).await.is_err() });
    let elapsed = runtime.block_on(async {
        let next = loop {
            match runtime.timers().next_deadline() {
                Some(next) => break next,
                None => motet::yield_now().await,
            }
        };
        // The other worker may look at the timers at this moment, and then this leaves them to it.
        while runtime.timers().advance(next) == 0 {
            motet::yield_now().await;
        }
        asleep.await
    });
    assert!(elapsed.expect("it does not panic"), "an hour has passed by the runtime's timers, and by no others");
}

#[test]
fn every_worker_is_woken_by_time_even_while_another_one_is_hogged() {
    let runtime = Runtime::builder().threads(2).build().expect("a thread");
    let (release, hogged) = mpsc::channel::<()>();
    let (started, starts) = mpsc::channel();
    let hog = runtime.spawn(async move {
        started.send(()).expect("the test waits");
        hogged.recv().expect("the test releases it");
    });
    starts.recv().expect("the hog starts on the other worker");
    let slept = Instant::now();
    runtime.block_on(motet::sleep(Duration::from_millis(2)));
    assert!(slept.elapsed() >= Duration::from_millis(2));
    release.send(()).expect("the hog waits");
    runtime.block_on(hog).expect("it ends");
}

#[test]
fn wait_for_over_a_task_returns_after_its_cleanup() {
    motet::run(async {
        let (report, reports) = mpsc::channel();
        let limit = Duration::from_secs(2);
        let (timers, clock) = Timers::virtual_time();
        let cleanup = timers.clone();
        let task = motet::spawn(async move {
            let _held = guard(report, move |report: mpsc::Sender<()>, _outcome| async move {
                cleanup.sleep(limit).await;
                report.send(()).expect("the test listens");
            });
            pending::<()>().await;
        });
        let waiting = motet::spawn(motet::timeout_with(&timers, limit, task));
        // Time goes on whenever somebody waits for it: first the limit, then the cleanup.
        for _ in 0..2 {
            while clock.advance_to_next().is_none() {
                motet::yield_now().await;
            }
        }
        assert!(waiting.await.expect("it does not panic").is_err());
        assert_eq!(reports.try_recv(), Ok(()), "the exit had run when the limit returned");
    });
}

#[test]
fn to_thread_runs_beside_the_workers() {
    let here = std::thread::current().id();
    let there = motet::run(motet::to_thread(|| std::thread::current().id())).expect("it does not panic");
    assert_ne!(here, there);
}

#[test]
fn a_panic_on_the_pool_comes_back_as_an_error() {
    let panicked = motet::run(motet::to_thread(|| panic!("on the pool")));
    assert!(matches!(panicked, Err(TaskError::Panicked(_))));
}

#[test]
fn a_task_group_finds_its_executor() {
    let sum = motet::run(motet::task_group(|group| async move {
        let children: Vec<_> = (1..=3).map(|n| group.spawn(async move { Ok(n) })).collect();
        let mut sum = 0;
        for child in children {
            sum += child.await.expect("it ends well");
        }
        Ok::<_, std::io::Error>(sum)
    }));
    assert_eq!(sum.expect("no child fails"), 6);
}

#[test]
fn one_failed_child_ends_the_group_and_its_error_is_kept() {
    let failed = motet::run(motet::task_group(|group| async move {
        group.spawn(async { Err::<(), _>("lost") });
        group.spawn(pending::<Result<(), _>>());
        pending::<Result<(), _>>().await
    }));
    assert!(matches!(failed, Err(GroupError::Failed(errors)) if errors == ["lost"]));
}

#[cfg(feature = "io")]
#[test]
fn two_runtimes_talk_over_one_reactor() {
    use motet::io::{TcpListener, TcpStream};
    use motet::prelude::*;

    let server = Runtime::builder().threads(2).build().expect("a thread");
    let client = Runtime::builder().threads(2).build().expect("a thread");
    let listener = server.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
    let address = listener.local_addr().expect("it is bound");
    let echo = server.spawn(async move {
        let (mut stream, _peer) = listener.accept().await?;
        let mut bytes = [0; 5];
        stream.read_exact(&mut bytes).await?;
        stream.write_all(&bytes).await
    });
    let echoed = client.block_on(async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"hello").await?;
        let mut bytes = [0; 5];
        stream.read_exact(&mut bytes).await?;
        std::io::Result::Ok(bytes)
    });
    assert_eq!(&echoed.expect("the echo comes"), b"hello");
    server.block_on(echo).expect("no panic").expect("no error");
}
