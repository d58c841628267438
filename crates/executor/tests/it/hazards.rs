//! What can go wrong between an executor and async-task, row by row of the contract; what is not here is named.
//!
//! | hazard | tests |
//! | --- | --- |
//! | a wake in flight while a `LocalExecutor` drops | `local::wakes_race_with_the_drop_of_the_executor`, `local::dropping_the_executor_drops_every_body_on_its_thread`; the model `local::model` |
//! | metadata is read and freed on foreign threads | [`metadata`] |
//! | dropping async-task's `Task` drops the body outside of every frame | [`frames`] |
//! | a drop that panics aborts the process | [`bombs`], `panics::*_is_contained`, `local::panics_of_bodies_stay_inside_when_the_executor_is_dropped` |
//! | async-task's `Task` exposes no waker, so `cancel(&self)` could not wake | [`wakers`], `wakes::cancelling_wakes_a_task_once` |
//! | who owns the executor's state | [`ownership`], `closing::wakes_race_with_the_end_of_the_executor`, `closing::workers_leave_when_…`; the models of `pool` |
//! | a `LocalExecutor::run` dropped after it was notified | `local::a_run_dropped_after_it_was_notified_keeps_no_wake_to_itself`; the model `local::model` |

use crate::tasks::one_thread;
use futures::executor::block_on as plainly;
use motet_cancel::frame;
use motet_executor::{Executor, LocalExecutor, TaskError, spawn, yield_now};
use std::future::pending;
use std::panic::panic_any;
use std::sync::{Arc, Mutex, mpsc};
use std::task::{Poll, Waker};
use std::thread;

/// Keeps a clone of its task's waker, and never ends.
fn leaks_its_waker(to: Arc<Mutex<Vec<Waker>>>) -> impl Future<Output = ()> + Send {
    std::future::poll_fn(move |cx| {
        to.lock().unwrap().push(cx.waker().clone());
        Poll::Pending
    })
}

mod metadata {
    use super::*;

    #[test]
    fn a_handle_of_a_local_task_is_read_and_freed_on_another_thread() {
        let (borrowed, wakers) = (String::from("gone soon"), Arc::default());
        let executor = LocalExecutor::new();
        let task = executor.spawn({
            let (borrowed, waits) = (&borrowed, leaks_its_waker(Arc::clone(&wakers)));
            async move {
                waits.await;
                borrowed.len()
            }
        });
        let handle = task.handle();
        executor.block_on(yield_now());
        drop(executor);
        drop(task);
        drop(borrowed);
        let wakers = std::mem::take(&mut *wakers.lock().unwrap());
        let read = thread::spawn(move || {
            let info = handle.info();
            drop(handle);
            wakers.into_iter().for_each(Waker::wake);
            info.location.file()
        });
        assert_eq!(read.join().unwrap(), file!());
    }

    #[test]
    fn a_task_is_freed_with_its_last_reference_however_it_ended() {
        let name: Arc<str> = "counted".into();
        let executor = Executor::builder().threads(1).on_panic(|_| {}).build().unwrap();
        let named = || executor.task().name(name.clone());
        let wakers = Arc::default();
        executor.block_on(async {
            named().spawn(async { 7 }).await.unwrap();
            named().eager().spawn(async {}).await.unwrap();
            named().spawn(yield_now()).await.unwrap();
            named().spawn(async { panic_any(7) }).await.unwrap_err();
            named().spawn_blocking(|| ()).await.unwrap();
            named().spawn(async { panic_any(7) }).detach();
            let [unpolled, polled] = [(); 2].map(|()| named().spawn(leaks_its_waker(Arc::clone(&wakers))));
            unpolled.cancel();
            unpolled.await.unwrap_err();
            yield_now().await;
            polled.cancel();
            polled.await.unwrap_err();
            drop(named().spawn(pending::<()>()));
        });
        named().eager().spawn(leaks_its_waker(Arc::clone(&wakers))).detach();
        executor.close();
        executor.block_on(yield_now());
        assert!(plainly(named().spawn(async {})).is_err(), "it is closed");
        drop(executor);
        assert_eq!(wakers.lock().unwrap().len(), 2);
        assert_eq!(
            Arc::strong_count(&name),
            1 + 2,
            "the wakers that were kept hold their tasks, and nothing else does"
        );
        wakers.lock().unwrap().drain(..).for_each(Waker::wake);
        assert_eq!(Arc::strong_count(&name), 1);
    }
}

mod frames {
    use super::*;

    /// Tells at its drop whether there is a frame for what a guard would leave behind.
    struct Body(mpsc::Sender<bool>);

    impl Drop for Body {
        fn drop(&mut self) {
            self.0.send(frame::is_open()).unwrap();
        }
    }

    #[test]
    fn a_dropped_task_drops_its_body_inside_of_its_scope() {
        let executor = one_thread();
        let (told, in_frame) = mpsc::channel();
        for awaits_first in [true, false] {
            let body = Body(told.clone());
            let task = executor.spawn(async move {
                let _body = body;
                pending::<()>().await;
            });
            if awaits_first {
                executor.block_on(yield_now());
            }
            drop(task);
            assert!(in_frame.try_recv().is_err(), "not where the `Task` is dropped");
            executor.block_on(yield_now());
            assert_eq!(in_frame.try_recv(), Ok(true), "polled before: {awaits_first}");
        }
    }

    #[test]
    fn a_task_dropped_while_it_runs_drops_its_body_inside_of_its_scope() {
        let executor = Executor::builder().threads(2).build().unwrap();
        let (told, in_frame) = mpsc::channel();
        let (started, has_started) = mpsc::channel();
        let (go, may_go) = mpsc::channel::<()>();
        let body = Body(told);
        let task = executor.spawn(async move {
            let _body = body;
            started.send(()).unwrap();
            let _ = may_go.recv();
            pending::<()>().await;
        });
        has_started.recv().unwrap();
        drop(task);
        assert!(in_frame.try_recv().is_err());
        go.send(()).unwrap();
        assert_eq!(in_frame.recv(), Ok(true));
    }

    #[test]
    fn a_result_that_nobody_awaits_is_dropped_where_its_task_still_lives() {
        let executor = one_thread();
        let (told, lives) = mpsc::channel();
        struct Result(mpsc::Sender<usize>, motet_executor::WeakExecutor);
        impl Drop for Result {
            fn drop(&mut self) {
                self.0.send(self.1.upgrade().map_or(0, |executor| executor.metrics().live_tasks)).unwrap();
            }
        }
        let result = Result(told, executor.downgrade());
        executor.spawn(async { result }).detach();
        executor.block_on(yield_now());
        assert_eq!(lives.try_recv(), Ok(1));
    }
}

mod bombs {
    use super::*;

    /// Panics when it is dropped.
    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            if !thread::panicking() {
                panic_any("bomb");
            }
        }
    }

    #[test]
    fn a_body_that_was_never_polled_may_panic_in_its_drop() {
        for threads in [1, 2] {
            let executor = Executor::builder().threads(threads).build().unwrap();
            let bombs: Vec<_> = (0..3).map(|_| Bomb).collect();
            let tasks: Vec<_> = bombs.into_iter().map(|bomb| executor.spawn(async move { drop(bomb) })).collect();
            // A worker may have been quicker with some of them.
            for task in &tasks {
                task.cancel();
            }
            drop(executor);
            assert!(tasks.into_iter().all(|task| plainly(task).is_err()), "{threads} threads");
        }
    }

    #[test]
    fn a_body_that_a_closed_executor_refuses_may_panic_in_its_drop() {
        let executor = one_thread();
        executor.close();
        let bomb = Bomb;
        assert!(plainly(executor.spawn(async move { drop(bomb) })).is_err());
        let bomb = Bomb;
        assert!(plainly(executor.spawn_blocking(move || drop(bomb))).is_err());
        let batch = executor.spawn_many([Bomb, Bomb].map(|bomb| async move { drop(bomb) }));
        assert!(batch.into_iter().all(|task| plainly(task).is_err()));
    }

    #[test]
    fn a_closure_cancelled_before_its_start_may_panic_in_its_drop() {
        let executor = Executor::builder().threads(1).blocking_threads(1).build().unwrap();
        let (go, may_go) = mpsc::channel::<()>();
        let first = executor.spawn_blocking(move || may_go.recv());
        let bomb = Bomb;
        let second = executor.spawn_blocking(move || drop(bomb));
        second.cancel();
        go.send(()).unwrap();
        executor.block_on(async {
            first.await.unwrap().unwrap();
            assert!(second.await.is_err());
            assert_eq!(motet_executor::spawn_blocking(|| 7).await.unwrap(), 7, "the thread goes on");
        });
    }

    #[test]
    fn what_the_enter_hook_gave_may_panic_in_its_drop() {
        let executor = Executor::builder().threads(2).on_enter(|| Bomb).build().unwrap();
        assert_eq!(executor.block_on(async { spawn(async { 7 }).await.unwrap() }), 7);
        assert_eq!(executor.block_on(executor.shutdown(pending())), 0);
        assert_eq!(executor.block_on(async { 8 }), 8, "the seat is there for the next");
    }
}

mod wakers {
    use super::*;

    #[test]
    fn a_cancel_during_any_poll_is_not_lost() {
        let executor = Executor::builder().threads(2).build().unwrap();
        for round in 0..500 {
            let task = executor.spawn(async move {
                for _ in 0..round % 3 {
                    yield_now().await;
                }
                pending::<()>().await;
            });
            let handle = task.handle();
            // With its first poll, between two, or when it waits already.
            for _ in 0..round % 7 {
                thread::yield_now();
            }
            assert!(handle.cancel_with("now"));
            let Err(TaskError::Cancelled(reason)) = plainly(task) else { panic!("it never ends by itself") };
            assert_eq!(reason, "now");
        }
    }

    #[test]
    fn a_cancel_from_another_thread_wakes_a_task_that_waits() {
        let executor = one_thread();
        let task = executor.task().eager().spawn(pending::<()>());
        let handle = task.handle();
        let canceller = thread::spawn(move || handle.cancel());
        assert!(executor.block_on(task).is_err());
        assert!(canceller.join().unwrap());
    }
}

mod ownership {
    use super::*;
    use motet_executor::Driver;
    use motet_prim::park::Parker;
    use std::time::Duration;

    /// A driver that tells when the executor's state, of which it is a part, is freed.
    struct Freed(Parker, mpsc::Sender<&'static str>);

    impl Driver for Freed {
        fn park(&mut self, limit: Option<Duration>, _quiet: bool) {
            match limit {
                Some(limit) => drop(self.0.park_for(limit)),
                None => self.0.park(),
            }
        }
        fn poll(&mut self) {}
        fn unparker(&self) -> Waker {
            self.0.unparker().into()
        }
    }

    impl Drop for Freed {
        fn drop(&mut self) {
            self.1.send("freed").unwrap();
        }
    }

    #[test]
    fn the_state_goes_with_the_last_worker_whoever_knows_a_task_still() {
        for threads in [1, 2, 3] {
            let (told, heard) = mpsc::channel();
            let wakers = Arc::default();
            let executor = Executor::builder().threads(threads).driver(Freed(Parker::new(), told)).build().unwrap();
            let tasks: Vec<_> =
                (0..4).map(|_| executor.task().eager().spawn(leaks_its_waker(Arc::clone(&wakers)))).collect();
            let handles: Vec<_> = tasks.iter().map(|task| task.handle()).collect();
            let weak = executor.downgrade();
            assert!(heard.try_recv().is_err());
            drop(executor);
            assert_eq!(heard.iter().collect::<Vec<_>>(), ["freed"], "{threads} threads");
            assert!(weak.upgrade().is_none());
            wakers.lock().unwrap().drain(..).for_each(Waker::wake);
            assert!(handles.iter().all(|handle| handle.is_finished() && !handle.cancel()));
            assert!(tasks.into_iter().all(|task| plainly(task).is_err()));
        }
    }

    #[test]
    fn a_task_lives_until_its_body_is_dropped_and_no_worker_leaves_before() {
        struct Slow(mpsc::Sender<()>, mpsc::Receiver<()>);
        impl Drop for Slow {
            fn drop(&mut self) {
                self.0.send(()).unwrap();
                let _ = self.1.recv();
            }
        }
        let (told, heard) = mpsc::channel();
        let executor = Executor::builder().threads(3).driver(Freed(Parker::new(), told)).build().unwrap();
        let (dropping, is_dropping) = mpsc::channel();
        let (go, may_go) = mpsc::channel();
        let slow = Slow(dropping, may_go);
        let task = executor.spawn(async move {
            let _slow = slow;
            pending::<()>().await;
        });
        task.cancel();
        is_dropping.recv().unwrap();
        assert_eq!(executor.metrics().live_tasks, 1);
        assert!(!task.is_finished());
        drop(executor);
        assert!(heard.try_recv().is_err(), "its state is there");
        assert!(!task.is_finished());
        go.send(()).unwrap();
        assert!(plainly(task).is_err());
        assert_eq!(heard.iter().collect::<Vec<_>>(), ["freed"]);
    }

    #[test]
    fn a_wake_that_ends_the_executor_does_not_outlive_what_it_touches() {
        // The waker's push is the last thing that its task needed: task, executor and state go while the push returns.
        for round in 0..300 {
            let (told, heard) = mpsc::channel();
            let executor = Executor::builder().threads(2).driver(Freed(Parker::new(), told)).build().unwrap();
            let (sender, receiver) = futures::channel::oneshot::channel::<()>();
            executor
                .task()
                .eager()
                .spawn(async move {
                    let _guard = motet_cancel::guard(receiver, |receiver, _| async move { receiver.await.unwrap() });
                    pending::<()>().await;
                })
                .detach();
            drop(executor);
            for _ in 0..round % 5 {
                thread::yield_now();
            }
            sender.send(()).unwrap();
            assert_eq!(heard.recv(), Ok("freed"));
        }
    }
}
