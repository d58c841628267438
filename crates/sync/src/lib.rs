//! Locks and signals for tasks, and for threads beside them. Works under any executor.
//!
//! Each is the size of a few words, is built by a `const fn`, and needs no executor, no timer and no other thread: a
//! waiter gives its waker and is woken. Tasks and threads (the `_blocking` kinds; those that end in `_for` have a limit) wait in
//! one line. Each wait is a named future; the `_owned` kinds hold an `Arc` of what they wait for, so that a service holds them between its
//! polls, without a box.
//!
//! | type | when | fairness | a wait dropped | allocates |
//! | --- | --- | --- | --- | --- |
//! | [`Lock`] (also [`Mutex`]) | one at a time uses a value, over awaits | FIFO; [`Lock::unfair`] is not | leaves the line; a lock that was handed to it goes on to the next | never |
//! | [`RwLock`] | many read a value at a time, or one writes | FIFO: neither readers nor writers starve | leaves the line; what it was granted goes on to the next | never |
//! | [`Semaphore`] | so many at a time | FIFO, many and single permits alike; [`Semaphore::unfair`] is not | leaves the line; its permits go on to the next | never |
//! | [`ClosableSemaphore`] | … until it is closed: then all who wait are told | as the semaphore | as the semaphore | never |
//! | [`BoundedSemaphore`] | … and a release too many is an error | as the semaphore | as the semaphore | never |
//! | [`Condition`] | the holder of a lock waits until its value has changed | FIFO | is without the lock; its notification goes to the next | never |
//! | [`Notify`] | one task, or all who wait, look again; one notification is stored | FIFO | leaves the line; its notification goes to the next | never |
//! | [`Event`] | something has happened, or is the case | all at once, the oldest is woken first | nothing happened | never |
//! | [`Barrier`] | so many wait for each other, round after round | all at once | is counted out | when it has to wait |
//! | [`OnceCell`] | a value is made once, by whoever needs it first | one makes it; if it fails, the oldest is called | nothing happened, or the next one makes it | when it has to wait |
//! | [`Latch`] | a known number of things is done | all at once | nothing happened | when it has to wait |
//! | [`WaitGroup`] | all who joined are done | all at once | nothing happened | when it has to wait |
//!
//! ```
//! use motet_sync::{Event, Lock, Semaphore};
//!
//! static FINISHED: Event = Event::new();
//! static SEATS: Semaphore = Semaphore::new(2);
//! static GUESTS: Lock<Vec<&str>> = Lock::new(Vec::new());
//!
//! async fn dine(name: &'static str) {
//!     let _seat = SEATS.acquire().await;
//!     GUESTS.lock().await.push(name);
//! }
//!
//! # motet_prim::park::block_on(async {
//! dine("Palestrina").await;
//! dine("Byrd").await;
//! FINISHED.set();
//! FINISHED.wait().await;
//! assert_eq!(*GUESTS.lock().await, ["Palestrina", "Byrd"]);
//! # });
//! ```
//!
//! No waker is called, cloned or dropped while one of our locks is held. No drop blocks or panics. A future that was given its lock and
//! is not polled any more holds up everybody else: builds with debug assertions name it, see [`futurelock`].
//!
//! # What stands on what
//!
//! | types | wait through | why |
//! | --- | --- | --- |
//! | [`Lock`], [`RwLock`], [`Semaphore`] and its kin | `motet_prim::WaitList` | a release hands over to one waiter in particular, on a hot path: the place in line lives in the future, so that waiting allocates nothing, and the grant is made under the line's own lock |
//! | [`Event`] | `motet_prim::WaitList` | a wait for it stands beside others in many a `select`, and is polled again and again: that takes no lock here, and no memory |
//! | [`Condition`], [`Notify`] | `motet_prim::WaitList` | a notification is such a grant too: it belongs to one waiter, or is stored, in one step with the line; and whoever is dropped with it hands it on |
//! | [`Barrier`], [`OnceCell`], [`Latch`], [`WaitGroup`] | the crate event-listener | a change of state after which those who wait look again, off the hot path. It stands behind a counter of waiters, so that a change nobody waits for touches no lock; and it is given a waker of ours, since it wakes under its lock. A wait of these allocates, and takes a lock on each poll. Their blocking kinds wait in the listener's own parker, in the same line as the tasks |

mod barrier;
mod condition;
mod event;
pub mod futurelock;
mod latch;
mod line;
mod lock;
mod notify;
mod once;
pub mod rwlock;
mod semaphore;
mod wait_group;

pub use barrier::{Barrier, BarrierTurn, BarrierWait, BarrierWaitOwned, Broken, ZeroParties};
pub use condition::{
    Condition, ConditionGuard, ConditionWait, ConditionWaitOwned, ConditionWaitWhile, ConditionWaitWhileOwned,
};
pub use event::{Event, EventWait, EventWaitOwned};
pub use latch::{Latch, LatchWait, LatchWaitOwned};
pub use lock::{
    Lock, Lock as Mutex, LockFuture, LockGuard, LockOwnedFuture, MappedLockGuard, OwnedLockGuard, OwnedMappedLockGuard,
};
pub use notify::{Notified, NotifiedOwned, Notify};
pub use once::{GetOrInit, GetOrTryInit, OnceCell, OnceWait, OnceWaitOwned, SetError};
#[doc(inline)]
pub use rwlock::{
    MappedReadGuard, MappedRwLockGuard, MappedWriteGuard, OwnedMappedReadGuard, OwnedMappedWriteGuard, OwnedReadGuard,
    OwnedUpgradableReadGuard, OwnedWriteGuard, ReadFuture, ReadGuard, ReadOwnedFuture, RwLock, RwLockFuture,
    RwLockGuard, RwLockUpgrade, UpgradableReadFuture, UpgradableReadGuard, UpgradableReadOwnedFuture, WriteFuture,
    WriteGuard, WriteOwnedFuture,
};
pub use semaphore::{
    Acquire, AcquireOwned, AnySemaphore, BoundedSemaphore, ClosableSemaphore, Closed, OverReleased, OwnedPermit,
    Permit, Semaphore, TryAcquireError,
};
pub use wait_group::{OwnedWaitMember, WaitGroup, WaitGroupWait, WaitGroupWaitOwned, WaitMember};
