//! Which of a connection's tasks carries which upload.
//!
//! hyper takes the requests of an HTTP/2 connection one after another, in one task: it asks the upload for its first piece,
//! and hands what is left of it to the executor as a task of its own, before it looks at the next request. So the upload
//! that announced itself last is the one that the next task carries. Its later pieces are asked for in that task, and
//! announce nothing.

use super::Progress;
use std::sync::{Arc, Mutex, PoisonError};

/// Between the uploads of a connection and the spawner of its tasks.
#[derive(Clone, Default)]
pub(crate) struct Herald(Arc<Mutex<Option<Progress>>>);

impl Herald {
    pub(super) fn announce(&self, upload: &Progress) {
        let mut announced = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let replaced = announced.replace(upload.clone());
        drop(announced);
        drop(replaced);
    }

    /// The upload that the task carries which is being spawned, if it carries one.
    pub(crate) fn take(&self) -> Option<Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}
