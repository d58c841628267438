//! Models of the executor as a whole: the seat of `block_on`'s callers and who waits for it, the root's waker, workers that lie down and
//! leave, the end of everything against a late wake.
//!
//! All of it is the real code. Only async-task is not the model checker's: its steps are atomic here, and order nothing. So no task is
//! woken twice before its poll, and tasks tell of their ends through an [`Event`] instead of their handles.

use crate::{Executor, yield_now};
use motet_cancel::guard;
use motet_prim::atomic::{AtomicBool, Ordering};
use motet_prim::lock::Mutex;
use motet_prim::loom::thread;
use motet_prim::park::block_on;
use std::future::{pending, poll_fn};
use std::sync::Arc;
use std::task::{Poll, Waker};

/// An executor that starts no thread.
fn one_seat() -> Executor {
    Executor::builder().threads(1).build().expect("nothing is started")
}

/// Comes once; one task waits for it.
#[derive(Default)]
struct Event(Mutex<(bool, Option<Waker>)>);

impl Event {
    fn set(&self) {
        let waker = {
            let mut state = self.0.lock();
            state.0 = true;
            state.1.take()
        };
        waker.into_iter().for_each(Waker::wake);
    }

    async fn wait(&self) {
        poll_fn(|cx| {
            let waker = cx.waker().clone();
            let mut state = self.0.lock();
            if state.0 {
                return Poll::Ready(());
            }
            let stale = state.1.replace(waker);
            drop(state);
            drop(stale);
            Poll::Pending
        })
        .await;
    }
}

/// Waits for ever, and once it is cancelled for the event.
async fn waits_in_its_cleanup(body: Arc<()>, event: Arc<Event>) {
    let _guard = guard((body, event), |(_body, event), _| async move { event.wait().await });
    pending::<()>().await;
}

#[test]
fn a_caller_that_waits_takes_the_seat_that_is_left() {
    motet_prim::model(|| {
        let executor = one_seat();
        let other = thread::spawn({
            let executor = executor.clone();
            move || executor.block_on(async { 1 })
        });
        // Only a worker runs the task, and the only seat may be the other's for a while.
        let task = executor.spawn(async { 7 });
        assert_eq!(executor.block_on(task).ok(), Some(7));
        assert_eq!(other.join().ok(), Some(1));
    });
}

#[test]
fn a_caller_that_is_woken_for_the_seat_and_leaves_passes_it_on() {
    motet_prim::model(|| {
        let executor = one_seat();
        let (event, ended) = (Arc::new(Event::default()), Arc::new(Event::default()));
        // One that waits in vain: its future may be ready when the seat gets free.
        let passes_by = thread::spawn({
            let (executor, event) = (executor.clone(), event.clone());
            move || executor.block_on(event.wait())
        });
        let waits_on = thread::spawn({
            let (executor, ended) = (executor.clone(), ended.clone());
            move || {
                let tells = ended.clone();
                executor.spawn(async move { tells.set() }).detach();
                executor.block_on(ended.wait());
            }
        });
        executor.block_on(async { event.set() });
        passes_by.join().expect("the caller does not panic");
        waits_on.join().expect("the caller does not panic");
    });
}

#[test]
fn a_wake_finds_the_root_on_its_way_to_the_seat() {
    motet_prim::model(|| {
        let executor = one_seat();
        let event = Arc::new(Event::default());
        let sits = thread::spawn({
            let executor = executor.clone();
            move || executor.block_on(async {})
        });
        let waker = thread::spawn({
            let event = event.clone();
            move || event.set()
        });
        executor.block_on(event.wait());
        sits.join().expect("the caller does not panic");
        waker.join().expect("the waker does not panic");
    });
}

#[test]
fn a_poll_in_the_seat_sees_what_came_before_a_wake_that_still_went_to_the_parker() {
    motet_prim::model(|| {
        let executor = one_seat();
        let (waker, is_set) = (Arc::new(Mutex::new(None::<Waker>)), Arc::new(AtomicBool::new(false)));
        let sits = thread::spawn({
            let executor = executor.clone();
            move || executor.block_on(async {})
        });
        let wakes = thread::spawn({
            let (waker, is_set) = (waker.clone(), is_set.clone());
            move || {
                let mut place = waker.lock();
                let Some(waker) = place.take() else { return is_set.store(true, Ordering::Relaxed) };
                drop(place);
                // From here on only the wake publishes it.
                is_set.store(true, Ordering::Relaxed);
                waker.wake();
            }
        });
        executor.block_on(poll_fn(|cx| {
            let stale = waker.lock().replace(cx.waker().clone());
            drop(stale);
            if is_set.load(Ordering::Relaxed) { Poll::Ready(()) } else { Poll::Pending }
        }));
        sits.join().expect("the caller does not panic");
        wakes.join().expect("the waker does not panic");
    });
}

#[test]
fn a_late_wake_of_the_last_task_ends_an_executor_that_is_closed() {
    motet_prim::model(|| {
        let executor = one_seat();
        let (body, event) = (Arc::new(()), Arc::new(Event::default()));
        executor.task().eager().spawn(waits_in_its_cleanup(body.clone(), event.clone())).detach();
        executor.close();
        // The cleanup runs, and waits.
        executor.block_on(yield_now());
        let state = Arc::downgrade(executor.shared());
        let late = thread::spawn(move || event.set());
        assert_eq!(executor.block_on(executor.shutdown(pending())), 0);
        assert_eq!(Arc::strong_count(&body), 1, "the body is gone before the end");
        drop(executor);
        late.join().expect("the waker does not panic");
        assert!(state.upgrade().is_none(), "the state goes with the last who needs it");
    });
}

#[test]
fn a_scope_in_which_a_task_was_dropped_hears_of_its_end() {
    motet_prim::model(|| {
        let executor = one_seat();
        let (body, ended) = (Arc::new(()), Arc::new(Event::default()));
        let held = body.clone();
        // It waits already, for the model checker must see its wake.
        let task = executor.task().eager().spawn(async move {
            let _held = held;
            pending::<()>().await;
        });
        let works = thread::spawn({
            let ended = ended.clone();
            move || executor.block_on(ended.wait())
        });
        crate::block_on(async { drop(task) });
        assert_eq!(Arc::strong_count(&body), 1, "the body is gone before the end");
        ended.set();
        works.join().expect("the caller does not panic");
    });
}

/// Tells when its worker is one no more.
struct Leaves(Arc<Event>);

impl Drop for Leaves {
    fn drop(&mut self) {
        self.0.set();
    }
}

/// An executor with a worker that tells when it leaves.
fn with_a_worker(threads: usize, left: &Arc<Event>) -> Executor {
    let left = left.clone();
    let builder = Executor::builder().threads(threads).on_enter(move || Leaves(left.clone()));
    builder.build().expect("a model starts a thread")
}

#[test]
fn a_worker_that_lies_down_hears_of_a_task_and_of_the_end() {
    motet_prim::model(|| {
        let (ran, left) = (Arc::new(Event::default()), Arc::new(Event::default()));
        let executor = with_a_worker(2, &left);
        let tells = ran.clone();
        executor.spawn(async move { tells.set() }).detach();
        block_on(ran.wait());
        drop(executor);
        block_on(left.wait());
    });
}

#[test]
fn a_worker_stays_until_the_last_task_has_ended() {
    // With one thread there is none before the last handle goes; then one is started for what is left.
    for threads in [1, 2] {
        motet_prim::model(move || {
            let (event, left) = (Arc::new(Event::default()), Arc::new(Event::default()));
            let executor = with_a_worker(threads, &left);
            let body = Arc::new(());
            executor.task().eager().spawn(waits_in_its_cleanup(body.clone(), event.clone())).detach();
            let late = thread::spawn(move || event.set());
            drop(executor);
            block_on(left.wait());
            assert_eq!(Arc::strong_count(&body), 1, "the body is gone before the end");
            late.join().expect("the waker does not panic");
        });
    }
}
