//! A thousand waiters, woken together.

use futures::pin_mut;
use motet_benches::pools::{Motet, Pool, Tokio};
use motet_benches::{Cell, Family};
use motet_prim::atomic::{AtomicUsize, Ordering};
use std::future::Future;
use std::sync::Arc;

const WAITERS: u32 = 1_000;
const ROUNDS: u32 = 20;

/// A signal that reaches all who wait.
trait Signal: Send + Sync + 'static {
    fn new() -> Self;

    /// Waits for this round's call of [`wake`](Self::wake).
    fn wait(&self, round: u32) -> impl Future<Output = ()> + Send;

    /// When all wait for it.
    fn wake(&self, round: u32);
}

macro_rules! signals {
    ($($name:ident($signal:ty) = |$of:ident| $wait:expr, $wake:expr;)+) => {$(
        struct $name($signal);

        impl Signal for $name {
            fn new() -> Self {
                Self(<$signal>::new())
            }

            fn wait(&self, _round: u32) -> impl Future<Output = ()> + Send {
                let $of = &self.0;
                $wait
            }

            fn wake(&self, _round: u32) {
                let $of = &self.0;
                $wake;
            }
        }
    )+};
}

/// Flags, two of them in turn: one is cleared while all wait for the other.
macro_rules! flags {
    ($($name:ident($flag:ty), $clear:ident;)+) => {$(
        struct $name([$flag; 2]);

        impl Signal for $name {
            fn new() -> Self {
                Self([<$flag>::new(), <$flag>::new()])
            }

            fn wait(&self, round: u32) -> impl Future<Output = ()> + Send {
                self.0[(round % 2) as usize].wait()
            }

            fn wake(&self, round: u32) {
                self.0[((round + 1) % 2) as usize].$clear();
                self.0[(round % 2) as usize].set();
            }
        }
    )+};
}

signals! {
    MotetNotify(motet_sync::Notify) = |notify| notify.notified(), notify.notify_all();
    TokioNotify(tokio::sync::Notify) = |notify| notify.notified(), notify.notify_waiters();
    Listener(event_listener::Event) = |event| event.listen(), event.notify(usize::MAX);
}

flags! {
    MotetEvent(motet_sync::Event), clear;
    AsyncbandEvent(asyncband::event::ManualResetEvent), reset;
}

/// Each waits, and tells so; the last to do so wakes all.
fn wake_all<P: Pool, S: Signal>(pool: &P) {
    let inside = pool.clone();
    pool.block_on_task(async move {
        let shared = Arc::new((S::new(), AtomicUsize::new(0)));
        let tasks: Vec<_> = (0..WAITERS)
            .map(|_| {
                let shared = shared.clone();
                inside.spawn(async move {
                    let (signal, waiting) = &*shared;
                    for round in 1..=ROUNDS {
                        let wait = signal.wait(round);
                        pin_mut!(wait);
                        assert!(futures::poll!(wait.as_mut()).is_pending());
                        // AcqRel: a release sequence, so that the last one wakes after all others waited.
                        if waiting.fetch_add(1, Ordering::AcqRel) + 1 == (WAITERS * round) as usize {
                            signal.wake(round);
                        }
                        wait.await;
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await;
        }
    });
}

pub(crate) fn cells(family: &mut Family) {
    let (motet, tokio) = (Motet::new(), Tokio::new());
    on(family, &motet, "");
    on(family, &tokio, "/tokio");
}

fn on<P: Pool>(family: &mut Family, pool: &P, suffix: &str) {
    family.run(
        Cell::new(&format!("sync/broadcast_wake_1000{suffix}"), WAITERS * ROUNDS)
            .rival("motet", || wake_all::<_, MotetNotify>(pool))
            .rival("tokio", || wake_all::<_, TokioNotify>(pool))
            .rival("event-listener", || wake_all::<_, Listener>(pool)),
    );
    family.run(
        Cell::new(&format!("sync/event_wake_1000{suffix}"), WAITERS * ROUNDS)
            .rival("motet", || wake_all::<_, MotetEvent>(pool))
            .rival("asyncband", || wake_all::<_, AsyncbandEvent>(pool))
            .rival("event-listener", || wake_all::<_, Listener>(pool)),
    );
}
