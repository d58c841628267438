//! Who polls the connections that several requests share.
//!
//! An HTTP/1.1 connection is polled by the one request that uses it, and needs nobody else. An HTTP/2 connection is shared
//! and needs a task of its own: on the spawner that the builder was given, else on the ambient one, else on a thread of the
//! client's own, which starts with the first such connection and ends with the client. A spawner that says that it has shut
//! down is passed over: what cleans up while an executor ends may still send a request.

use crate::error::{BoxError, Error, Kind};
use futures_util::future::FutureExt;
use futures_util::stream::{FuturesUnordered, StreamExt};
use futures_util::task::{FutureObj, Spawn, SpawnError};
use std::io;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, JoinHandle, Thread};

type Ambient = fn() -> Option<Box<dyn Spawn + Send>>;

static AMBIENT: Mutex<Option<Ambient>> = Mutex::new(None);

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Tells all clients how to find the executor that a request runs on.
///
/// The `motet` facade registers its own; call it when you bring another executor and do not want to name it with
/// [`ClientBuilder::spawner`](crate::ClientBuilder::spawner) each time. The function is called when a connection that needs a
/// task is made, on the thread that polls the request; it answers `None` where there is no executor. The last one set counts.
///
/// ```
/// motet_http::set_ambient_spawner(|| None);
/// ```
pub fn set_ambient_spawner(find: fn() -> Option<Box<dyn Spawn + Send>>) {
    *lock(&AMBIENT) = Some(find);
}

/// Where a client's connection tasks go.
pub(crate) struct Spawner {
    given: Option<Arc<dyn Spawn + Send + Sync>>,
    own: OnceLock<OwnThread>,
}

impl Spawner {
    pub(crate) fn new(given: Option<Arc<dyn Spawn + Send + Sync>>) -> Self {
        Self { given, own: OnceLock::new() }
    }

    /// The spawner for one connection and all its parts.
    pub(crate) fn for_connection(&self) -> Result<TaskSpawner, Error> {
        if let Some(given) = self.given.as_ref().filter(|given| given.status().is_ok()) {
            return Ok(TaskSpawner::Given(given.clone()));
        }
        let find = *lock(&AMBIENT);
        if let Some(find) = find.filter(|find| find().is_some_and(|found| found.status().is_ok())) {
            return Ok(TaskSpawner::Ambient(find));
        }
        if self.own.get().is_none() {
            let (started, _) = OwnThread::start().map_err(|e| Error::caused(Kind::Connect, e))?;
            // Two that start at once: one thread stays, the other's handle is dropped and it ends.
            let _ = self.own.set(started);
        }
        let own = self.own.get().expect("the thread was started above");
        Ok(TaskSpawner::Own(own.queue.clone()))
    }
}

/// A spawner, cloned into each part of a connection.
#[derive(Clone)]
pub(crate) enum TaskSpawner {
    Given(Arc<dyn Spawn + Send + Sync>),
    /// Looked up each time: a connection's parts are spawned by the connection, on the same executor.
    Ambient(Ambient),
    Own(Queue),
}

impl TaskSpawner {
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) -> Result<(), BoxError> {
        let task = FutureObj::new(Box::new(task));
        match self {
            Self::Given(given) => given.spawn_obj(task)?,
            Self::Ambient(find) => find().ok_or("the executor is gone")?.spawn_obj(task)?,
            Self::Own(queue) => queue.spawn_obj(task)?,
        }
        Ok(())
    }
}

/// The client's own thread; dropping this lets it end as soon as its connections have.
struct OwnThread {
    queue: Queue,
}

#[derive(Clone)]
pub(crate) struct Queue(Arc<Mutex<Tasks>>);

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

impl Spawn for Queue {
    fn spawn_obj(&self, task: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        let thread = {
            let mut tasks = lock(&self.0);
            tasks.new.push(task);
            tasks.thread.clone()
        };
        thread.iter().for_each(Thread::unpark);
        Ok(())
    }
}

impl Queue {
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
            // A task that panics ends its connection, not the thread.
            running.extend(new.into_iter().map(|task| AssertUnwindSafe(task).catch_unwind()));
            match pin!(running.next()).poll(&mut cx) {
                Poll::Ready(Some(_)) => {}
                Poll::Ready(None) if closing => return,
                Poll::Ready(None) | Poll::Pending => thread::park(),
            }
        }
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
    use std::future::pending;
    use std::sync::mpsc;

    #[test]
    fn the_thread_runs_tasks_survives_their_panics_and_ends_when_it_is_dropped() {
        let (own, thread) = OwnThread::start().unwrap();
        let spawner = TaskSpawner::Own(own.queue.clone());
        let (tell, told) = mpsc::channel();
        let (first, second) = (tell.clone(), tell);
        spawner.spawn(async move { first.send(1).unwrap() }).unwrap();
        assert_eq!(told.recv(), Ok(1));
        spawner.spawn(async { std::panic::resume_unwind(Box::new("a task's own fault")) }).unwrap();
        spawner.spawn(async move { second.send(2).unwrap() }).unwrap();
        assert_eq!(told.recv(), Ok(2));
        drop(own);
        thread.join().expect("it ends by itself");
    }

    #[test]
    fn the_thread_stays_until_its_tasks_have_ended() {
        let (own, thread) = OwnThread::start().unwrap();
        let (end, ends) = gate();
        let (tell, told) = mpsc::channel();
        TaskSpawner::Own(own.queue.clone())
            .spawn(async move {
                ends.await;
                tell.send(()).unwrap();
            })
            .unwrap();
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

    #[test]
    fn a_spawner_that_was_given_comes_before_all_others() {
        struct Deaf;
        impl Spawn for Deaf {
            fn spawn_obj(&self, _: FutureObj<'static, ()>) -> Result<(), SpawnError> {
                Err(SpawnError::shutdown())
            }
        }
        let spawner = Spawner::new(Some(Arc::new(Deaf)));
        assert!(spawner.for_connection().unwrap().spawn(pending()).is_err());
        assert!(spawner.own.get().is_none());
    }

    /// An executor that has shut down, and says so.
    struct Ended;

    impl Spawn for Ended {
        fn spawn_obj(&self, _: FutureObj<'static, ()>) -> Result<(), SpawnError> {
            Err(SpawnError::shutdown())
        }

        fn status(&self) -> Result<(), SpawnError> {
            Err(SpawnError::shutdown())
        }
    }

    #[test]
    fn what_cleans_up_while_its_executor_ends_gets_the_clients_own_thread() {
        set_ambient_spawner(|| Some(Box::new(Ended)));
        for spawner in [Spawner::new(None), Spawner::new(Some(Arc::new(Ended)))] {
            let (tell, told) = mpsc::channel();
            let tasks = spawner.for_connection().unwrap();
            tasks.spawn(async move { tell.send(()).unwrap() }).expect("there is a thread for it");
            told.recv().expect("the task runs");
        }
    }
}
