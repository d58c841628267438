//! What the tests share: a log, gates that a test opens by hand, guards that write down what happens to them.

use motet_cancel::frame::Nest;
use motet_cancel::{Abandoned, AsyncContext, Guard, Outcome, checkpoint, guard, scope, set_on_abandon};
use motet_test::{End, Stepped, drop_at_every_await};
use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
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

    /// The same, without the outcomes.
    pub(crate) fn names(&self) -> Vec<String> {
        self.take().iter().map(|line| line.split(':').next().unwrap_or_default().to_owned()).collect()
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

/// A context whose value is a guard of its own: a connection, and a transaction on it. Entered by its second poll.
pub(crate) struct Connection(pub(crate) Log);

impl AsyncContext for Connection {
    type Value = Noted;

    async fn enter(&mut self) -> Noted {
        checkpoint().await;
        self.0.guard("transaction")
    }

    async fn exit(self, outcome: Outcome) {
        note(self.0, "connection", outcome).await;
    }
}

/// Drops the future at each await inside a frame, drains the frame, and looks at what was said: nothing, if it was polled less often than
/// `begun`, else what is `expected`.
pub(crate) fn at_every_await<F: Future>(begun: usize, make: impl Fn(Log) -> F, expected: &[&str]) {
    let report = drop_at_every_await(|| {
        let log = Log::new();
        let (work, _handle) = scope(make(log.clone()));
        let nest = Rc::new(RefCell::new(Nest::new()));
        let (inside, mut work) = (Rc::clone(&nest), DropInside { work: Some(Box::pin(work)), nest: Rc::clone(&nest) });
        let future = poll_fn(move |cx| {
            let future = work.work.as_mut().expect("it is dropped with the whole").as_mut();
            inside.borrow_mut().enter(|| future.poll(cx)).map(drop)
        });
        (future, move |end: End<()>| {
            let drain = poll_fn(|cx| nest.borrow_mut().poll_drain(cx));
            assert!(Stepped::new(drain).poll_until_stalled().is_ready());
            let owes_nothing = matches!(end, End::Dropped { polls } if polls < begun);
            assert_eq!(log.names(), if owes_nothing { &[] } else { expected }, "{end:?}");
        })
    });
    assert!(report.completed && report.drops > 2, "{report:?}");
}

/// Is polled and dropped inside the nest.
struct DropInside<F> {
    work: Option<Pin<Box<F>>>,
    nest: Rc<RefCell<Nest>>,
}

impl<F> Drop for DropInside<F> {
    fn drop(&mut self) {
        let work = self.work.take();
        self.nest.borrow_mut().enter(|| drop(work));
    }
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

/// The registered reaper and the hook for abandoned exits are the process's: who changes or needs them holds this.
pub(crate) fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    lock(&ALONE)
}

/// What is abandoned on this thread from here on; other tests may abandon exits meanwhile. It holds [`alone`].
pub(crate) struct Abandonments {
    heard: mpsc::Receiver<Abandoned>,
    _alone: MutexGuard<'static, ()>,
}

impl Abandonments {
    pub(crate) fn heard() -> Self {
        let alone = alone();
        let (thread, (hear, heard)) = (std::thread::current().id(), mpsc::channel());
        set_on_abandon(move |why| {
            if std::thread::current().id() == thread {
                hear.send(why).unwrap_or_default();
            }
        });
        Self { heard, _alone: alone }
    }

    /// Since the last call.
    pub(crate) fn take(&self) -> Vec<Abandoned> {
        self.heard.try_iter().collect()
    }
}

/// The message of a panic that `run` must end with.
pub(crate) fn panic_of<T>(run: impl FnOnce() -> T) -> String {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(run));
    let payload = caught.err().expect("it must panic");
    motet_cancel::PanicPayload::new(payload).message().unwrap_or("no text").to_owned()
}
