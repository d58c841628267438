//! A thread that ends drops its thread-locals: what they wake is woken as ever, with no lock held.

use crate::flush::once;
use motet_sync::{Latch, OwnedWaitMember, WaitGroup, WaitGroupWait};
use motet_test::Stepped;
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex, mpsc};
use std::task::{Context, Waker};
use std::thread;
use std::time::Duration;

#[test]
fn a_member_dropped_with_its_thread_wakes_with_no_lock_held() {
    static GROUP: LazyLock<Arc<WaitGroup>> = LazyLock::new(Arc::default);
    static BEHIND: Mutex<Option<Pin<Box<WaitGroupWait<'static>>>>> = Mutex::new(None);
    thread_local! {
        static MEMBER: RefCell<Option<OwnedWaitMember>> = const { RefCell::new(None) };
    }

    let member = GROUP.add_owned();
    let (left, has_left) = mpsc::channel();
    // Comes back for the line's lock: to take out who stands behind it.
    let waker = once(move || {
        let behind = BEHIND.lock().expect("no panic").take();
        drop(behind);
        left.send(()).expect("the test waits for it");
    });
    let (mut first, mut behind) = (Box::pin(GROUP.wait()), Box::pin(GROUP.wait()));
    assert!(first.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
    assert!(behind.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    *BEHIND.lock().expect("no panic") = Some(behind);
    // If the test fails, the lock that its drop would take stays locked.
    std::mem::forget(first);

    let thread = thread::spawn(move || {
        MEMBER.set(Some(member));
        // Whatever the thread keeps for its wakes is made after the member, and so it is torn down before it.
        let latch = Latch::new(1);
        let mut wait = Stepped::new(latch.wait());
        assert!(wait.poll().is_pending());
        latch.count_down();
        assert!(wait.is_woken());
    });
    has_left.recv_timeout(Duration::from_secs(20)).expect("the waker was called under the lock of its line");
    thread.join().expect("no panic");
}
