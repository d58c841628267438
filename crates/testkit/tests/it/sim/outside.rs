//! Other threads.

use futures::channel::oneshot;
use futures::task::SpawnExt;
use motet_test::Sim;
use motet_timer::sleep;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn while_the_clock_is_held_a_wake_from_a_thread_is_waited_for_and_time_stands_still() {
    let sim = Sim::new(1);
    let (ask, asked) = mpsc::channel::<oneshot::Sender<u32>>();
    let server = thread::spawn(move || {
        for (number, answer) in asked.into_iter().enumerate() {
            answer.send(u32::try_from(number).unwrap()).unwrap();
        }
    });
    let inner = sim.clone();
    let sum = sim.run(async move {
        let mut sum = 0;
        let alarm = motet_executor::spawn(sleep(HOUR));
        for _ in 0..100 {
            let hold = inner.hold_clock();
            let (sender, receiver) = oneshot::channel();
            ask.send(sender).unwrap();
            sum += receiver.await.unwrap();
            drop(hold);
        }
        assert_eq!(inner.elapsed(), Duration::ZERO);
        alarm.await.unwrap();
        sum
    });
    server.join().unwrap();
    assert_eq!((sum, sim.elapsed()), (99 * 100 / 2, HOUR));
}

#[test]
fn a_task_comes_from_another_thread_while_the_clock_is_held() {
    let sim = Sim::new(1);
    let (started, start) = mpsc::channel();
    let hold = sim.hold_clock();
    let remote = sim.clone();
    let (sender, receiver) = oneshot::channel();
    let thread = thread::spawn(move || {
        start.recv().unwrap();
        remote.spawn(async move { sender.send(thread::current().id()).unwrap() }).unwrap();
        drop(hold);
    });
    let ran_on = sim.run(async move {
        started.send(()).unwrap();
        receiver.await
    });
    assert_eq!(ran_on, Ok(thread::current().id()));
    thread.join().unwrap();
}

#[test]
fn a_task_spawned_before_the_run_starts_with_it() {
    let sim = Sim::new(1);
    let (sender, receiver) = oneshot::channel();
    sim.spawn(async move { sender.send(7).unwrap() }).unwrap();
    assert_eq!(sim.run(receiver), Ok(7));
}

#[test]
fn the_simulation_itself_moves_between_threads() {
    let sim = Sim::new(1);
    sim.run(async { sleep(HOUR).await });
    let there = sim.clone();
    thread::spawn(move || there.run(async { sleep(HOUR).await })).join().unwrap();
    assert_eq!(sim.elapsed(), 2 * HOUR);
}
