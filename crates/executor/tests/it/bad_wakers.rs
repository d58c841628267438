//! Wakers are foreign code: what panics in one of them is no harm to anybody else.

use crate::tasks::one_thread;
use futures::task::{FutureObj, Spawn, SpawnError};
use motet_executor::{LocalExecutor, Task, enter_spawner, spawn, yield_now};
use motet_test::{WakeCount, waker_that_panics_when_dropped, waker_that_panics_when_woken};
use std::future::{Future, pending};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

#[test]
fn who_waits_for_the_end_hears_of_it_beside_one_whose_waker_panics() {
    let executor = one_thread();
    let task = executor.task().eager().spawn(pending::<()>());
    let (mut bad, mut good) = (pin!(executor.shutdown(pending())), pin!(executor.shutdown(pending())));
    let count = WakeCount::new();
    assert!(bad.as_mut().poll(&mut Context::from_waker(&waker_that_panics_when_woken())).is_pending());
    assert!(good.as_mut().poll(&mut Context::from_waker(&count.waker())).is_pending());
    executor.block_on(yield_now());
    assert!(task.is_finished());
    assert_eq!(count.count(), 1);
    assert_eq!(good.poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(0));
}

#[test]
fn a_waker_that_panics_where_it_is_dropped_unwinds_out_of_no_drop() {
    let executor = one_thread();
    let _task = executor.task().eager().spawn(pending::<()>());
    let mut shutdown = Box::pin(executor.shutdown(pending()));
    assert!(shutdown.as_mut().poll(&mut Context::from_waker(&waker_that_panics_when_dropped())).is_pending());
    drop(shutdown);

    let local = LocalExecutor::new();
    let mut run = Box::pin(local.run(pending::<()>()));
    assert!(run.as_mut().poll(&mut Context::from_waker(&waker_that_panics_when_dropped())).is_pending());
    assert!(run.as_mut().poll(&mut Context::from_waker(&waker_that_panics_when_dropped())).is_pending());
    drop(run);
    executor.block_on(executor.shutdown(pending()));
}

/// Keeps what it is given.
#[derive(Clone, Default)]
struct Keeps(Arc<Mutex<Vec<FutureObj<'static, ()>>>>);

impl Spawn for Keeps {
    fn spawn_obj(&self, future: FutureObj<'static, ()>) -> Result<(), SpawnError> {
        self.0.lock().unwrap().push(future);
        Ok(())
    }
}

#[test]
fn a_task_of_another_executor_survives_a_bad_waker_of_that() {
    let keeps = Keeps::default();
    let entered = enter_spawner(keeps.clone());
    let (go, may_go) = futures::channel::oneshot::channel::<()>();
    let task: Task<()> = spawn(async { may_go.await.unwrap_or_default() });
    drop(entered);
    let mut pump = keeps.0.lock().unwrap().pop().unwrap();
    for _ in 0..2 {
        assert!(
            std::pin::Pin::new(&mut pump)
                .poll(&mut Context::from_waker(&waker_that_panics_when_dropped()))
                .is_pending()
        );
    }
    assert!(std::pin::Pin::new(&mut pump).poll(&mut Context::from_waker(&waker_that_panics_when_woken())).is_pending());
    drop(go);
    assert!(std::pin::Pin::new(&mut pump).poll(&mut Context::from_waker(&waker_that_panics_when_dropped())).is_ready());
    assert!(task.is_finished());
    drop(pump);
}
