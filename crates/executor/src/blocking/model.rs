//! A model of a closure that is cancelled while it is put in line.

use crate::Executor;
use motet_prim::loom::thread;
use std::io;
use std::sync::Arc;

/// In a model every blocking thread is busy for ever.
pub(super) fn start_thread(_name: String, _work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    Ok(())
}

#[test]
fn a_closure_that_is_spawned_while_its_executor_is_closed_waits_for_no_thread() {
    motet_prim::model(|| {
        let executor = Executor::builder().threads(1).build().expect("nothing is started");
        let held = Arc::new(());
        let closes = thread::spawn({
            let executor = executor.clone();
            move || executor.close()
        });
        let holds = Arc::clone(&held);
        let task = executor.spawn_blocking(move || drop(holds));
        closes.join().expect("a close does not panic");
        assert!(task.is_finished(), "nobody else would drop it");
        assert_eq!(Arc::strong_count(&held), 1);
    });
}
