//! `Notify`: for one, or for all.

use motet_sync::{Notified, Notify};
use motet_test::{End, Stepped, drop_at_every_await_between};
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

fn in_line(notify: &Notify, waiters: usize) -> Vec<Stepped<Notified<'_>>> {
    let mut line: Vec<_> = (0..waiters).map(|_| Stepped::new(notify.notified())).collect();
    assert!(line.iter_mut().all(|waiter| waiter.poll().is_pending()));
    line
}

fn is_stored(notify: &Notify) -> bool {
    Stepped::new(notify.notified()).poll().is_ready()
}

#[test]
fn one_notification_is_stored_and_not_two() {
    let notify = Notify::new();
    notify.notify_one();
    notify.notify_one();
    assert!(is_stored(&notify));
    assert!(!is_stored(&notify));
}

#[test]
fn notify_one_wakes_one_after_the_other_in_order() {
    let notify = Notify::new();
    let mut line = in_line(&notify, 3);
    for turn in 0..3 {
        notify.notify_one();
        assert!(line[turn].is_woken());
        assert!(line[turn + 1..].iter().all(|waiter| !waiter.is_woken()));
    }
    assert!(line.iter_mut().all(|waiter| waiter.poll().is_ready()));
    assert!(!is_stored(&notify));
}

#[test]
fn a_newcomer_takes_nothing_from_one_who_was_notified() {
    let notify = Notify::new();
    let mut line = in_line(&notify, 1);
    notify.notify_one();
    assert!(!is_stored(&notify));
    assert!(line[0].poll().is_ready());
}

#[test]
fn notify_all_wakes_all_who_wait_and_stores_nothing() {
    for waiters in [1, 2, 32, 33, 100] {
        let notify = Notify::new();
        let mut line = in_line(&notify, waiters);
        notify.notify_all();
        assert!(line.iter_mut().all(|waiter| waiter.wakes() == 1 && waiter.poll().is_ready()), "{waiters} waiters");
        assert!(!is_stored(&notify));
    }
}

#[test]
fn notify_all_reaches_a_wait_that_was_not_polled_yet() {
    let notify = Notify::new();
    let mut begun = Stepped::new(notify.notified());
    notify.notify_all();
    let mut late = Stepped::new(notify.notified());
    assert!(begun.poll().is_ready());
    assert!(late.poll().is_pending());
}

#[test]
fn a_stored_notification_outlives_notify_all() {
    let notify = Notify::new();
    notify.notify_one();
    notify.notify_all();
    assert!(is_stored(&notify));
}

#[test]
fn a_waiter_dropped_after_its_notification_passes_it_on() {
    let notify = Notify::new();
    let mut line = in_line(&notify, 2);
    notify.notify_one();
    drop(line.remove(0));
    assert!(line[0].is_woken() && line[0].poll().is_ready());
}

#[test]
fn the_last_waiter_dropped_after_its_notification_stores_it() {
    let notify = Notify::new();
    let line = in_line(&notify, 1);
    notify.notify_one();
    drop(line);
    assert!(is_stored(&notify));
}

#[test]
fn a_waiter_dropped_after_notify_all_passes_nothing_on() {
    let notify = Notify::new();
    let released = in_line(&notify, 1);
    notify.notify_all();
    let mut late = in_line(&notify, 1);
    drop(released);
    assert!(!late[0].is_woken() && late[0].poll().is_pending());
}

#[test]
fn a_wait_dropped_at_any_await_loses_no_notification() {
    let report = drop_at_every_await_between(|| {
        let notify = Rc::new(Notify::new());
        let (theirs, given) = (notify.clone(), notify.clone());
        let future = async move {
            theirs.notified().await;
            theirs.notified().await;
        };
        // Between the two polls of each wait.
        let step = move |polls: usize| {
            if polls <= 2 {
                given.notify_one();
            }
        };
        let check = move |end: End<()>| {
            let left = match end {
                End::Dropped { polls } => polls == 1 || polls == 2,
                End::Completed(()) => false,
            };
            assert_eq!(is_stored(&notify), left, "{end:?}");
            notify.notify_one();
            assert!(is_stored(&notify));
        };
        (future, step, check)
    });
    assert!(report.completed && report.drops == 3, "{report:?}");
}

#[test]
fn each_of_many_notifications_ends_one_wait_of_a_thread() {
    const ROUNDS: usize = 1000;
    let (ping, pong) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (their_ping, their_pong) = (ping.clone(), pong.clone());
    let thread = thread::spawn(move || {
        for _ in 0..ROUNDS {
            their_ping.notified_blocking();
            their_pong.notify_one();
        }
    });
    futures::executor::block_on(async {
        for _ in 0..ROUNDS {
            ping.notify_one();
            pong.notified().await;
        }
    });
    thread.join().expect("no panic");
}
