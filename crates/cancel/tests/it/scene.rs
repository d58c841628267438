//! What the tests share: a log, gates that a test opens by hand, guards that write down what happens to them.

use motet_cancel::{Guard, Outcome, checkpoint, guard};
use std::future::{Future, poll_fn};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

/// What happened, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn say(&self, what: impl Into<String>) {
        lock(&self.0).push(what.into());
    }

    /// What was said since the last call.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.0))
    }

    /// A guard whose exit says "name: outcome", yields once, and says "name ended".
    pub(crate) fn guard(&self, name: &'static str) -> Noted {
        let log = self.clone();
        guard((), Box::new(move |(), outcome| Box::pin(note(log, name, outcome))))
    }

    /// A guard whose exit says "name: outcome", waits for the gate, and says "name ended".
    pub(crate) fn gated(&self, name: &'static str, gate: &Gate) -> Noted {
        let (log, gate) = (self.clone(), gate.clone());
        guard(
            (),
            Box::new(move |(), outcome| {
                Box::pin(async move {
                    log.say(format!("{name}: {outcome:?}"));
                    gate.passed().await;
                    log.say(format!("{name} ended"));
                })
            }),
        )
    }
}

type Exit = std::pin::Pin<Box<dyn Future<Output = ()> + Send>>;
pub(crate) type Noted = Guard<(), Box<dyn FnOnce((), Outcome) -> Exit + Send>>;

pub(crate) async fn note(log: Log, name: &'static str, outcome: Outcome) {
    log.say(format!("{name}: {outcome:?}"));
    checkpoint().await;
    log.say(format!("{name} ended"));
}

/// Closed until a test opens it.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<Mutex<(bool, Vec<Waker>)>>);

impl Gate {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn open(&self) {
        let wakers = {
            let mut gate = lock(&self.0);
            gate.0 = true;
            std::mem::take(&mut gate.1)
        };
        wakers.into_iter().for_each(Waker::wake);
    }

    pub(crate) async fn passed(&self) {
        poll_fn(|cx| {
            let mut gate = lock(&self.0);
            if gate.0 {
                return Poll::Ready(());
            }
            gate.1.push(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The registered reaper and the hook for abandoned exits are the process's: who looks at them, or hands over where nobody listens,
/// holds this.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    lock(&ALONE)
}

/// The message of a panic that `run` must end with.
pub(crate) fn panic_of<T>(run: impl FnOnce() -> T) -> String {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
    let payload = caught.err().expect("it must panic");
    motet_cancel::PanicPayload::new(payload).message().unwrap_or("no text").to_owned()
}
