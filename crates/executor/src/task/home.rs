//! Who runs a task, in one word.

use crate::foreign::Pump;
use crate::local::{LocalQueue, QueuePointer};
use crate::pool::{Shard, ShardPointer};
use core::mem::ManuallyDrop;
use core::ptr::NonNull;
use motet_prim::atomic::{AtomicPtr, Ordering};
use std::sync::Arc;

/// Who runs a task, and is told of its end.
pub(crate) enum Home {
    /// The workers of an executor; the shard lists the task.
    Pool(ShardPointer),
    /// The blocking threads of an executor.
    Blocking(ShardPointer),
    /// A local executor.
    Local(QueuePointer),
    /// Somebody else's executor.
    Foreign(Arc<Pump>),
}

/// The same in one word: an address, with what it is that of in the two bits that its alignment leaves free.
///
/// Once a task of an executor has ended, the word is a link: see [`Record::link`](super::Record::link). Until then nobody writes it.
pub(super) struct Address(AtomicPtr<()>);

const POOL: usize = 0;
const BLOCKING: usize = 1;
const LOCAL: usize = 2;
const FOREIGN: usize = 3;
const KINDS: usize = 3;

const _: () = assert!(align_of::<Shard>() > KINDS && align_of::<LocalQueue>() > KINDS && align_of::<Pump>() > KINDS);

const _: () = {
    const fn is_send_and_sync<T: Send + Sync + 'static>() {}
    is_send_and_sync::<Home>();
};

impl Home {
    /// Packs the home; it is to be [unpacked](Address::home) again, or it leaks.
    pub(super) fn pack(self) -> Address {
        let (kind, address) = match self {
            Self::Pool(shard) => (POOL, shard.address()),
            Self::Blocking(shard) => (BLOCKING, shard.address()),
            Self::Local(queue) => (LOCAL, queue.address()),
            Self::Foreign(pump) => {
                let pump = Arc::into_raw(pump).cast_mut().cast();
                (FOREIGN, NonNull::new(pump).expect("an `Arc` is not null"))
            }
        };
        Address(AtomicPtr::new(address.as_ptr().map_addr(|address| address | kind)))
    }
}

impl Address {
    /// The shard of a task of a pool.
    #[inline]
    pub(super) fn pool(&self) -> Option<ShardPointer> {
        const { assert!(POOL == 0, "then the address is as it was") };
        let address = self.load();
        // SAFETY: what was packed was not null.
        let address = (address.addr() & KINDS == POOL).then(|| unsafe { NonNull::new_unchecked(address) })?;
        // SAFETY: the address is that of a shard.
        Some(unsafe { ShardPointer::from_address(address) })
    }

    /// Whether there is something to drop.
    pub(super) fn counts(&self) -> bool {
        self.load().addr() & KINDS == FOREIGN
    }

    /// The word itself.
    pub(super) fn word(&self) -> &AtomicPtr<()> {
        &self.0
    }

    #[inline]
    fn load(&self) -> *mut () {
        // Relaxed: written before anybody else knew of the task.
        self.0.load(Ordering::Relaxed)
    }

    /// The home, which counts for nothing as long as it is not dropped, and does not outlive this.
    pub(super) fn home(&self) -> ManuallyDrop<Home> {
        let word = self.load();
        let address = word.map_addr(|address| address & !KINDS);
        // SAFETY: what was packed was not null.
        let address = unsafe { NonNull::new_unchecked(address) };
        ManuallyDrop::new(match word.addr() & KINDS {
            // SAFETY: the address is that of a shard.
            POOL => Home::Pool(unsafe { ShardPointer::from_address(address) }),
            // SAFETY: as above.
            BLOCKING => Home::Blocking(unsafe { ShardPointer::from_address(address) }),
            // SAFETY: the address is that of a queue.
            LOCAL => Home::Local(unsafe { QueuePointer::from_address(address) }),
            // SAFETY: the address is that of an `Arc`, which is counted once for this.
            _ => Home::Foreign(unsafe { Arc::from_raw(address.as_ptr().cast_const().cast()) }),
        })
    }
}
