//! Models of a local executor: wakes from another thread against its drop, against the drop of a runner, and against runners
//! and threads that lie down.

use super::LocalExecutor;
use super::remote::Remote;
use motet_prim::atomic::{AtomicBool, AtomicUsize, Ordering};
use motet_prim::lock::Mutex;
use motet_prim::loom::thread::{self, ThreadId};
use motet_prim::park::Parker;
use std::collections::VecDeque;
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

#[test]
fn a_thread_in_block_on_hears_of_a_wake_from_elsewhere() {
    motet_prim::model(|| {
        let waker = Arc::default();
        let executor = LocalExecutor::new();
        let task = executor.spawn(woken(Arc::clone(&waker)));
        let mut task = pin!(task);
        let mut elsewhere = None;
        executor
            .block_on(poll_fn(|cx| {
                if let Some(waker) = waker.lock().take() {
                    elsewhere = Some(thread::spawn(move || waker.wake()));
                } else if elsewhere.is_none() {
                    // The task has not been polled yet.
                    cx.waker().wake_by_ref();
                }
                task.as_mut().poll(cx)
            }))
            .expect("it ends");
        elsewhere.map(|thread| thread.join().expect("the waker does not panic"));
    });
}

#[test]
fn the_root_of_block_on_sees_what_came_before_its_wake() {
    motet_prim::model(|| {
        let (waker, is_set) = (Arc::new(Mutex::new(None::<Waker>)), Arc::new(AtomicBool::new(false)));
        let elsewhere = thread::spawn({
            let (waker, is_set) = (Arc::clone(&waker), Arc::clone(&is_set));
            move || {
                let mut place = waker.lock();
                let Some(waker) = place.take() else { return is_set.store(true, Ordering::Relaxed) };
                drop(place);
                // From here on only the wake publishes it.
                is_set.store(true, Ordering::Relaxed);
                waker.wake();
            }
        });
        LocalExecutor::new().block_on(poll_fn(|cx| {
            let stale = waker.lock().replace(cx.waker().clone());
            drop(stale);
            if is_set.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending }
        }));
        elsewhere.join().expect("the waker does not panic");
    });
}

#[test]
fn a_thread_in_block_on_hears_of_it_beside_a_run_that_is_kept_and_not_polled() {
    motet_prim::model(|| {
        let waker = Arc::default();
        let executor = LocalExecutor::new();
        let mut kept = pin!(executor.run(pending::<()>()));
        let task = executor.spawn(woken(Arc::clone(&waker)));
        assert!(kept.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let waker: Waker = waker.lock().take().expect("it was polled");
        let elsewhere = thread::spawn(move || waker.wake());
        executor.block_on(task).expect("it ends");
        elsewhere.join().expect("the waker does not panic");
    });
}

#[test]
fn a_run_that_ends_at_once_keeps_no_wake_to_itself() {
    motet_prim::model(|| {
        let waker = Arc::default();
        let executor = LocalExecutor::new();
        executor.spawn(woken(Arc::clone(&waker))).detach();
        let count = Arc::new(Count::default());
        let mut stays = pin!(executor.run(pending::<()>()));
        assert!(stays.as_mut().poll(&mut Context::from_waker(&count.clone().into())).is_pending());
        let waker: Waker = waker.lock().take().expect("it was polled");
        let elsewhere = thread::spawn(move || waker.wake());
        // While its root is polled, the wake relies on this run, which is never one that rests.
        assert!(pin!(executor.run(async {})).poll(&mut Context::from_waker(Waker::noop())).is_ready());
        elsewhere.join().expect("the waker does not panic");
        assert_eq!(count.0.load(Ordering::SeqCst), 1, "the task is due, and somebody knows");
    });
}

/// Wakes a task of another thread's executor.
fn bring(remote: &Remote<u32>, item: u32) {
    let Ok(wakes) = remote.push(item) else { panic!("it is open") };
    wakes.wake();
}

/// As a runner's poll: takes what waits; says how many that were.
fn take(remote: &Remote<u32>) -> usize {
    remote.begin();
    let taken = if remote.len() > 0 { remote.take(VecDeque::new()).len() } else { 0 };
    remote.end();
    taken
}

#[test]
fn a_thread_that_rests_is_unparked_for_each_task_that_others_bring() {
    motet_prim::model(|| {
        let remote = Arc::new(Remote::new());
        let runner = remote.register();
        let others = [1, 2].map(|item| {
            let remote = Arc::clone(&remote);
            thread::spawn(move || bring(&remote, item))
        });
        let (parker, mut taken) = (Parker::new(), 0);
        let waker = parker.waker();
        while taken < 2 {
            taken += take(&remote);
            if taken < 2 && remote.rest(runner, &waker) {
                parker.park();
            }
        }
        others.into_iter().for_each(|other| other.join().expect("nothing panics there"));
    });
}

#[test]
fn a_runner_that_polls_sees_what_wakes_nobody() {
    motet_prim::model(|| {
        let (remote, count) = (Arc::new(Remote::new()), Arc::new(Count::default()));
        let (runner, waker) = (remote.register(), Waker::from(Arc::clone(&count)));
        assert!(remote.rest(runner, &waker));
        let other = thread::spawn({
            let remote = Arc::clone(&remote);
            move || bring(&remote, 1)
        });
        let mut taken = take(&remote);
        let rests = remote.rest(runner, &waker);
        other.join().expect("nothing panics there");
        if taken == 0 {
            assert!(!rests || count.0.load(Ordering::SeqCst) > 0, "it would sleep on a task");
            taken = take(&remote);
        }
        assert_eq!(taken, 1);
    });
}
