//! Models of a local executor: wakes from another thread against its drop, and against the drop of a runner.

use super::LocalExecutor;
use motet_prim::atomic::{AtomicUsize, Ordering};
use motet_prim::lock::Mutex;
use motet_prim::loom::thread::{self, ThreadId};
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

/// A body that tells on which thread it is dropped.
struct Body(Arc<Mutex<Vec<ThreadId>>>);

impl Drop for Body {
    fn drop(&mut self) {
        self.0.lock().push(thread::current().id());
    }
}

/// Gives its waker away at its first poll; ready at the second.
async fn woken(to: Arc<Mutex<Option<Waker>>>) {
    let mut is_waiting = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut is_waiting, true) {
            return Poll::Ready(());
        }
        *to.lock() = Some(cx.waker().clone());
        Poll::Pending
    })
    .await;
}

/// Counts its wakes.
#[derive(Default)]
struct Count(AtomicUsize);

impl Wake for Count {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn a_wake_in_flight_takes_no_body_to_another_thread() {
    motet_prim::model(|| {
        let (dropped, waker) = (Arc::default(), Arc::default());
        let executor = LocalExecutor::new();
        let body = Body(Arc::clone(&dropped));
        let waits = woken(Arc::clone(&waker));
        executor
            .spawn(async move {
                let _body = body;
                waits.await;
                pending::<()>().await;
            })
            .detach();
        {
            let mut run = pin!(executor.run(pending::<()>()));
            assert!(run.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        let waker = waker.lock().take().expect("it was polled");
        let late = thread::spawn({
            let dropped = Arc::clone(&dropped);
            move || {
                // A step that the model checker sees, for it sees none of async-task's: the wake comes before or after a drop.
                drop(dropped.lock());
                waker.wake();
            }
        });
        drop(executor);
        assert_eq!(*dropped.lock(), [thread::current().id()], "here, and before the drop returns");
        late.join().expect("the waker does not panic");
    });
}

#[test]
fn a_runner_that_is_dropped_passes_a_wake_on() {
    motet_prim::model(|| {
        let waker = Arc::default();
        let executor = LocalExecutor::new();
        executor.spawn(woken(Arc::clone(&waker))).detach();
        let (first, second) = (Arc::new(Count::default()), Arc::new(Count::default()));
        let mut stays = pin!(executor.run(pending::<()>()));
        {
            let mut goes = Box::pin(executor.run(pending::<()>()));
            assert!(goes.as_mut().poll(&mut Context::from_waker(&first.clone().into())).is_pending());
            assert!(stays.as_mut().poll(&mut Context::from_waker(&second.clone().into())).is_pending());
            let waker: Waker = waker.lock().take().expect("it was polled");
            let elsewhere = thread::spawn(move || waker.wake());
            drop(goes);
            elsewhere.join().expect("the waker does not panic");
        }
        assert_eq!(second.0.load(Ordering::SeqCst), 1, "the task is due, and somebody knows");
        assert!(stays.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        assert!(executor.is_empty());
    });
}
