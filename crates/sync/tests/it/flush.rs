//! What comes while a crowd is being woken: wakers are called in batches, with no lock held, and any of them may notify, join or leave.

use motet_sync::{
    Acquire, Condition, ConditionWait, Lock, LockGuard, Notified, Notify, ReadFuture, RwLock, Semaphore, WriteFuture,
};
use motet_test::WakeCount;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};

/// More than one batch.
const CROWD: usize = 40;

/// A waker that does something when it is called for the first time. What it does must not panic: a waker's panic stops at the notifier.
pub(crate) fn once(run: impl FnOnce() + Send + 'static) -> Waker {
    struct Once<F>(Mutex<Option<F>>);
    impl<F: FnOnce() + Send> Wake for Once<F> {
        fn wake(self: Arc<Self>) {
            let run = self.0.lock().expect("no panic").take();
            if let Some(run) = run {
                run();
            }
        }
    }
    Waker::from(Arc::new(Once(Mutex::new(Some(run)))))
}

type Place<F> = Option<Pin<Box<F>>>;
/// Those who wait, where a waker can get at them.
type Line<F> = Mutex<Vec<Place<F>>>;

fn is_ready<F: Future>(place: &mut Place<F>) -> bool {
    let wait = place.as_mut().expect("it is still in line");
    wait.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

/// Whether each one is ready, in order. None is dropped before all were asked.
fn ready<F: Future>(line: &Line<F>) -> Vec<bool> {
    let mut line = line.lock().expect("no panic");
    line.iter_mut().map(is_ready).collect()
}

/// A crowd joins the line; the waker of the first does something.
fn join<F: Future>(line: &Line<F>, mut wait: impl FnMut() -> F, wake: impl FnOnce() + Send + 'static) {
    let first = once(wake);
    let mut line = line.lock().expect("no panic");
    for number in 0..CROWD {
        let mut wait = Box::pin(wait());
        let waker = if number == 0 { &first } else { Waker::noop() };
        assert!(wait.as_mut().poll(&mut Context::from_waker(waker)).is_pending());
        line.push(Some(wait));
    }
}

/// One more joins, from within a waker.
fn join_late<F: Future>(line: &Line<F>, wait: F) {
    let mut wait = Box::pin(wait);
    let _pending = wait.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    line.lock().expect("no panic").push(Some(wait));
}

/// The crowd, and those who came late.
fn outcome(late: &[bool]) -> Vec<bool> {
    let mut all = vec![true; CROWD];
    all.extend(late);
    all
}

fn is_stored(notify: &Notify) -> bool {
    WakeCount::new().poll(std::pin::pin!(notify.notified())).is_ready()
}

#[test]
fn a_notify_one_while_all_are_woken_is_stored() {
    static NOTIFY: Notify = Notify::new();
    static LINE: Line<Notified<'static>> = Mutex::new(Vec::new());
    join(&LINE, || NOTIFY.notified(), || NOTIFY.notify_one());
    NOTIFY.notify_all();
    assert_eq!(ready(&LINE), outcome(&[]));
    assert!(is_stored(&NOTIFY), "it went to one who had been notified already");
    assert!(!is_stored(&NOTIFY));
}

#[test]
fn a_notify_one_while_all_are_woken_goes_to_who_joined_after_that() {
    static NOTIFY: Notify = Notify::new();
    static LINE: Line<Notified<'static>> = Mutex::new(Vec::new());
    join(
        &LINE,
        || NOTIFY.notified(),
        || {
            join_late(&LINE, NOTIFY.notified());
            join_late(&LINE, NOTIFY.notified());
            NOTIFY.notify_one();
        },
    );
    NOTIFY.notify_all();
    assert_eq!(ready(&LINE), outcome(&[true, false]));
}

#[test]
fn who_begins_to_wait_after_both_of_two_nested_notify_all_is_not_meant() {
    static NOTIFY: Notify = Notify::new();
    static LINE: Line<Notified<'static>> = Mutex::new(Vec::new());
    join(
        &LINE,
        || NOTIFY.notified(),
        || {
            join_late(&LINE, NOTIFY.notified());
            NOTIFY.notify_all();
            join_late(&LINE, NOTIFY.notified());
        },
    );
    NOTIFY.notify_all();
    assert_eq!(ready(&LINE), outcome(&[true, false]));
}

type Wait = ConditionWait<'static, LockGuard<'static, ()>>;
/// What the first waker does, given a way to make one more wait.
type Meddle = fn(&'static Condition, fn() -> Wait, &'static Line<Wait>);

/// Runs `notify` against a crowd whose first waker does `wake`; who is ready afterwards.
macro_rules! condition_flush {
    ($wake:expr, $notify:expr) => {{
        static LOCK: Lock<()> = Lock::new(());
        static CHANGED: Condition = Condition::new();
        static LINE: Line<Wait> = Mutex::new(Vec::new());
        fn wait() -> Wait {
            CHANGED.wait(LOCK.try_lock().expect("each gives it up when it joins"))
        }
        let wake: Meddle = $wake;
        join(&LINE, wait, move || wake(&CHANGED, wait, &LINE));
        let notify: fn(&Condition) = $notify;
        notify(&CHANGED);
        ready(&LINE)
    }};
}

/// S12, S17.
#[test]
fn a_notification_while_others_are_woken_goes_to_who_joined_before_it() {
    let joins_and_notifies: Meddle = |changed, wait, line| {
        join_late(line, wait());
        join_late(line, wait());
        changed.notify(1);
    };
    assert_eq!(condition_flush!(joins_and_notifies, Condition::notify_all), outcome(&[true, false]));
    assert_eq!(condition_flush!(joins_and_notifies, |changed| changed.notify(CROWD)), outcome(&[true, false]));
    assert_eq!(condition_flush!(joins_and_notifies, |changed| changed.notify(CROWD * 2)), outcome(&[true, false]));
}

/// S12, S17: "all", and "so many", are those who wait when it is said.
#[test]
fn who_joins_while_others_are_woken_is_not_meant() {
    let joins: Meddle = |_, wait, line| join_late(line, wait());
    assert_eq!(condition_flush!(joins, Condition::notify_all), outcome(&[false]));
    assert_eq!(condition_flush!(joins, |changed| changed.notify(usize::MAX)), outcome(&[false]));
}

/// S15, S17.
#[test]
fn a_notify_all_while_others_are_woken_reaches_all_who_joined_before_it() {
    let nests: Meddle = |changed, wait, line| {
        join_late(line, wait());
        changed.notify_all();
        join_late(line, wait());
    };
    assert_eq!(condition_flush!(nests, Condition::notify_all), outcome(&[true, false]));
    assert_eq!(condition_flush!(nests, |changed| changed.notify(CROWD)), outcome(&[true, false]));
}

/// The last of the crowd leaves, and is dropped, while the first is woken: it had been notified, and not been reached yet.
fn last_leaves(line: &Line<Wait>) {
    let gone = line.lock().expect("no panic").remove(CROWD - 1);
    drop(gone);
}

/// S15.
#[test]
fn a_notification_of_one_who_leaves_before_it_is_reached_goes_to_the_next() {
    let leaves: Meddle = |_, wait, line| {
        join_late(line, wait());
        join_late(line, wait());
        last_leaves(line);
    };
    let expected: Vec<bool> = [vec![true; CROWD - 1], vec![true, false]].concat();
    assert_eq!(condition_flush!(leaves, |changed| changed.notify(CROWD)), expected);
}

/// S15: it is not stored for one who joins after that.
#[test]
fn a_notification_of_one_who_leaves_before_it_is_reached_with_nobody_behind_is_gone() {
    let leaves: Meddle = |_, wait, line| {
        last_leaves(line);
        join_late(line, wait());
    };
    let expected: Vec<bool> = [vec![true; CROWD - 1], vec![false]].concat();
    assert_eq!(condition_flush!(leaves, |changed| changed.notify(CROWD)), expected);
    assert_eq!(condition_flush!(leaves, Condition::notify_all), expected);
}

/// S15: after `notify_all` there is nothing to pass on, and the count of those who wait stays right.
#[test]
fn one_who_leaves_before_notify_all_reaches_it_passes_nothing_on() {
    let leaves: Meddle = |changed, wait, line| {
        join_late(line, wait());
        join_late(line, wait());
        last_leaves(line);
        changed.notify(1);
    };
    let expected: Vec<bool> = [vec![true; CROWD - 1], vec![true, false]].concat();
    assert_eq!(condition_flush!(leaves, Condition::notify_all), expected);
}

/// Takes what those who wait were granted, and keeps it; how many they are.
fn granted<F: Future>(line: &Line<F>) -> usize {
    let mut granted = 0;
    for place in line.lock().expect("no panic").iter_mut() {
        let wait = place.as_mut().expect("it is still in line");
        if let Poll::Ready(held) = wait.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            std::mem::forget(held);
            granted += 1;
        }
    }
    granted
}

/// While the crowd is woken the last of it leaves, two come, and one more permit is released.
#[test]
fn permits_released_while_others_are_woken_are_neither_lost_nor_given_twice() {
    static SEATS: Semaphore = Semaphore::new(0);
    static LINE: Line<Acquire<'static>> = Mutex::new(Vec::new());
    join(
        &LINE,
        || SEATS.acquire(),
        || {
            join_late(&LINE, SEATS.acquire());
            join_late(&LINE, SEATS.acquire());
            join_late(&LINE, SEATS.acquire());
            let gone = LINE.lock().expect("no panic").remove(CROWD - 1);
            drop(gone);
            SEATS.release(1);
        },
    );
    SEATS.release(CROWD);
    assert_eq!((granted(&LINE), SEATS.available()), (CROWD + 1, 0));
}

/// While the crowd is let in, a reader of it is done, one leaves, and a writer comes: it waits for all who were before it.
#[test]
fn a_writer_that_comes_while_readers_are_woken_waits_for_them_all() {
    static TABLE: RwLock<()> = RwLock::new(());
    static LINE: Line<ReadFuture<'static, ()>> = Mutex::new(Vec::new());
    static WRITER: Line<WriteFuture<'static, ()>> = Mutex::new(Vec::new());
    let writing = TABLE.try_write();
    join(
        &LINE,
        || TABLE.read(),
        || {
            join_late(&WRITER, TABLE.write());
            let mut line = LINE.lock().expect("no panic");
            let (last, first) = (line.remove(CROWD - 1), line.remove(0));
            drop(line);
            drop((first, last));
        },
    );
    drop(writing);
    assert_eq!(granted(&WRITER), 0);
    assert_eq!(ready(&LINE), vec![true; CROWD - 2], "each is done at once");
    assert_eq!(granted(&WRITER), 1);
}
