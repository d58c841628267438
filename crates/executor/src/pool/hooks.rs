//! What the application is told, and what it may do on each worker: the hooks of the builder.

use super::contained::Contained;
use crate::task::{TaskPanic, contain};
use core::fmt;
use std::any::Any;
use std::sync::Arc;

/// Hears of each panic that reaches nobody else: in a detached task, or in one whose result nobody took.
///
/// For [`SpawnTask::on_panic`](crate::SpawnTask::on_panic); an executor of this crate takes a closure, see [`Builder::on_panic`](crate::Builder::on_panic).
/// The default prints the thread, the task's name, where it was spawned, and the message.
///
/// ```
/// use futures::task::{FutureObj, Spawn, SpawnError};
/// use motet_executor::{Executor, PanicHook, SpawnTask, TaskHandle, enter_task_spawner, task};
/// use std::sync::mpsc;
///
/// struct Hearing(Executor, PanicHook);
///
/// impl SpawnTask for Hearing {
///     fn spawn_task(&self, run: FutureObj<'static, ()>, _task: &TaskHandle) -> Result<(), SpawnError> {
///         self.0.spawn_obj(run)
///     }
///
///     fn on_panic(&self) -> PanicHook {
///         self.1.clone()
///     }
/// }
///
/// let (sender, heard) = mpsc::channel();
/// let hook = PanicHook::new(move |panic| sender.send(panic.to_string()).unwrap());
/// let _entered = enter_task_spawner(Hearing(Executor::new(), hook));
/// task().name("unlucky").eager().spawn(async { panic!("no luck") }).detach();
/// assert!(heard.recv().unwrap().contains("'unlucky'"));
/// ```
#[derive(Clone, Default)]
pub struct PanicHook {
    /// None: the standard one.
    hook: Option<Arc<Hook>>,
}

type Hook = Contained<Box<dyn Fn(&TaskPanic<'_>) + Send + Sync>>;

impl PanicHook {
    /// Prints thread, task name, spawn location and message.
    pub(crate) const fn standard() -> Self {
        Self { hook: None }
    }

    /// A hook that calls `hook`. If that panics too, the panic ends there.
    pub fn new(hook: impl Fn(&TaskPanic<'_>) + Send + Sync + 'static) -> Self {
        Self { hook: Some(Arc::new(Contained::new(Box::new(hook)))) }
    }

    /// Calls the hook; if that panics too, the panic ends here.
    pub(crate) fn call(&self, panic: &TaskPanic<'_>) {
        contain(|| match &self.hook {
            Some(hook) => hook(panic),
            None => eprintln!("{panic}"),
        });
    }
}

impl fmt::Debug for PanicHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PanicHook").field("is_standard", &self.hook.is_none()).finish_non_exhaustive()
    }
}

/// Called on each thread that becomes a worker; what it gives is dropped when the thread ceases to be one.
pub(crate) type EnterHook = Contained<Box<dyn Fn() -> Box<dyn Any> + Send + Sync>>;
