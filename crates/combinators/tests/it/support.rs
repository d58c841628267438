//! Futures that a test finishes by hand.

use futures::channel::oneshot;
use motet_cancel::TaskError;
use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

/// A future and the switch that makes it ready.
pub(crate) fn gate<T>() -> (oneshot::Sender<T>, impl Future<Output = T> + Unpin) {
    use futures::FutureExt;
    let (open, opened) = oneshot::channel();
    (open, opened.map(|value| value.expect("the test opens its gates")))
}

/// A future that yields once to whoever polls it.
#[derive(Default)]
pub(crate) struct Yield(bool);

impl Future for Yield {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Counts the polls of the futures it wraps.
#[derive(Clone, Default)]
pub(crate) struct Polls(Rc<Cell<usize>>);

impl Polls {
    pub(crate) fn count(&self) -> usize {
        self.0.get()
    }

    pub(crate) fn take(&self) -> usize {
        self.0.take()
    }

    pub(crate) fn of<F: Future + Unpin>(&self, mut future: F) -> impl Future<Output = F::Output> + Unpin {
        let polls = self.0.clone();
        std::future::poll_fn(move |cx| {
            polls.set(polls.get() + 1);
            Pin::new(&mut future).poll(cx)
        })
    }
}

/// Counts drops.
#[derive(Clone, Default)]
pub(crate) struct Drops(Rc<Cell<usize>>);

impl Drops {
    pub(crate) fn count(&self) -> usize {
        self.0.get()
    }
}

impl Drops {
    pub(crate) fn guard(&self) -> DropGuard {
        DropGuard(self.0.clone())
    }
}

pub(crate) struct DropGuard(Rc<Cell<usize>>);

impl Drop for DropGuard {
    fn drop(&mut self) {
        self.0.set(self.0.get() + 1);
    }
}

/// What happened, in order; guards whose exits write into it.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn write(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn has(&self, line: &str) -> bool {
        self.lines().iter().any(|known| known == line)
    }

    /// A guard whose exit suspends once between its two lines.
    pub(crate) fn guard(&self, name: &'static str) -> impl Sized + Send + use<> {
        motet_cancel::guard(self.clone(), async move |log: Self, _outcome| {
            log.write(format!("{name} begins"));
            Yield::default().await;
            log.write(format!("{name} ends"));
        })
    }

    /// A future that holds such a guard for ever.
    pub(crate) fn hang<T>(&self, name: &'static str) -> impl Future<Output = T> + Send + use<T>
    where
        T: Send,
    {
        let guard = self.guard(name);
        async move {
            let _guard = guard;
            std::future::pending().await
        }
    }
}

/// A future that may not be moved.
#[derive(Default)]
pub(crate) struct Pinned(std::marker::PhantomPinned);

impl Future for Pinned {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<()> {
        Poll::Ready(())
    }
}

/// A future that is never ready and always wakes itself.
pub(crate) fn never_rests() -> impl Future<Output = ()> {
    std::future::poll_fn(|cx| {
        cx.waker().wake_by_ref();
        Poll::Pending
    })
}

/// A waker that panics when it wakes.
pub(crate) fn grumpy() -> std::task::Waker {
    struct Grumpy;
    impl std::task::Wake for Grumpy {
        fn wake(self: Arc<Self>) {
            panic!("do not wake me");
        }
    }
    Arc::new(Grumpy).into()
}

/// Errors that the hook for what nobody awaits was told of. There is one hook; each listener hears of its own errors only.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unheard(usize);

/// An error of a test that listens.
#[derive(Debug)]
pub(crate) struct Marked {
    listener: usize,
    text: &'static str,
}

static HEARD: Mutex<Vec<(usize, &'static str)>> = Mutex::new(Vec::new());
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static LISTENERS: Mutex<usize> = Mutex::new(0);

impl Unheard {
    pub(crate) fn listen() -> Self {
        motet_cancel::set_on_unheard(|unheard| {
            if let Some(marked) = unheard.downcast_ref::<Marked>() {
                HEARD.lock().unwrap().push((marked.listener, marked.text));
            }
            if let Some(TaskError::Panicked(panic)) = unheard.downcast_ref() {
                PANICS.lock().unwrap().extend(panic.message().map(str::to_owned));
            }
        });
        let mut listeners = LISTENERS.lock().unwrap();
        *listeners += 1;
        Self(*listeners)
    }

    pub(crate) fn error(self, text: &'static str) -> Marked {
        Marked { listener: self.0, text }
    }

    /// What was reported so far, of this listener's errors.
    pub(crate) fn take(self) -> Vec<&'static str> {
        HEARD.lock().unwrap().iter().filter(|(listener, _)| *listener == self.0).map(|(_, text)| *text).collect()
    }
    /// What the panics said that were reported so far, whoever listens.
    pub(crate) fn panics() -> Vec<String> {
        PANICS.lock().unwrap().clone()
    }
}
