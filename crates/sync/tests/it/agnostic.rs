//! The same code under three executors that are not ours.

use motet_sync::{
    Barrier, BoundedSemaphore, ClosableSemaphore, Condition, Event, Latch, Lock, Notify, OnceCell, RwLock, Semaphore,
    WaitGroup,
};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

const TASKS: usize = 20;
const ROUNDS: usize = 50;

/// Twenty tasks, three at a time, count in a lock; the last to finish sets the event. `spawn` runs them somewhere.
async fn choir(spawn: impl Fn(Task)) {
    for (lock, seats) in [(Lock::new(0), Semaphore::new(3)), (Lock::unfair(0), Semaphore::unfair(3))] {
        let (lock, seats, finished) = (Arc::new(lock), Arc::new(seats), Arc::new(Event::new()));
        for voice in 0..TASKS {
            let (lock, seats, finished) = (lock.clone(), seats.clone(), finished.clone());
            spawn(Box::pin(async move {
                for _ in 0..ROUNDS {
                    let _seats = seats.acquire_many(1 + voice % 3).await;
                    let mut count = lock.lock_owned().await;
                    yield_once().await;
                    *count += 1;
                    if *count == TASKS * ROUNDS {
                        finished.set();
                    }
                }
            }));
        }
        finished.wait().await;
        assert_eq!(*lock.lock().await, TASKS * ROUNDS);
        assert_eq!(seats.acquire_many(3).await.count(), 3);
    }
}

/// What a company of tasks shares.
struct Stage {
    round: Barrier,
    script: OnceCell<u64>,
    lines: RwLock<u64>,
    spoken: Lock<usize>,
    changed: Condition,
    called: Notify,
    ready: Latch,
    company: Arc<WaitGroup>,
    doors: BoundedSemaphore,
    curtain: ClosableSemaphore,
}

/// Ten tasks use everything else that there is, in step.
async fn play(spawn: impl Fn(Task)) {
    const ACTORS: usize = 10;
    const SCENES: usize = 20;
    let stage = Arc::new(Stage {
        round: Barrier::new(ACTORS).expect("not zero"),
        script: OnceCell::new(),
        lines: RwLock::new(0),
        spoken: Lock::new(0),
        changed: Condition::new(),
        called: Notify::new(),
        ready: Latch::new(ACTORS),
        company: Arc::default(),
        doors: BoundedSemaphore::new(2),
        curtain: ClosableSemaphore::new(0),
    });
    for _ in 0..ACTORS {
        let (stage, member) = (stage.clone(), stage.company.add_owned());
        spawn(Box::pin(async move {
            let _member = member;
            stage.ready.count_down();
            let word = *stage
                .script
                .get_or_init(async || {
                    yield_once().await;
                    3
                })
                .await;
            for _ in 0..SCENES {
                drop(stage.doors.acquire().await);
                let turn = stage.round.wait().await.expect("nobody breaks it");
                if turn.is_leader {
                    let seen = stage.lines.upgradable_read().await;
                    *motet_sync::UpgradableReadGuard::upgrade(seen).await += word;
                }
                let before = *stage.lines.read().await;
                yield_once().await;
                *stage.lines.write().await += 1;
                assert!(before < *stage.lines.read().await);
                *stage.spoken.lock().await += 1;
                stage.changed.notify(1);
            }
            assert!(stage.curtain.acquire().await.is_err());
            stage.called.notify_one();
        }));
    }
    stage.ready.wait().await;
    let spoken = stage.changed.wait_while(stage.spoken.lock().await, |spoken| *spoken < ACTORS * SCENES).await;
    drop(spoken);
    stage.curtain.close();
    stage.called.notified().await;
    stage.company.wait().await;
    assert_eq!(*stage.lines.read().await, SCENES as u64 * (ACTORS as u64 + 3));
}

async fn yield_once() {
    let mut yielded = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return std::task::Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
}

#[test]
fn they_work_under_tokio() {
    let workers = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().expect("threads start");
    workers.block_on(choir(|task| drop(workers.spawn(task))));
    workers.block_on(play(|task| drop(workers.spawn(task))));
    let current = tokio::runtime::Builder::new_current_thread().build().expect("no thread starts");
    current.block_on(choir(|task| drop(current.spawn(task))));
    current.block_on(play(|task| drop(current.spawn(task))));
}

#[test]
fn they_work_under_smol() {
    smol::block_on(choir(|task| smol::spawn(task).detach()));
    smol::block_on(play(|task| smol::spawn(task).detach()));
}

#[test]
fn they_work_under_futures() {
    use futures::stream::{FuturesUnordered, StreamExt};
    use std::sync::mpsc;

    let (spawned, tasks) = mpsc::channel();
    futures::executor::block_on(async {
        let spawn = |task| spawned.send(task).expect("received below");
        let mut both = std::pin::pin!(async {
            choir(spawn).await;
            play(spawn).await;
        });
        let mut running = FuturesUnordered::new();
        std::future::poll_fn(|cx| {
            let finished = both.as_mut().poll(cx);
            running.extend(tasks.try_iter());
            while let std::task::Poll::Ready(Some(())) = running.poll_next_unpin(cx) {}
            finished
        })
        .await;
    });
}
