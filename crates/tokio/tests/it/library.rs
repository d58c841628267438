//! A library that knows no runtime: it takes `impl Spawn` and `impl Timer`. The tests of `motet-tokio` and of `motet-smol`
//! run this very file.

use futures::channel::{mpsc, oneshot};
use futures::future::{Either, FutureExt, join_all, select};
use futures::stream::StreamExt;
use futures::task::{LocalSpawn, LocalSpawnExt, Spawn, SpawnExt};
use motet_timer::Timer;
use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use std::time::Duration;

const MS: Duration = Duration::from_millis(1);

/// The time was up.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Elapsed;

/// A limit on any future.
pub(crate) async fn within<F: Future>(timer: &impl Timer, limit: Duration, future: F) -> Result<F::Output, Elapsed> {
    match select(pin!(future), pin!(timer.sleep(limit))).await {
        Either::Left((output, _)) => Ok(output),
        Either::Right(((), _)) => Err(Elapsed),
    }
}

/// Tries again after ever longer pauses.
pub(crate) async fn retry<T, E>(
    timer: &impl Timer,
    mut attempts: u32,
    mut try_once: impl AsyncFnMut() -> Result<T, E>,
) -> Result<T, E> {
    let mut pause = MS;
    loop {
        attempts -= 1;
        match try_once().await {
            Err(_) if attempts > 0 => timer.sleep(pause).await,
            done => return done,
        }
        pause *= 2;
    }
}

/// Squares numbers in tasks of their own, each of which takes some time.
pub(crate) async fn squares(spawner: &impl Spawn, timer: &impl Timer, numbers: std::ops::Range<u64>) -> Vec<u64> {
    let tasks = numbers.map(|number| {
        let timer = timer.clone();
        let task = async move {
            timer.sleep(MS * (number % 3) as u32).await;
            number * number
        };
        spawner.spawn_with_handle(task).expect("the executor is up")
    });
    join_all(tasks).await
}

/// Sends a beat every period until nobody listens.
pub(crate) fn heartbeat(
    spawner: &impl Spawn,
    timer: &impl Timer,
    period: Duration,
) -> mpsc::UnboundedReceiver<Duration> {
    let (sender, receiver) = mpsc::unbounded();
    let timer = timer.clone();
    let beats = async move {
        let start = timer.now();
        let mut next = start;
        loop {
            next += period;
            timer.sleep_until(next).await;
            if sender.unbounded_send(timer.now() - start).is_err() {
                return;
            }
        }
    };
    spawner.spawn(beats).expect("the executor is up");
    receiver
}

/// All of it, on one executor and its timer.
pub(crate) async fn exercise(spawner: impl Spawn, timer: impl Timer) {
    let start = timer.now();
    assert_eq!(squares(&spawner, &timer, 0..20).await.iter().sum::<u64>(), 2470);
    assert!(timer.now() - start >= 2 * MS);

    assert_eq!(within(&timer, 2 * MS, std::future::pending::<()>()).await, Err(Elapsed));
    assert_eq!(within(&timer, Duration::MAX, async { 7 }).await, Ok(7));

    let mut limit = pin!(timer.sleep(MS));
    for _ in 0..3 {
        let either = select(std::future::pending::<()>(), limit.as_mut()).await;
        assert!(matches!(either, Either::Right(..)), "a limit that is over stays over");
    }

    let (start, mut tries) = (timer.now(), 0);
    let try_once = async || {
        tries += 1;
        if tries == 4 { Ok(()) } else { Err(tries) }
    };
    let outcome = retry(&timer, 5, try_once).await;
    assert_eq!(outcome, Ok(()));
    assert!(timer.now() - start >= 7 * MS);

    let beats: Vec<_> = heartbeat(&spawner, &timer, MS).take(3).collect().await;
    assert!(beats.iter().zip(1u32..).all(|(&beat, n)| beat >= MS * n), "{beats:?}");

    let (sender, receiver) = oneshot::channel::<()>();
    let never = timer.sleep(Duration::MAX).map(|()| drop(sender));
    spawner.spawn(never).expect("the executor is up");
    assert!(within(&timer, 2 * MS, receiver).await.is_err(), "`Duration::MAX` is never");
}

/// Futures that stay on their thread.
pub(crate) async fn exercise_local(spawner: impl LocalSpawn, timer: impl Timer) {
    let sum = Rc::new(Cell::new(0));
    let tasks = (1..=10).map(|number| {
        let (sum, timer) = (sum.clone(), timer.clone());
        let task = async move {
            timer.sleep(MS).await;
            sum.set(sum.get() + number);
        };
        spawner.spawn_local_with_handle(task).expect("the executor is up")
    });
    join_all(tasks).await;
    assert_eq!(sum.get(), 55);
}
