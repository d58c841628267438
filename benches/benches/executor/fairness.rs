//! Who gets a turn while another holds the CPU: waits, where the other cells count work.

use crate::pool::YieldNow;
use futures::channel::oneshot;
use futures::task::AtomicWaker;
use motet_benches::pools::{Motet, Pool, Smol, Tokio};
use motet_benches::{Family, Score, Verdict};
use motet_prim::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::future::poll_fn;
use std::sync::{Arc, Mutex, mpsc};
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};

const ROUNDS: usize = 5;
/// One poll of the task that hogs a worker.
const HOG: Duration = Duration::from_millis(50);
/// So many wakes from elsewhere a round, and so long between two.
const WAKES: usize = 1_000;
const PAUSE: Duration = Duration::from_micros(500);
/// So many wakes by the hog itself a round.
const OWN_WAKES: usize = 10;
/// So many tasks are always ready, and so many are injected into them a round.
const READY: usize = 100_000;
const INJECTED: usize = 5;

/// Every cell of waits.
pub(crate) fn cells(family: &mut Family) {
    contest(family, "fair/wake_beside_hog_p99", wakes_from_elsewhere, wakes_from_elsewhere, wakes_from_elsewhere);
    contest(family, "fair/wake_by_hog_p99", wakes_by_the_hog, wakes_by_the_hog, wakes_by_the_hog);
    contest(family, "fair/injected_among_100k_max", injected, injected, injected);
}

/// Runs one cell, whose round is the same function over each pool and gives a time.
fn contest(
    family: &mut Family,
    cell: &str,
    motet: fn(&Motet) -> Duration,
    tokio: fn(&Tokio) -> Duration,
    smol: fn(&Smol) -> Duration,
) {
    if !family.asks_for(cell) {
        return;
    }
    let pools = (Motet::new(), Tokio::new(), Smol::new());
    let mut figures = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        let waits = [motet(&pools.0), tokio(&pools.1), smol(&pools.2)];
        figures.iter_mut().zip(waits).for_each(|(figures, wait)| figures.push(wait.as_secs_f64() * 1e6));
    }
    let names = ["motet", "tokio", "async-executor"];
    let scores = names.iter().zip(figures).map(|(name, figures)| Score::of(name, figures)).collect();
    family.record(Verdict { cell: cell.to_owned(), unit: "us", scores });
}

/// Wakes one task, which says how long each wake took.
struct Bell {
    rung: Mutex<Option<Instant>>,
    waker: AtomicWaker,
}

impl Bell {
    fn new() -> Arc<Self> {
        Arc::new(Self { rung: Mutex::new(None), waker: AtomicWaker::new() })
    }

    fn ring(&self) {
        *self.rung.lock().expect("nobody panics here") = Some(Instant::now());
        self.waker.wake();
    }

    /// Whether the last ring is unanswered.
    fn is_ringing(&self) -> bool {
        self.rung.lock().expect("nobody panics here").is_some()
    }

    /// Answers so many rings.
    async fn answer(&self, rings: usize, waits: &mpsc::Sender<Duration>) {
        for _ in 0..rings {
            let rung = poll_fn(|cx| {
                self.waker.register(cx.waker());
                let rung = self.rung.lock().expect("nobody panics here").take();
                rung.map_or(Poll::Pending, Poll::Ready)
            });
            let wait = rung.await.elapsed();
            waits.send(wait).expect("the round counts");
        }
    }
}

/// Computes, as one that never heard of `await`.
fn hog(time: Duration) {
    let start = Instant::now();
    while start.elapsed() < time {
        std::hint::spin_loop();
    }
}

fn percentile_99(mut waits: Vec<Duration>) -> Duration {
    waits.sort_unstable();
    waits[waits.len() * 99 / 100]
}

/// A task is woken by another thread, while one worker sits in long polls.
fn wakes_from_elsewhere<P: Pool>(pool: &P) -> Duration {
    let (stop, stopped) = (Arc::new(AtomicBool::new(false)), oneshot::channel());
    let (bell, (sender, waits)) = (Bell::new(), mpsc::channel());
    let ringer = thread::spawn({
        let bell = Arc::clone(&bell);
        move || {
            let waits = (0..WAKES).map(|_| {
                thread::sleep(PAUSE);
                bell.ring();
                waits.recv().expect("each ring is answered")
            });
            waits.collect()
        }
    });
    pool.spawn_detached({
        let stop = Arc::clone(&stop);
        async move {
            while !stop.load(Ordering::Relaxed) {
                hog(HOG);
                YieldNow::default().await;
            }
            stopped.0.send(()).expect("the round waits");
        }
    });
    pool.block_on_task(async move {
        bell.answer(WAKES, &sender).await;
        stop.store(true, Ordering::Relaxed);
        stopped.1.await.expect("the hog ends");
    });
    percentile_99(ringer.join().expect("it does not panic"))
}

/// A task is woken by the very one that then sits in a long poll.
fn wakes_by_the_hog<P: Pool>(pool: &P) -> Duration {
    let (bell, (sender, waits)) = (Bell::new(), mpsc::channel());
    let (ended, is_ended) = oneshot::channel();
    pool.spawn_detached({
        let bell = Arc::clone(&bell);
        async move {
            bell.answer(OWN_WAKES, &sender).await;
            ended.send(()).expect("the round waits");
        }
    });
    let waits = pool.block_on_task(async move {
        let mut all = Vec::with_capacity(OWN_WAKES);
        for _ in 0..OWN_WAKES {
            bell.ring();
            hog(HOG);
            // The next ring must not fall into one that is unanswered: some pools let the other task wait for longer than a poll.
            while bell.is_ringing() {
                YieldNow::default().await;
            }
            while let Ok(wait) = waits.try_recv() {
                all.push(wait);
            }
        }
        is_ended.await.expect("every ring is answered");
        all.extend(waits.try_iter());
        all
    });
    percentile_99(waits)
}

/// The longest wait of tasks that come from elsewhere, while a hundred thousand are always ready.
fn injected<P: Pool>(pool: &P) -> Duration {
    let (stop, left) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(READY)));
    let (begin, may_begin) = mpsc::channel::<()>();
    let injector = thread::spawn({
        let (pool, stop) = (pool.clone(), Arc::clone(&stop));
        move || {
            may_begin.recv().expect("the round begins");
            let waits = (0..INJECTED).map(|_| {
                let (answer, answered) = mpsc::channel();
                let injected_at = Instant::now();
                pool.spawn_detached(async move { answer.send(injected_at.elapsed()).expect("the injector waits") });
                answered.recv().expect("every task runs")
            });
            let longest = waits.max().expect("there were some");
            stop.store(true, Ordering::Relaxed);
            longest
        }
    });
    let inside = pool.clone();
    pool.block_on_task(async move {
        for _ in 0..READY {
            let (stop, left) = (Arc::clone(&stop), Arc::clone(&left));
            inside.spawn_detached(async move {
                while !stop.load(Ordering::Relaxed) {
                    YieldNow::default().await;
                }
                left.fetch_sub(1, Ordering::Relaxed);
            });
        }
        begin.send(()).expect("the injector waits");
        while left.load(Ordering::Relaxed) > 0 {
            YieldNow::default().await;
        }
    });
    injector.join().expect("it does not panic")
}
