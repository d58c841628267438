//! The same behaviour under other people's executors, on real threads, and in simulations.

use futures::StreamExt;
use motet_combinators::{
    AllCompleted, GroupError, WaitSet, as_completed, borrow_scope, gather, join, map_bounded, race, task_group,
    timeout, wait,
};
use motet_timer::sleep;
use std::error::Error;
use std::future::pending;
use std::time::Duration;

type BoxError = Box<dyn Error + Send + Sync>;

const SOON: Duration = Duration::from_millis(2);
const NEVER: Duration = Duration::from_secs(3600);

/// A little of everything, with sleeps that other threads wake.
async fn everything() {
    assert_eq!(gather((0..100).map(async |n| wake_later(n).await)).limit(30).await, (0..100).collect::<Vec<_>>());
    assert_eq!(join((wake_later(1), wake_later("b"))).await, (1, "b"));
    assert_eq!(race((pending(), wake_later(2))).await, 2);
    assert!(timeout(SOON, pending::<()>()).await.is_err());
    assert_eq!(timeout(NEVER, wake_later(3)).await, Ok(3));
    let mut items: Vec<_> = as_completed((0..50).map(wake_later)).collect().await;
    items.sort_unstable();
    assert!(items.into_iter().eq((0..50).zip(0..50)));
    let mut set: WaitSet<_> = (0..20).map(wake_later).collect();
    let mut seen = 0;
    while let Ok(done) = wait(&mut set, AllCompleted).timeout(SOON).await {
        seen += done.len();
    }
    assert_eq!(seen, 20);
    assert_eq!(map_bounded(0..50, 8, wake_later).collect::<Vec<_>>().await, (0..50).collect::<Vec<_>>());
    let mut numbers = [1, 2, 3];
    borrow_scope(|scope| {
        for number in &mut numbers {
            drop(scope.spawn(async move { *number = wake_later(*number * 2).await }));
        }
        async {}
    })
    .await;
    assert_eq!(numbers, [2, 4, 6]);
}

/// Ready after a wake from the timers' own thread.
async fn wake_later<T>(value: T) -> T {
    sleep(Duration::from_micros(200)).await;
    value
}

async fn groups<S: futures::task::Spawn>(spawner: &S) {
    let sum = task_group(spawner, |group| async move {
        let children: Vec<_> =
            (0..20).map(|n| group.spawn(async move { Ok::<_, BoxError>(wake_later(n).await) })).collect();
        let mut sum = 0;
        for child in children {
            sum += child.await?;
        }
        Ok(sum)
    });
    assert_eq!(sum.await.unwrap(), 190);
    let failed = task_group(spawner, |group| async move {
        drop(group.spawn(async {
            pending::<()>().await;
            Ok(())
        }));
        drop(group.spawn(async { Err::<(), BoxError>(wake_later("no").await.into()) }));
        pending::<Result<(), _>>().await
    });
    assert!(matches!(failed.await, Err(GroupError::Failed(errors)) if errors.len() == 1));
}

struct OnTokio;

impl futures::task::Spawn for OnTokio {
    fn spawn_obj(&self, future: futures::task::FutureObj<'static, ()>) -> Result<(), futures::task::SpawnError> {
        tokio::spawn(future);
        Ok(())
    }
}

struct OnSmol;

impl futures::task::Spawn for OnSmol {
    fn spawn_obj(&self, future: futures::task::FutureObj<'static, ()>) -> Result<(), futures::task::SpawnError> {
        smol::spawn(future).detach();
        Ok(())
    }
}

#[test]
fn under_tokio() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    runtime.block_on(async {
        tokio::spawn(everything()).await.unwrap();
        tokio::spawn(groups(&OnTokio)).await.unwrap();
    });
}

#[test]
fn under_smol() {
    smol::block_on(async {
        smol::spawn(everything()).await;
        smol::spawn(groups(&OnSmol)).await;
    });
}

#[test]
fn under_futures_block_on() {
    futures::executor::block_on(everything());
}

#[test]
fn under_a_simulation_whatever_the_seed() {
    motet_test::explore(0..50, |sim| {
        let spawner = sim.clone();
        sim.run(async move {
            everything().await;
            groups(&spawner).await;
        });
    });
}

#[test]
fn under_motet() {
    let executor = motet_executor::Executor::new();
    let tasks = executor.clone();
    executor.block_on(async move {
        tasks.spawn(everything()).await.unwrap();
        let inner = tasks.clone();
        tasks.spawn(async move { groups(&inner).await }).await.unwrap();
    });
}
