//! Who polls the connections that several requests share.
//!
//! An HTTP/1.1 connection is polled by the one request that uses it, and needs nobody else. An HTTP/2 connection is shared
//! and needs tasks of its own. A task of it is in one of these places:
//!
//! ```text
//!   the given spawner, else the ambient one, if it says that it takes tasks ─┐
//!                                                                            │ refuses it, or drops it unfinished
//!                                                                            ▼
//!   nobody to be found ─────────────────────────────────────▶ the client's own thread
//! ```
//!
//! The race to fear is an executor that ends: it may shut down between its word that it takes tasks and the task, or with
//! the connection in use by a cleanup that outlives it. So each task is [`carried`]: one that is dropped before its end
//! while somebody holds its connection goes on, where it was, on the own thread. That starts when it is first needed, and
//! ends with the client.

mod carried;
mod own;

use crate::error::Error;
use carried::Carried;
pub(crate) use carried::Refuge;
use futures_util::task::{FutureObj, Spawn};
use own::{Own, Queue};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

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
    own: Arc<Own>,
}

impl Spawner {
    pub(crate) fn new(given: Option<Arc<dyn Spawn + Send + Sync>>) -> Self {
        Self { given, own: Arc::default() }
    }

    /// The spawner for one connection and all its parts; and their refuge, which whoever uses the connection holds.
    pub(crate) fn for_connection(&self) -> Result<(TaskSpawner, Arc<Refuge>), Error> {
        let refuge = Arc::new(Refuge::new(self.own.clone()));
        let carrier = self.carrier()?;
        Ok((TaskSpawner { carrier, refuge: Arc::downgrade(&refuge) }, refuge))
    }

    fn carrier(&self) -> Result<Carrier, Error> {
        if let Some(given) = self.given.as_ref().filter(|given| given.status().is_ok()) {
            return Ok(Carrier::Given(given.clone()));
        }
        let find = *lock(&AMBIENT);
        if let Some(find) = find.filter(|find| find().is_some_and(|found| found.status().is_ok())) {
            return Ok(Carrier::Ambient(find));
        }
        self.own.queue().map(Carrier::Own).map_err(Error::connect)
    }
}

/// A spawner, cloned into each part of a connection.
#[derive(Clone)]
pub(crate) struct TaskSpawner {
    carrier: Carrier,
    refuge: Weak<Refuge>,
}

#[derive(Clone)]
enum Carrier {
    Given(Arc<dyn Spawn + Send + Sync>),
    /// Looked up each time: a connection's parts are spawned by the connection, on the same executor.
    Ambient(Ambient),
    Own(Queue),
}

impl TaskSpawner {
    /// Spawns a task. One that is refused is dropped by the executor that refuses it, and so finds its refuge.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let task = FutureObj::new(Box::new(task));
        let carried = |task| FutureObj::new(Box::new(Carried::new(task, self.refuge.clone())));
        let _ = match &self.carrier {
            Carrier::Given(given) => given.spawn_obj(carried(task)),
            Carrier::Ambient(find) => match find() {
                Some(found) => found.spawn_obj(carried(task)),
                None => return drop(carried(task)),
            },
            Carrier::Own(queue) => return queue.push(task),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::task::SpawnError;
    use std::sync::mpsc;

    /// An executor that has shut down; some say so, and of the others one learns it by trying.
    struct Ended {
        says_so: bool,
    }

    impl Spawn for Ended {
        fn spawn_obj(&self, _: FutureObj<'static, ()>) -> Result<(), SpawnError> {
            Err(SpawnError::shutdown())
        }

        fn status(&self) -> Result<(), SpawnError> {
            if self.says_so { Err(SpawnError::shutdown()) } else { Ok(()) }
        }
    }

    #[test]
    fn what_cleans_up_while_its_executor_ends_gets_the_clients_own_thread() {
        set_ambient_spawner(|| Some(Box::new(Ended { says_so: true })));
        let given = [None, Some(Ended { says_so: true }), Some(Ended { says_so: false })];
        for given in given {
            let spawner = Spawner::new(given.map(|ended| Arc::new(ended) as Arc<dyn Spawn + Send + Sync>));
            let (tell, told) = mpsc::channel();
            let (tasks, _refuge) = spawner.for_connection().unwrap();
            tasks.spawn(async move { tell.send(()).unwrap() });
            told.recv().expect("the task runs");
        }
    }

    #[test]
    fn the_task_of_a_connection_that_nobody_uses_ends_with_its_executor() {
        let spawner = Spawner::new(Some(Arc::new(Ended { says_so: false })));
        let (tell, told) = mpsc::channel::<()>();
        let (tasks, refuge) = spawner.for_connection().unwrap();
        drop(refuge);
        tasks.spawn(async move {
            std::future::pending::<()>().await;
            drop(tell);
        });
        assert!(told.recv().is_err());
    }
}
