//! The client's own thread, for the connections that no executor carries.

use super::lock;
use crate::contain::contain;
use futures_util::stream::{FuturesUnordered, StreamExt};
use futures_util::task::FutureObj;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, OnceLock};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, JoinHandle, Thread};

/// The client's own thread, once somebody needed it.
#[derive(Default)]
pub(super) struct Own(OnceLock<OwnThread>);

impl Own {
    /// The way to the thread, which is started if it does not run yet.
    pub(super) fn queue(&self) -> io::Result<Queue> {
        if let Some(own) = self.0.get() {
            return Ok(own.queue.clone());
        }
        let (started, _) = OwnThread::start()?;
        // Two that start at once: one thread stays, the other's handle is dropped and it ends.
        Ok(self.0.get_or_init(|| started).queue.clone())
    }
}

/// The thread itself; dropping this lets it end as soon as its connections have.
struct OwnThread {
    queue: Queue,
}

#[derive(Clone)]
pub(super) struct Queue(Arc<Mutex<Tasks>>);

#[derive(Default)]
struct Tasks {
    new: Vec<FutureObj<'static, ()>>,
    closing: bool,
    thread: Option<Thread>,
}

impl OwnThread {
    fn start() -> io::Result<(Self, JoinHandle<()>)> {
        let queue = Queue(Arc::default());
        let tasks = queue.clone();
        let thread = thread::Builder::new().name("motet-http".into()).spawn(move || tasks.run())?;
        Ok((Self { queue }, thread))
    }
}

impl Drop for OwnThread {
    fn drop(&mut self) {
        let thread = {
            let mut tasks = lock(&self.queue.0);
            tasks.closing = true;
            tasks.thread.clone()
        };
        thread.iter().for_each(Thread::unpark);
    }
}

impl Queue {
    pub(super) fn push(&self, task: FutureObj<'static, ()>) {
        let thread = {
            let mut tasks = lock(&self.0);
            tasks.new.push(task);
            tasks.thread.clone()
        };
        thread.iter().for_each(Thread::unpark);
    }

    /// The thread's life: take what is new, poll what was woken, park.
    fn run(self) {
        // From here on it is unparked; what came before is found at the first look.
        lock(&self.0).thread = Some(thread::current());
        let waker = Waker::from(Arc::new(Unpark(thread::current())));
        let mut cx = Context::from_waker(&waker);
        let mut running = FuturesUnordered::new();
        loop {
            let (new, closing) = {
                let mut tasks = lock(&self.0);
                (std::mem::take(&mut tasks.new), tasks.closing)
            };
            running.extend(new.into_iter().map(|task| Contained(Some(task))));
            match pin!(running.next()).poll(&mut cx) {
                Poll::Ready(Some(_)) => {}
                Poll::Ready(None) if closing => return,
                Poll::Ready(None) | Poll::Pending => thread::park(),
            }
        }
    }
}

/// A task that ends its connection if it panics, as it is polled or dropped, and not the thread.
struct Contained(Option<FutureObj<'static, ()>>);

impl Future for Contained {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(task) = &mut self.0 else { return Poll::Ready(()) };
        let polled = contain(|| Pin::new(task).poll(cx)).unwrap_or(Poll::Ready(()));
        if polled.is_ready() {
            contain(|| self.0 = None);
        }
        polled
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn the_thread_runs_tasks_survives_their_panics_and_ends_when_it_is_dropped() {
        let (own, thread) = OwnThread::start().unwrap();
        let push = |task| own.queue.push(task);
        let (tell, told) = mpsc::channel();
        let (first, second) = (tell.clone(), tell);
        push(Box::pin(async move { first.send(1).unwrap() }).into());
        assert_eq!(told.recv(), Ok(1));
        push(Box::pin(async { std::panic::resume_unwind(Box::new("a task's own fault")) }).into());
        push(Box::pin(async { std::panic::resume_unwind(Box::new(Bomb)) }).into());
        push(Box::pin(Bomb).into());
        push(Box::pin(async move { second.send(2).unwrap() }).into());
        assert_eq!(told.recv(), Ok(2));
        drop(own);
        thread.join().expect("it ends by itself");
    }

    /// Panics when it is dropped.
    struct Bomb;

    impl Future for Bomb {
        type Output = ();

        fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
            Poll::Ready(())
        }
    }

    impl Drop for Bomb {
        fn drop(&mut self) {
            std::panic::resume_unwind(Box::new("a drop's own fault"));
        }
    }

    #[test]
    fn the_thread_stays_until_its_tasks_have_ended() {
        let (own, thread) = OwnThread::start().unwrap();
        let (end, ends) = gate();
        let (tell, told) = mpsc::channel();
        let task = async move {
            ends.await;
            tell.send(()).unwrap();
        };
        own.queue.push(Box::pin(task).into());
        drop(own);
        assert!(told.try_recv().is_err());
        end.set();
        told.recv().expect("the task ran to its end");
        thread.join().unwrap();
    }

    /// Something to wait for from another thread.
    fn gate() -> (Arc<motet_sync::Event>, impl Future<Output = ()> + Send) {
        let event = Arc::new(motet_sync::Event::new());
        let wait = event.clone();
        (event, async move { wait.wait().await })
    }
}
