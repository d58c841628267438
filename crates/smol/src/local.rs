//! `LocalSpawn` for smol's `LocalExecutor`.

use crate::LocalExecutor;
use futures_util::task::{FutureObj, LocalFutureObj, LocalSpawn, Spawn, SpawnError};
use std::future::Future;
use std::rc::Rc;

/// A [`LocalExecutor`] as `LocalSpawn`, for futures that stay on one thread. Clones share the executor. A task that holds a
/// clone keeps the executor, and itself, until it ends.
///
/// ```
/// use futures::task::LocalSpawnExt;
/// use motet_smol::SmolLocal;
/// use std::{cell::Cell, rc::Rc};
///
/// let local = SmolLocal::default();
/// let count = Rc::new(Cell::new(0));
/// let shared = count.clone();
/// let task = local.spawn_local_with_handle(async move { shared.set(1) }).unwrap();
/// smol::block_on(local.run_until(task));
/// assert_eq!(count.get(), 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct SmolLocal {
    executor: Rc<LocalExecutor<'static>>,
}

impl SmolLocal {
    /// Runs the executor's tasks until `future` is complete; the others stay in the executor.
    ///
    /// # Cancel safety
    ///
    /// As safe as `future`; the tasks go on when the executor is run again.
    pub async fn run_until<F: Future>(&self, future: F) -> F::Output {
        self.executor.run(future).await
    }

    /// The executor.
    #[must_use]
    pub fn executor(&self) -> &LocalExecutor<'static> {
        &self.executor
    }
}

impl From<Rc<LocalExecutor<'static>>> for SmolLocal {
    fn from(executor: Rc<LocalExecutor<'static>>) -> Self {
        Self { executor }
    }
}

impl LocalSpawn for SmolLocal {
    fn spawn_local_obj(&self, future: LocalFutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.executor.spawn(future).detach();
        Ok(())
    }
}

/// The tasks run on the executor's thread, too.
impl Spawn for SmolLocal {
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.spawn_local_obj(future.into())
    }
}
