//! Auto traits, pinned.

use motet_sync::{
    Acquire, AcquireOwned, Barrier, BarrierWait, BarrierWaitOwned, BoundedSemaphore, ClosableSemaphore, Condition,
    ConditionWait, ConditionWaitOwned, ConditionWaitWhileOwned, Event, EventWait, EventWaitOwned, Latch, LatchWait,
    LatchWaitOwned, Lock, LockFuture, LockGuard, LockOwnedFuture, MappedLockGuard, MappedReadGuard, MappedWriteGuard,
    Mutex, Notified, NotifiedOwned, Notify, OnceCell, OnceWait, OnceWaitOwned, OwnedLockGuard, OwnedMappedLockGuard,
    OwnedMappedReadGuard, OwnedMappedWriteGuard, OwnedPermit, OwnedWaitMember, OwnedWriteGuard, Permit, ReadFuture,
    ReadGuard, RwLock, Semaphore, WaitGroup, WaitGroupWait, WaitGroupWaitOwned, WriteGuard, WriteOwnedFuture,
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

motet_test::assert_send!(
    ClosableSemaphore,
    BoundedSemaphore,
    OwnedPermit<ClosableSemaphore>,
    AcquireOwned<BoundedSemaphore>
);
motet_test::assert_sync!(
    ClosableSemaphore,
    BoundedSemaphore,
    OwnedPermit<ClosableSemaphore>,
    AcquireOwned<BoundedSemaphore>
);
motet_test::assert_send!(RwLock<One>, RwLock<u8>, ReadGuard<'static, u8>, WriteGuard<'static, u8>, OwnedWriteGuard<u8>);
motet_test::assert_sync!(RwLock<u8>, ReadGuard<'static, u8>, WriteGuard<'static, u8>, ReadFuture<'static, u8>);
motet_test::assert_send!(ReadFuture<'static, u8>, WriteOwnedFuture<u8>);
motet_test::assert_not_sync!(RwLock<One>, RwLock<Two>, RwLock<Three>, ReadGuard<'static, One>, OwnedWriteGuard<One>);
motet_test::assert_not_send!(RwLock<Two>, RwLock<Three>, ReadGuard<'static, One>, WriteGuard<'static, Two>);
motet_test::assert_not_unpin!(ReadFuture<'static, u8>, WriteOwnedFuture<u8>, Notified<'static>);
motet_test::assert_send!(MappedReadGuard<'static, Two>, MappedWriteGuard<'static, One>, OwnedMappedReadGuard<u8, Two>);
motet_test::assert_sync!(MappedReadGuard<'static, Two>, MappedWriteGuard<'static, Two>, OwnedMappedWriteGuard<u8, Two>);
motet_test::assert_not_send!(
    MappedReadGuard<'static, One>,
    MappedWriteGuard<'static, Two>,
    MappedReadGuard<'static, Three>
);
motet_test::assert_not_send!(OwnedMappedReadGuard<One, u8>, OwnedMappedWriteGuard<One, u8>, OwnedMappedWriteGuard<u8, Two>);
motet_test::assert_not_sync!(MappedReadGuard<'static, One>, MappedWriteGuard<'static, One>, OwnedMappedWriteGuard<u8, One>);
motet_test::assert_send!(
    Condition,
    ConditionWait<'static, LockGuard<'static, u8>>,
    Notify,
    Notified<'static>,
    Barrier,
    BarrierWait<'static>
);
motet_test::assert_sync!(
    Condition,
    ConditionWait<'static, LockGuard<'static, u8>>,
    Notify,
    Notified<'static>,
    Barrier,
    BarrierWait<'static>
);
motet_test::assert_send!(
    OnceCell<One>,
    OnceWait<'static, u8>,
    Latch,
    LatchWait<'static>,
    WaitGroup,
    WaitGroupWait<'static>
);
motet_test::assert_sync!(OnceCell<u8>, OnceWait<'static, u8>, Latch, LatchWait<'static>, WaitGroup, OwnedWaitMember);
motet_test::assert_not_sync!(OnceCell<One>, OnceCell<Two>, OnceCell<Three>);
motet_test::assert_not_send!(OnceCell<Two>, OnceCell<Three>, ConditionWait<'static, LockGuard<'static, Three>>);

motet_test::assert_send!(
    EventWaitOwned,
    NotifiedOwned,
    BarrierWaitOwned,
    LatchWaitOwned,
    WaitGroupWaitOwned,
    OnceWaitOwned<u8>
);
motet_test::assert_sync!(
    EventWaitOwned,
    NotifiedOwned,
    BarrierWaitOwned,
    LatchWaitOwned,
    WaitGroupWaitOwned,
    OnceWaitOwned<u8>
);
motet_test::assert_not_send!(OnceWaitOwned<One>, OnceWaitOwned<Three>);
motet_test::assert_unpin!(BarrierWaitOwned, LatchWaitOwned, WaitGroupWaitOwned, OnceWaitOwned<u8>);
motet_test::assert_not_unpin!(EventWaitOwned, NotifiedOwned);
motet_test::assert_send!(
    ConditionWaitOwned<OwnedLockGuard<u8>>,
    ConditionWaitWhileOwned<OwnedLockGuard<u8>, fn(&mut u8) -> bool>
);
motet_test::assert_sync!(
    ConditionWaitOwned<OwnedLockGuard<u8>>,
    ConditionWaitWhileOwned<OwnedLockGuard<u8>, fn(&mut u8) -> bool>
);

const fn unwind_safe<T: std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
const _: () = unwind_safe::<Semaphore>();
const _: () = unwind_safe::<Event>();
