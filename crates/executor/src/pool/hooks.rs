//! What the application is told, and what it may do on each worker: the hooks of the builder.

use crate::task::{TaskPanic, contain};
use std::any::Any;
use std::sync::Arc;

/// Told of every panic that nobody awaits.
#[derive(Clone, Default)]
pub(crate) struct PanicHook {
    /// None: the standard one.
    hook: Option<Arc<Hook>>,
}

type Hook = dyn Fn(&TaskPanic<'_>) + Send + Sync;

impl PanicHook {
    /// Prints thread, task name, spawn location and message.
    pub(crate) const fn standard() -> Self {
        Self { hook: None }
    }

    pub(crate) fn new(hook: impl Fn(&TaskPanic<'_>) + Send + Sync + 'static) -> Self {
        Self { hook: Some(Arc::new(hook)) }
    }

    /// That hook, or the standard one.
    pub(crate) fn of(hook: Option<Arc<Hook>>) -> Self {
        Self { hook }
    }

    /// Calls the hook; if that panics too, the panic ends here.
    pub(crate) fn call(&self, panic: &TaskPanic<'_>) {
        contain(|| match &self.hook {
            Some(hook) => hook(panic),
            None => eprintln!("{panic}"),
        });
    }
}

/// Called on each thread that becomes a worker; what it gives is dropped when the thread ceases to be one.
pub(crate) type EnterHook = Arc<dyn Fn() -> Box<dyn Any> + Send + Sync>;
