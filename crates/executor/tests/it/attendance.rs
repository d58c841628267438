//! A driver is told when no worker is left that could come, and when there is one again.

use motet_executor::{Driver, Executor, block_on};
use motet_prim::park::Parker;
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::time::Duration;

/// Writes down what it is told, and panics then if it is to.
struct Told {
    parker: Parker,
    told: Words,
    panics: bool,
}

#[derive(Clone, Default)]
struct Words(Arc<Mutex<Vec<&'static str>>>);

impl Words {
    fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Told {
    fn hear(&self, word: &'static str) {
        self.told.0.lock().unwrap().push(word);
        assert!(!self.panics, "told of it");
    }
}

impl Driver for Told {
    fn park(&mut self, limit: Option<Duration>, _quiet: bool) {
        match limit {
            Some(limit) => drop(self.parker.park_for(limit)),
            None => self.parker.park(),
        }
    }

    fn poll(&mut self) {}

    fn suspend(&mut self) {
        self.hear("suspend");
    }

    fn resume(&mut self) {
        self.hear("resume");
    }

    fn unparker(&self) -> Waker {
        self.parker.unparker().into()
    }
}

fn executor(threads: usize, panics: bool) -> (Executor, Words) {
    let told = Words::default();
    let driver = Told { parker: Parker::new(), told: told.clone(), panics };
    (Executor::builder().threads(threads).driver(driver).build().unwrap(), told)
}

#[test]
fn a_driver_is_suspended_while_its_only_worker_blocks_in_a_nested_call_or_is_gone() {
    for panics in [false, true] {
        let (executor, told) = executor(1, panics);
        assert!(told.take().is_empty());
        executor.block_on(async {
            assert_eq!(told.take(), ["resume"]);
            executor.block_on(async {
                assert_eq!(told.take(), ["suspend"]);
                // No more than a call: this thread is no worker already.
                block_on(async {});
                assert!(told.take().is_empty());
            });
            assert_eq!(told.take(), ["resume"]);
            block_on(async { assert_eq!(told.take(), ["suspend"]) });
            assert_eq!(told.take(), ["resume"]);
        });
        assert_eq!(told.take(), ["suspend"]);
    }
}

#[test]
fn a_driver_is_not_suspended_while_another_worker_may_come() {
    let (executor, told) = executor(2, false);
    block_on(executor.spawn(async {})).unwrap();
    assert_eq!(told.take(), ["resume"], "by the worker that ran the task");
    executor.block_on(async { executor.block_on(async {}) });
    assert!(told.take().is_empty());
    assert_eq!(block_on(executor.shutdown(std::future::pending())), 0);
}
