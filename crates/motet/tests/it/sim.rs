//! Code written for the facade, run unchanged in a simulation: virtual time, any order, the same results.

use motet::channel::Queue;
use motet::prelude::*;
use motet::sync::Semaphore;
use motet_test::{Sim, explore};
use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

async fn fetch(url: u32) -> io::Result<u32> {
    motet::sleep(SECOND).await;
    Ok(url * 2)
}

/// Ten pages, three at a time, in a group that a slow page cannot hold up for longer than a minute.
async fn crawl() -> Vec<u32> {
    let limit = Arc::new(Semaphore::new(3));
    let pages = Queue::unbounded();
    let all = motet::task_group(|group| {
        let pages = pages.clone();
        async move {
            for url in 0..10 {
                let (limit, pages) = (limit.clone(), pages.clone());
                let page = group.spawn(async move {
                    let _permit = limit.acquire().await;
                    pages.put(fetch(url).await?).await.map_err(io::Error::other)
                });
                drop(page);
            }
            Ok::<_, io::Error>(())
        }
    });
    motet::wait_for(60 * SECOND, all).await.expect("in time").expect("no error");
    let mut found: Vec<u32> = std::iter::from_fn(|| pages.try_get().ok()).collect();
    found.sort_unstable();
    found
}

#[test]
fn a_program_gives_the_same_under_every_seed_and_takes_no_time() {
    explore(0..20, |sim| {
        let found = sim.run(crawl());
        assert_eq!(found, (0..10).map(|url| url * 2).collect::<Vec<_>>());
        assert_eq!(sim.elapsed(), 4 * SECOND, "ten pages, three at a time");
    });
}

#[test]
fn a_failing_group_cancels_its_children_and_waits_for_their_cleanup() {
    explore(0..20, |sim| {
        let failed = sim.run(motet::task_group(|group| async move {
            let _slow = group.spawn(async {
                let _held = motet::cancel::guard((), async |(), _outcome| motet::sleep(5 * SECOND).await);
                motet::sleep(3600 * SECOND).await;
                Ok(())
            });
            motet::sleep(SECOND).await;
            let fails = group.spawn(async { Err::<(), _>(io::Error::other("no")) });
            let _ = fails.await;
            Ok(())
        }));
        assert!(failed.is_err());
        assert_eq!(sim.elapsed(), 6 * SECOND);
    });
}

#[test]
fn the_time_of_the_facade_is_virtual() {
    let sim = Sim::new(1);
    sim.run(async {
        let start = motet::time::now();
        let mut ticks = motet::interval(SECOND);
        ticks.next().await;
        let third = async { (ticks.next().await, ticks.next().await).1 }.timeout(10 * SECOND).await;
        assert_eq!(third, Ok(Some(start + 2 * SECOND)));
        assert!(motet::timeout(SECOND, motet::sleep(2 * SECOND)).await.is_err());
        assert_eq!(motet::time::now() - start, 3 * SECOND);
        assert_eq!(motet::to_thread(|| 7).await.expect("it does not panic"), 7);
    });
    assert_eq!(sim.elapsed(), 3 * SECOND);
}

#[test]
fn spawned_races_end_in_every_order() {
    let winners: BTreeSet<_> = (0..50)
        .map(|seed| {
            Sim::new(seed).run(async {
                let racers = ["hare", "tortoise"].map(|name| async move {
                    motet::sleep(SECOND).await;
                    name
                });
                let mut finished = motet::as_completed(racers.map(motet::spawn));
                finished.next().await.expect("two run").1.expect("neither panics")
            })
        })
        .collect();
    assert_eq!(winners.len(), 2);
}
