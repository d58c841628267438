//! The contestants behind one trait: each counts how often somebody was inside.

use crate::pooled::YieldNow;
use motet_prim::atomic::{AtomicU64, Ordering};
use std::future::Future;
use std::marker::PhantomData;

/// Something that lets tasks in, so many at a time.
pub(crate) trait Door: Send + Sync + 'static {
    /// One that nobody is inside of.
    fn new() -> Self;

    /// Goes in, counts, and leaves.
    fn pass(&self) -> impl Future<Output = ()> + Send;

    /// Goes in, yields, counts, and leaves.
    fn pass_slowly(&self) -> impl Future<Output = ()> + Send;
}

/// Locks with a value inside.
macro_rules! locks {
    ($($(#[$note:meta])* $name:ident($lock:ty) = $new:path, $enter:ident;)+) => {$(
        $(#[$note])*
        pub(crate) struct $name($lock);

        impl Door for $name {
            fn new() -> Self {
                Self($new(0))
            }

            async fn pass(&self) {
                *self.0.$enter().await += 1;
            }

            async fn pass_slowly(&self) {
                let mut count = self.0.$enter().await;
                YieldNow::default().await;
                *count += 1;
            }
        }
    )+};
}

locks! {
    MotetLock(motet_sync::Lock<u64>) = motet_sync::Lock::new, lock;
    MotetUnfairLock(motet_sync::Lock<u64>) = motet_sync::Lock::unfair, lock;
    TokioLock(tokio::sync::Mutex<u64>) = tokio::sync::Mutex::new, lock;
    AsyncLock(async_lock::Mutex<u64>) = async_lock::Mutex::new, lock;
    AsyncbandLock(asyncband::mutex::Mutex<u64>) = asyncband::mutex::Mutex::new, lock;
    FuturesLock(futures::lock::Mutex<u64>) = futures::lock::Mutex::new, lock;
    XutexLock(xutex::AsyncMutex<u64>) = xutex::AsyncMutex::new, lock;
}

/// How many a semaphore lets in.
pub(crate) trait Permits: Send + Sync + 'static {
    /// The number.
    const COUNT: usize;
}

/// One.
pub(crate) enum One {}

/// Three.
pub(crate) enum Three {}

impl Permits for One {
    const COUNT: usize = 1;
}

impl Permits for Three {
    const COUNT: usize = 3;
}

/// Doors without a value: the count stands beside them.
macro_rules! counting {
    ($($name:ident($door:ty) = $new:expr, |$of:ident| $enter:expr, |$inside:ident| $leave:expr;)+) => {$(
        pub(crate) struct $name<P = One> {
            door: $door,
            count: AtomicU64,
            _permits: PhantomData<P>,
        }

        impl<P: Permits> Door for $name<P> {
            fn new() -> Self {
                Self { door: $new, count: AtomicU64::new(0), _permits: PhantomData }
            }

            async fn pass(&self) {
                let $of = &self.door;
                let $inside = $enter;
                count(&self.count);
                $leave;
            }

            async fn pass_slowly(&self) {
                let $of = &self.door;
                let $inside = $enter;
                YieldNow::default().await;
                count(&self.count);
                $leave;
            }
        }
    )+};
}

/// As plain as a count behind a guard.
fn count(counted: &AtomicU64) {
    // Relaxed: what is counted is not looked at; nothing is locked on the bus.
    counted.store(counted.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
}

counting! {
    SaaLock(saa::Lock) = saa::Lock::new(),
        |lock| { lock.lock_async().await; lock }, |lock| lock.release_lock();
    SaaRead(saa::Lock) = saa::Lock::new(),
        |lock| { lock.share_async().await; lock }, |lock| lock.release_share();
    SaaSemaphore(saa::Semaphore) = saa::Semaphore::with_permits(P::COUNT),
        |seats| { seats.acquire_async().await; seats }, |seats| seats.release();
    MotetSemaphore(motet_sync::Semaphore) = motet_sync::Semaphore::new(P::COUNT),
        |seats| seats.acquire().await, |permit| drop(permit);
    MotetUnfairSemaphore(motet_sync::Semaphore) = motet_sync::Semaphore::unfair(P::COUNT),
        |seats| seats.acquire().await, |permit| drop(permit);
    TokioSemaphore(tokio::sync::Semaphore) = tokio::sync::Semaphore::new(P::COUNT),
        |seats| seats.acquire().await.expect("nobody closes it"), |permit| drop(permit);
    AsyncLockSemaphore(async_lock::Semaphore) = async_lock::Semaphore::new(P::COUNT),
        |seats| seats.acquire().await, |permit| drop(permit);
    AsyncbandSemaphore(asyncband::semaphore::Semaphore) = asyncband::semaphore::Semaphore::new(P::COUNT),
        |seats| seats.acquire(1).await, |permit| drop(permit);
    MotetRead(motet_sync::RwLock<u64>) = motet_sync::RwLock::new(0),
        |table| table.read().await, |guard| drop(guard);
    TokioRead(tokio::sync::RwLock<u64>) = tokio::sync::RwLock::new(0),
        |table| table.read().await, |guard| drop(guard);
    AsyncLockRead(async_lock::RwLock<u64>) = async_lock::RwLock::new(0),
        |table| table.read().await, |guard| drop(guard);
    AsyncbandRead(asyncband::rwlock::RwLock<u64>) = asyncband::rwlock::RwLock::new(0),
        |table| table.read().await, |guard| drop(guard);
}
