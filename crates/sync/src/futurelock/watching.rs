//! Keeping an eye on grants: a table of those that were not taken yet.
//!
//! ```text
//!   granted (under the line's lock) ──▶ in the table ──taken: polled or dropped──▶ out of it
//!                                           │
//!                                           └ look (another waiter is polled), taken too late: reported, once
//! ```
//!
//! The table has a lock of its own, under which nothing else is locked and nothing foreign is called. It allocates nothing; while
//! it is full, further grants are not watched.

use core::panic::Location;
use std::sync::Arc;
use std::time::{Duration, Instant};

use motet_prim::atomic::{AtomicU64, Ordering};
use motet_prim::lock::Mutex;

use super::Futurelock;

const PLACES: usize = 64;

static GRANTS: Mutex<[Option<Grant>; PLACES]> = Mutex::new([None; PLACES]);
static NEXT: AtomicU64 = AtomicU64::new(0);
static THRESHOLD_NANOS: AtomicU64 = AtomicU64::new(1_000_000_000);
static HOOK: Mutex<Option<Hook>> = Mutex::new(None);

type Hook = Arc<dyn Fn(&Futurelock) + Send + Sync>;

/// What is known of a waiter.
#[derive(Clone, Copy, Debug)]
pub struct Watch {
    what: &'static str,
    made_at: &'static Location<'static>,
    /// The number of its grant, while it has one that is watched.
    grant: Option<u64>,
}

/// One that was given something, and has not been polled since.
#[derive(Clone, Copy)]
struct Grant {
    number: u64,
    /// The address of what it waited for.
    lock: usize,
    what: &'static str,
    made_at: &'static Location<'static>,
    since: Instant,
    reported: bool,
}

impl Watch {
    /// A waiter that is made where the caller says so.
    #[track_caller]
    pub(crate) fn new(what: &'static str) -> Self {
        Self { what, made_at: Location::caller(), grant: None }
    }

    /// By the granter, under the line's lock.
    pub(crate) fn granted<L>(&mut self, lock: &L) {
        // Relaxed: a number, and no more.
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let Self { what, made_at, .. } = *self;
        let grant = Grant { number, lock: address(lock), what, made_at, since: Instant::now(), reported: false };
        let mut grants = GRANTS.lock();
        if let Some(place) = grants.iter_mut().find(|place| place.is_none()) {
            *place = Some(grant);
            self.grant = Some(number);
        }
    }

    /// By the waiter, when it is polled or dropped after the grant. No lock is held.
    pub(crate) fn taken(&mut self) {
        let Some(number) = self.grant.take() else { return };
        let taken = {
            let mut grants = GRANTS.lock();
            let place = grants.iter_mut().find(|place| place.is_some_and(|grant| grant.number == number));
            place.and_then(Option::take)
        };
        if let Some(grant) = taken.filter(|grant| !grant.reported && grant.is_overdue()) {
            report(&grant);
        }
    }
}

impl Grant {
    fn is_overdue(&self) -> bool {
        // Relaxed: a setting, read at some time or other.
        self.since.elapsed() >= Duration::from_nanos(THRESHOLD_NANOS.load(Ordering::Relaxed))
    }

    fn told(&self) -> Futurelock {
        Futurelock { what: self.what, made_at: self.made_at, unpolled: self.since.elapsed() }
    }
}

/// By another waiter of the same lock, which is pending. No lock is held.
pub(crate) fn look<'a, L: 'a>(lock: impl FnOnce() -> Option<&'a L>) {
    let Some(lock) = lock() else { return };
    let found = {
        let mut grants = GRANTS.lock();
        let mut of_this = grants.iter_mut().flatten().filter(|grant| grant.lock == address(lock));
        let overdue = of_this.find(|grant| !grant.reported && grant.is_overdue());
        overdue.map(|grant| {
            grant.reported = true;
            *grant
        })
    };
    if let Some(grant) = found {
        report(&grant);
    }
}

fn address<L>(lock: &L) -> usize {
    core::ptr::from_ref(lock).addr()
}

fn report(grant: &Grant) {
    let hook = HOOK.lock().clone();
    let told = grant.told();
    // It may be called within a drop, which must not panic.
    let _reported_by_the_panic_hook = std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| match hook {
        Some(hook) => hook(&told),
        None => eprintln!("{told}"),
    }));
}

pub(super) fn set_hook(hook: impl Fn(&Futurelock) + Send + Sync + 'static) {
    let before = HOOK.lock().replace(Arc::new(hook));
    // Outside of the lock: it is foreign code.
    drop(before);
}

pub(super) fn set_threshold(threshold: Duration) {
    let nanos = u64::try_from(threshold.as_nanos()).unwrap_or(u64::MAX);
    // Relaxed: a setting, read at some time or other.
    THRESHOLD_NANOS.store(nanos, Ordering::Relaxed);
}

pub(super) fn overdue() -> Vec<Futurelock> {
    GRANTS.lock().iter().flatten().filter(|grant| grant.is_overdue()).map(Grant::told).collect()
}
