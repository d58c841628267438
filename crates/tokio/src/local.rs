//! `LocalSpawn` for tokio's `LocalSet`.

use crate::LocalSet;
use futures_util::task::{FutureObj, LocalFutureObj, LocalSpawn, Spawn, SpawnError};
use std::future::Future;
use std::rc::Rc;

/// A [`LocalSet`] as `LocalSpawn`, for futures that stay on one thread. Clones share the set.
///
/// The set runs its tasks only while somebody drives it, with [`run_until`](Self::run_until) or `LocalSet`'s own methods. A task
/// that holds a clone keeps the set, and itself, until it ends.
///
/// ```
/// use futures::task::LocalSpawnExt;
/// use motet_tokio::TokioLocal;
/// use std::{cell::Cell, rc::Rc};
///
/// let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
/// let local = TokioLocal::default();
/// let count = Rc::new(Cell::new(0));
/// let shared = count.clone();
/// let task = local.spawn_local_with_handle(async move { shared.set(1) }).unwrap();
/// runtime.block_on(local.run_until(task));
/// assert_eq!(count.get(), 1);
/// ```
#[derive(Clone, Debug, Default)]
pub struct TokioLocal {
    set: Rc<LocalSet>,
}

impl TokioLocal {
    /// Runs the set's tasks until `future` is complete; the others stay in the set.
    ///
    /// # Cancel safety
    ///
    /// As safe as `future`; the set's tasks go on when it is driven again.
    pub async fn run_until<F: Future>(&self, future: F) -> F::Output {
        self.set.run_until(future).await
    }

    /// The set.
    #[must_use]
    pub fn set(&self) -> &LocalSet {
        &self.set
    }
}

impl From<LocalSet> for TokioLocal {
    fn from(set: LocalSet) -> Self {
        Rc::new(set).into()
    }
}

impl From<Rc<LocalSet>> for TokioLocal {
    fn from(set: Rc<LocalSet>) -> Self {
        Self { set }
    }
}

impl LocalSpawn for TokioLocal {
    fn spawn_local_obj(&self, future: LocalFutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.set.spawn_local(future);
        Ok(())
    }
}

/// The tasks run on the set's thread, too.
impl Spawn for TokioLocal {
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.spawn_local_obj(future.into())
    }
}
