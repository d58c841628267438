//! Futures that are not `Send`, and futures that borrow.

use super::{Log, panic_of};
use futures::task::{LocalSpawn, LocalSpawnExt};
use motet_executor::yield_now;
use motet_test::Sim;
use motet_timer::sleep;
use std::cell::{Cell, RefCell};
use std::future::pending;
use std::rc::Rc;
use std::time::Duration;

#[test]
fn tasks_need_not_be_send() {
    let sim = Sim::new(1);
    let shared = Rc::new(RefCell::new(Vec::new()));
    sim.run(async {
        let tasks: Vec<_> = (0..10)
            .map(|n| {
                let shared = shared.clone();
                let push = async move {
                    sleep(Duration::from_secs(10 - n)).await;
                    shared.borrow_mut().push(n);
                };
                sim.spawn_local_with_handle(push).unwrap()
            })
            .collect();
        for task in tasks {
            task.await;
        }
    });
    assert_eq!(*shared.borrow(), [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
}

#[test]
fn the_main_future_may_borrow() {
    let turns = Cell::new(0);
    Sim::new(1).run(async {
        while turns.get() < 3 {
            yield_now().await;
            turns.set(turns.get() + 1);
        }
    });
    assert_eq!(turns.get(), 3);
}

#[test]
fn a_local_task_that_is_left_is_cancelled_and_dropped_before_run_returns() {
    let sim = Sim::new(1);
    let held = Rc::new(());
    let inside = held.clone();
    sim.run(async {
        sim.spawn_local(async move {
            let _held = inside;
            pending::<()>().await;
        })
        .unwrap();
        sleep(Duration::from_secs(1)).await;
        assert_eq!(Rc::strong_count(&held), 2);
    });
    assert_eq!(Rc::strong_count(&held), 1);
}

#[test]
fn a_local_spawn_outside_of_the_run_is_refused() {
    let sim = Sim::new(1);
    assert!(sim.status_local().is_err());
    assert!(sim.spawn_local(async {}).unwrap_err().is_shutdown());
    sim.run(async {
        assert!(sim.status_local().is_ok());
        let sim = sim.clone();
        std::thread::spawn(move || assert!(sim.spawn_local(async {}).is_err())).join().unwrap();
    });
}

#[test]
fn another_simulation_may_run_inside_and_the_same_may_not() {
    let (outer, inner, log) = (Sim::new(1), Sim::new(2), Log::default());
    outer.run(async {
        sleep(Duration::from_secs(1)).await;
        inner.run(async {
            sleep(Duration::from_secs(10)).await;
            let seen = log.clone();
            outer.spawn_local(async move { seen.note("outer") }).unwrap();
        });
        let message = panic_of(|| outer.run(async {}));
        assert!(message.contains("runs already"), "{message}");
        sleep(Duration::from_secs(1)).await;
    });
    assert_eq!((outer.elapsed(), inner.elapsed()), (Duration::from_secs(2), Duration::from_secs(10)));
    assert_eq!(log.take(), ["outer"]);
}
