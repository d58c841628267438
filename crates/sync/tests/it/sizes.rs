//! Sizes, pinned: in words, on 64-bit targets.
#![cfg(target_pointer_width = "64")]

use motet_sync::{
    Acquire, AcquireOwned, Barrier, BarrierWait, BarrierWaitOwned, BoundedSemaphore, ClosableSemaphore, Condition,
    ConditionWait, ConditionWaitOwned, Event, EventWait, EventWaitOwned, Latch, LatchWait, LatchWaitOwned, Lock,
    LockFuture, LockGuard, LockOwnedFuture, MappedLockGuard, MappedReadGuard, MappedWriteGuard, Notified,
    NotifiedOwned, Notify, OnceCell, OnceWait, OnceWaitOwned, OwnedLockGuard, OwnedPermit, Permit, ReadFuture,
    ReadGuard, RwLock, RwLockUpgrade, Semaphore, WaitGroup, WaitGroupWait, WaitGroupWaitOwned, WriteFuture, WriteGuard,
};

/// What a waiter knows of where it was made, in the future and in its place in line, where futurelocks are watched.
const WATCHED: usize = if cfg!(debug_assertions) { 2 * 5 } else { 0 };

macro_rules! words {
    ($($type:ty => $words:expr),+ $(,)?) => {
        $(assert_eq!(size_of::<$type>(), $words * size_of::<usize>(), stringify!($type));)+
    };
}

#[test]
fn locks_and_signals_take_a_few_words() {
    words!(
        Lock<()> => 4,
        RwLock<()> => 4,
        Semaphore => 6,
        ClosableSemaphore => 6,
        BoundedSemaphore => 8,
        Event => 4,
        Notify => 4,
        Condition => 7,
        Latch => 3,
        WaitGroup => 3,
        OnceCell<()> => 5,
        Barrier => 9,
    );
}

#[test]
fn a_guard_is_a_pointer_and_a_permit_is_two_words() {
    words!(
        LockGuard<'static, u8> => 1,
        OwnedLockGuard<u8> => 1,
        MappedLockGuard<'static, u8> => 2,
        ReadGuard<'static, u8> => 1,
        WriteGuard<'static, u8> => 1,
        MappedReadGuard<'static, u8> => 2,
        MappedWriteGuard<'static, u8> => 2,
        Permit<'static> => 2,
        OwnedPermit => 2,
    );
}

#[test]
fn a_wait_takes_the_place_in_line_and_little_more() {
    words!(
        LockFuture<'static, u8> => 10 + WATCHED,
        LockOwnedFuture<u8> => 10 + WATCHED,
        ReadFuture<'static, u8> => 10 + WATCHED,
        WriteFuture<'static, u8> => 10 + WATCHED,
        RwLockUpgrade<&'static RwLock<u8>> => 10 + WATCHED,
        Acquire<'static> => 12 + WATCHED,
        AcquireOwned => 12 + WATCHED,
        EventWait<'static> => 11,
        Notified<'static> => 12,
        ConditionWait<'static, LockGuard<'static, u8>> => 19 + 2 * WATCHED,
        ConditionWaitOwned<OwnedLockGuard<u8>> => 19 + 2 * WATCHED,
        LatchWait<'static> => 4,
        WaitGroupWait<'static> => 6,
        OnceWait<'static, u8> => 4,
        BarrierWait<'static> => 5,
        EventWaitOwned => 11,
        NotifiedOwned => 12,
        LatchWaitOwned => 4,
        WaitGroupWaitOwned => 6,
        OnceWaitOwned<u8> => 4,
        BarrierWaitOwned => 6,
    );
}
