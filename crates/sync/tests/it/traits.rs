//! Auto traits and sizes, pinned.

use motet_sync::{
    Acquire, AcquireOwned, Event, EventWait, Lock, LockFuture, LockGuard, LockOwnedFuture, MappedLockGuard, Mutex,
    OwnedLockGuard, OwnedMappedLockGuard, OwnedPermit, Permit, Semaphore,
};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::MutexGuard;

/// `Send`, and not `Sync`.
type One = Cell<u8>;
/// `Sync`, and not `Send`.
type Two = MutexGuard<'static, u8>;
/// Neither.
type Three = Rc<u8>;

motet_test::assert_send!(Lock<One>, LockFuture<'static, One>, LockOwnedFuture<One>, LockGuard<'static, One>);
motet_test::assert_send!(OwnedLockGuard<One>, MappedLockGuard<'static, One>, OwnedMappedLockGuard<One, One>);
motet_test::assert_sync!(Lock<One>, LockFuture<'static, One>, LockGuard<'static, u8>, OwnedLockGuard<u8>);
motet_test::assert_sync!(MappedLockGuard<'static, Two>, OwnedMappedLockGuard<One, Two>);
motet_test::assert_not_send!(Lock<Two>, Lock<Three>, LockGuard<'static, Two>, OwnedLockGuard<Two>);
motet_test::assert_not_send!(MappedLockGuard<'static, Two>, OwnedMappedLockGuard<Two, u8>, LockOwnedFuture<Three>);
motet_test::assert_not_sync!(Lock<Two>, Lock<Three>, LockGuard<'static, One>, OwnedLockGuard<One>);
motet_test::assert_not_sync!(MappedLockGuard<'static, One>, OwnedMappedLockGuard<u8, One>);
motet_test::assert_unpin!(Lock<u8>, Mutex<u8>, LockGuard<'static, u8>, OwnedLockGuard<u8>, Semaphore, Event);
motet_test::assert_not_unpin!(LockFuture<'static, u8>, LockOwnedFuture<u8>, Acquire<'static>, EventWait<'static>);

motet_test::assert_send!(Semaphore, Acquire<'static>, AcquireOwned, Permit<'static>, OwnedPermit);
motet_test::assert_sync!(Semaphore, Acquire<'static>, AcquireOwned, Permit<'static>, OwnedPermit);
motet_test::assert_send!(Event, EventWait<'static>);
motet_test::assert_sync!(Event, EventWait<'static>);

const fn unwind_safe<T: std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
const _: () = unwind_safe::<Semaphore>();
const _: () = unwind_safe::<Event>();

#[test]
fn they_are_small() {
    let word = size_of::<usize>();
    assert_eq!(size_of::<Lock<()>>(), 4 * word);
    assert_eq!(size_of::<Event>(), 3 * word);
    assert_eq!(size_of::<Semaphore>(), 5 * word);
    assert!(size_of::<LockFuture<'static, u8>>() <= 10 * word);
    assert!(size_of::<EventWait<'static>>() <= 6 * word);
    assert!(size_of::<Acquire<'static>>() <= 12 * word);
    assert_eq!(size_of::<LockGuard<'static, u8>>(), word);
}
