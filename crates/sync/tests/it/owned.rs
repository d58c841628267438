//! Waits that keep alive what they wait for: a `'static` service holds them in its own struct, without a box.

use motet_sync::{
    Barrier, Broken, Condition, Event, EventWaitOwned, Latch, Lock, LockOwnedFuture, Notify, OnceCell, OwnedLockGuard,
    WaitGroup,
};
use motet_test::{End, Stepped, drop_at_every_await};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

motet_prim::pin_project! {
    /// Is ready once it is open, and its turn has come: what a service's `poll_ready` awaits, held between its polls.
    struct Service {
        #[pin]
        opens: EventWaitOwned,
        is_open: bool,
        #[pin]
        turn: LockOwnedFuture<u32>,
    }
}

impl Future for Service {
    type Output = OwnedLockGuard<u32>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        *this.is_open = *this.is_open || this.opens.poll(cx).is_ready();
        if *this.is_open { this.turn.poll(cx) } else { Poll::Pending }
    }
}

#[test]
fn a_service_that_outlives_its_maker_holds_its_waits() {
    fn service() -> (Service, Arc<Event>, Arc<Lock<u32>>) {
        let (open, turns) = (Arc::new(Event::new()), Arc::new(Lock::new(0)));
        (Service { opens: open.wait_owned(), is_open: false, turn: turns.lock_owned() }, open, turns)
    }
    fn outlives<T: 'static>(kept: T) -> T {
        kept
    }
    let (service, open, turns) = service();
    let mut service = Stepped::new(outlives(service));
    assert!(service.poll().is_pending());
    let held = turns.try_lock();
    open.set();
    assert!(service.is_woken() && service.poll().is_pending());
    drop(held);
    assert!(service.is_woken() && service.poll().is_ready());
}

/// One that waits and one that is dropped in line: nothing is kept, but by those who wait; and `release` ends the wait.
fn waits_and_leaves<T, F: Future>(shared: Arc<T>, wait: impl Fn(&Arc<T>) -> F, release: impl Fn(&T)) {
    let (mut first, mut second) = (Stepped::new(wait(&shared)), Stepped::new(wait(&shared)));
    assert!(first.poll().is_pending() && second.poll().is_pending());
    assert!(first.poll_with_new_waker().is_pending());
    drop(second);
    let weak = Arc::downgrade(&shared);
    release(&shared);
    drop(shared);
    assert!(weak.upgrade().is_some(), "the wait keeps it");
    assert!(first.is_woken() && first.poll().is_ready());
    drop(first);
    assert!(weak.upgrade().is_none());
}

#[test]
fn each_keeps_what_it_waits_for_as_long_as_it_waits() {
    waits_and_leaves(Arc::new(Event::new()), Event::wait_owned, Event::set);
    waits_and_leaves(Arc::new(Notify::new()), Notify::notified_owned, Notify::notify_one);
    waits_and_leaves(Arc::new(Notify::new()), Notify::notified_owned, Notify::notify_all);
    waits_and_leaves(Arc::new(Latch::new(1)), Latch::wait_owned, Latch::count_down);
    waits_and_leaves(Arc::new(OnceCell::new()), OnceCell::wait_owned, |cell| assert_eq!(cell.set(7), Ok(())));
    waits_and_leaves(Arc::new(Barrier::new(3).expect("not zero")), Barrier::wait_owned, Barrier::abort);
}

#[test]
fn each_is_ready_at_once_if_there_is_nothing_to_wait_for() {
    let (event, notify) = (Arc::new(Event::new()), Arc::new(Notify::new()));
    event.set();
    notify.notify_one();
    assert!(Stepped::new(event.wait_owned()).poll().is_ready());
    assert!(Stepped::new(notify.notified_owned()).poll().is_ready());
    assert!(Stepped::new(notify.notified_owned()).poll().is_pending(), "one was stored");
    assert!(Stepped::new(Arc::new(Latch::new(0)).wait_owned()).poll().is_ready());
    assert!(Stepped::new(Arc::new(WaitGroup::new()).wait_owned()).poll().is_ready());
    let cell = Stepped::new(Arc::new(OnceCell::from(7)).wait_owned()).poll();
    assert!(matches!(cell, Poll::Ready(cell) if cell.get() == Some(&7)));
    let alone = Stepped::new(Arc::new(Barrier::new(1).expect("not zero")).wait_owned()).poll();
    assert!(matches!(alone, Poll::Ready(Ok(turn)) if turn.is_leader));
}

#[test]
fn a_notify_all_reaches_an_owned_wait_that_was_not_polled_yet() {
    let notify = Arc::new(Notify::new());
    let mut begun = Stepped::new(notify.notified_owned());
    notify.notify_all();
    assert!(begun.poll().is_ready());
}

#[test]
fn an_owned_wait_dropped_after_its_notification_passes_it_on() {
    let notify = Arc::new(Notify::new());
    let (mut gone, mut next) = (Stepped::new(notify.notified_owned()), Stepped::new(notify.notified()));
    assert!(gone.poll().is_pending() && next.poll().is_pending());
    notify.notify_one();
    assert!(!next.is_woken());
    drop(gone);
    assert!(next.is_woken() && next.poll().is_ready());
}

#[test]
fn a_condition_and_its_lock_live_as_long_as_an_owned_wait() {
    let (lock, changed) = (Arc::new(Lock::new(0)), Arc::new(Condition::new()));
    let guard = lock.try_lock_owned().expect("free");
    let mut wait = Stepped::new(changed.wait_while_owned(guard, |count| *count < 2));
    for count in 1..=2 {
        assert!(wait.poll().is_pending());
        *lock.try_lock().expect("unlocked by the wait") = count;
        changed.notify(1);
        assert!(wait.is_woken());
    }
    let Poll::Ready(guard) = wait.poll() else { panic!("the predicate is false") };
    drop(wait);
    let mut wait = Stepped::new(changed.wait_owned(guard));
    assert!(wait.poll().is_pending());
    let (of_lock, of_condition) = (Arc::downgrade(&lock), Arc::downgrade(&changed));
    changed.notify_all();
    drop((lock, changed));
    assert!(wait.poll().is_ready());
    drop(wait);
    assert!(of_lock.upgrade().is_none() && of_condition.upgrade().is_none());
}

#[test]
fn an_owned_wait_of_a_condition_dropped_after_its_notification_passes_it_on() {
    for polled in [false, true] {
        let (lock, changed) = (Lock::new(0), Arc::new(Condition::new()));
        let wait = || {
            let mut wait = Stepped::new(changed.wait_owned(lock.try_lock().expect("free")));
            assert!(wait.poll().is_pending());
            wait
        };
        let (mut gone, mut next) = (wait(), wait());
        let holder = lock.try_lock();
        changed.notify(1);
        if polled {
            assert!(gone.poll().is_pending(), "the lock is taken");
        }
        assert!(!next.is_woken());
        drop((gone, holder));
        assert!(next.is_woken() && next.poll().is_ready());
    }
}

#[test]
fn an_owned_wait_for_a_group_ends_with_its_last_member() {
    let group = Arc::new(WaitGroup::new());
    let (one, two) = (group.add_owned(), group.add_owned());
    let mut wait = Stepped::new(group.wait_owned());
    assert!(wait.poll().is_pending());
    drop(one);
    assert!(!wait.is_woken());
    drop(two);
    let late = group.add_owned();
    assert!(wait.is_woken() && wait.poll().is_ready(), "a member that comes later is not waited for");
    drop(late);
}

#[test]
fn owned_and_borrowed_parties_meet_at_one_barrier() {
    let barrier = Arc::new(Barrier::new(3).expect("not zero"));
    for _round in 0..3 {
        let mut owned = [Stepped::new(barrier.wait_owned()), Stepped::new(barrier.wait_owned())];
        assert!(owned.iter_mut().all(|party| party.poll().is_pending()));
        assert!(matches!(Stepped::new(barrier.wait()).poll(), Poll::Ready(Ok(turn)) if turn.index == 0));
        // Until they have left, who comes for the next round waits at the door.
        let mut early = Stepped::new(barrier.wait_owned());
        assert!(early.poll().is_pending());
        let indices = owned.each_mut().map(|party| party.poll().map_ok(|turn| turn.index));
        assert_eq!(indices, [Poll::Ready(Ok(1)), Poll::Ready(Ok(2))]);
        assert!(early.is_woken() && early.poll().is_pending());
        assert_eq!(barrier.waiting(), 1);
        drop(early);
        assert_eq!(barrier.waiting(), 0, "it was counted out");
    }
    let mut broken = Stepped::new(barrier.wait_owned());
    assert!(broken.poll().is_pending());
    barrier.reset();
    assert_eq!(broken.poll(), Poll::Ready(Err(Broken)));
}

#[test]
fn an_owned_wait_dropped_at_any_await_leaves_nothing_behind() {
    let report = drop_at_every_await(|| {
        let (event, notify, latch) = (Arc::new(Event::new()), Arc::new(Notify::new()), Arc::new(Latch::new(1)));
        let (barrier, group) = (Arc::new(Barrier::new(2).expect("not zero")), Arc::new(WaitGroup::new()));
        let member = group.add_owned();
        let waits =
            (event.wait_owned(), notify.notified_owned(), latch.wait_owned(), barrier.wait_owned(), group.wait_owned());
        let future = async move { futures::join!(waits.0, waits.1, waits.2, waits.3, waits.4) };
        let check = move |end: End<_>| {
            assert!(matches!(end, End::Dropped { .. }));
            drop(member);
            latch.count_down();
            event.set();
            notify.notify_one();
            assert!(Stepped::new(notify.notified()).poll().is_ready(), "nobody took it");
            assert_eq!(barrier.waiting(), 0);
            assert_eq!((Arc::strong_count(&event), Arc::strong_count(&latch), Arc::strong_count(&group)), (1, 1, 1));
        };
        (future, check)
    });
    assert!(!report.completed && report.drops == 2, "{report:?}");
}
