//! The async-closure trap: each API inside a spawned future, over `&'static str`, `Box<dyn Error + Send + Sync>` and types that borrow.

use futures::StreamExt;
use motet_cancel::{CancelToken, scope};
use motet_combinators::{
    AllCompleted, FirstCompleted, FirstError, FutureExt, LocalScope, TimeoutScope, WaitSet, as_completed, borrow_scope,
    cancel_after, deadline, gather, join, map_bounded, race, race_ok, select, shield, task_group, timeout, timeout_at,
    timeout_with, try_gather, try_join, try_shield, try_timeout, wait,
};
use std::error::Error;
use std::time::Duration;

type BoxError = Box<dyn Error + Send + Sync>;

const NEVER: Duration = Duration::from_secs(3600);

async fn fetch(name: &str) -> Result<usize, BoxError> {
    crate::support::Yield::default().await;
    if name.is_empty() { Err("nameless".into()) } else { Ok(name.len()) }
}

/// Holds a borrow of `words`, items of `'static` and boxed errors over each of its awaits.
async fn over_borrows(words: &[&'static str]) -> Result<usize, BoxError> {
    let mut sum = 0;
    for result in gather(words.iter().map(|word| fetch(word))).await {
        sum += result?;
    }
    for result in gather(words.iter().map(|word| fetch(word))).limit(1).catch_panics().await {
        sum += result??;
    }
    sum += try_gather(words.iter().map(|word| fetch(word))).await?.len();
    sum += join((fetch(words[0]), fetch(words[1]))).await.0?;
    sum += try_join((fetch(words[0]), fetch(words[1]))).await?.1;
    sum += race((fetch(words[0]), fetch(words[1]))).await?;
    sum += race_ok([fetch(words[0]), fetch(words[1])]).await.map_err(|_| "all failed")?;
    select((fetch(words[0]), std::future::pending::<BoxError>())).await;
    let mut items = as_completed(words.iter().map(|word| fetch(word)));
    while let Some((_, item)) = items.next().await {
        sum += item?;
    }
    let mut set: WaitSet<_> = words.iter().map(|word| fetch(word)).collect();
    wait(&mut set, FirstError).await?;
    set.insert(fetch(words[0]));
    wait(&mut set, AllCompleted).timeout(NEVER).await?;
    sum += timeout(NEVER, fetch(words[0])).await??;
    sum += try_timeout(NEVER, fetch(words[0])).await?;
    sum += fetch(words[0]).timeout(NEVER).await??;
    sum += deadline(std::future::pending::<()>(), fetch(words[0])).await??;
    let scope = TimeoutScope::new(NEVER);
    sum += scope.run(fetch(words[0])).await??;
    let mut lengths = map_bounded(words.iter().copied(), 2, fetch);
    while let Some(length) = lengths.next().await {
        sum += length?;
    }
    let found = std::sync::Mutex::new(0);
    let found = &found;
    borrow_scope(|scope| async move {
        for word in words {
            let inner = scope.clone();
            drop(scope.spawn(async move {
                inner.spawn(fetch(word)).await.unwrap().unwrap();
                *found.lock().unwrap() += 1;
            }));
        }
    })
    .await;
    sum += *found.lock().unwrap();
    Ok(sum)
}

/// The rest of the limits, and what has two ways to end.
async fn over_more_borrows(words: &[&'static str]) -> Result<usize, BoxError> {
    let (word, later) = (words[0], motet_timer::now() + NEVER);
    let timers = motet_timer::Timers::new();
    let mut sum = try_gather(words.iter().map(|word| fetch(word))).limit(1).wait_all().await?.len();
    sum += timeout_at(later, fetch(word)).await??;
    sum += timeout_with(&timers, NEVER, fetch(word)).await??;
    sum += fetch(word).timeout_at(later).await??;
    sum += fetch(word).timeout_with(&timers, NEVER).await??;
    sum += fetch(word).try_timeout(NEVER).await?;
    sum += fetch(word).deadline(std::future::pending::<()>()).await??;
    sum += fetch(word).race_with(fetch(words[1])).await?;
    sum += fetch(word).join_with(fetch(words[1])).await.1?;
    // These own what they run: it may outlive the borrow.
    sum += shield(fetch("shielded")).await?;
    sum += try_shield(fetch("shielded")).await?;
    sum += fetch("shielded").shield().await?;
    sum += cancel_after(NEVER, Box::pin(scope(fetch("scope")).0)).grace(NEVER).await???;
    let mut items = as_completed(words.iter().map(|word| fetch(word))).timeout(NEVER);
    while let Some(item) = items.next().await {
        sum += item?.1?;
    }
    let mut lengths = map_bounded(words.iter(), 2, |word| fetch(word)).unordered();
    while let Some(length) = lengths.next().await {
        sum += length?;
    }
    let mut set: WaitSet<_> = words.iter().map(|word| fetch(word)).collect();
    wait(&mut set, FirstCompleted).await?;
    set.insert(fetch(word));
    wait(&mut set, |length: &Result<usize, BoxError>| length.is_ok()).timeout(NEVER).await?;
    while let Some((_, length)) = set.next().await {
        sum += length?;
    }
    set.insert(fetch(word));
    set.clear();
    let stop = CancelToken::new();
    sum += stop.run_until_cancelled(fetch(word)).await.ok_or("stopped")??;
    sum += stop.clone().run_until_cancelled_owned(fetch(word)).await.ok_or("stopped")??;
    select((fetch(word), stop.cancelled())).await;
    select((fetch(word), stop.clone().cancelled_owned())).await;
    let limit = TimeoutScope::at(later);
    sum += limit.run(fetch(word)).await??;
    let children = LocalScope::new();
    sum += children.run(async { children.spawn(fetch(word)).await }).await??;
    Ok(sum)
}

async fn over_a_group<S: futures::task::Spawn>(spawner: &S, words: &[&'static str]) -> Result<usize, BoxError> {
    let lengths = task_group(spawner, |group| async move {
        let children: Vec<_> = words.iter().map(|word| group.spawn(fetch(word))).collect();
        let mut sum = 0;
        for child in children {
            sum += child.await?;
        }
        group.drained().await;
        Ok::<_, BoxError>(sum)
    });
    Ok(lengths.await?)
}

async fn all() -> Result<usize, BoxError> {
    let words = vec!["one", "three"];
    Ok(over_borrows(&words).await? + over_more_borrows(&words).await?)
}

#[test]
fn everything_is_send_inside_a_task() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let on_tokio = runtime.block_on(runtime.spawn(all())).unwrap().unwrap();
    let executor = motet_executor::Executor::new();
    let on_motet = executor.block_on(executor.spawn(all())).unwrap().unwrap();
    assert_eq!(on_tokio, on_motet);
    let group = executor.clone();
    let sum = executor.spawn(async move {
        let words = vec!["one", "three"];
        over_a_group(&group, &words).await
    });
    assert_eq!(executor.block_on(sum).unwrap().unwrap(), 8);
}
