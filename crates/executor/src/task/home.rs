//! Who runs a task, in a pointer and a byte.

use crate::foreign::Pump;
use crate::local::QueuePointer;
use crate::pool::ShardPointer;
use core::mem::ManuallyDrop;
use core::ptr::NonNull;
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

/// The same in two words of which the second is a byte: a record has a place for that among its other small fields.
pub(super) struct Address(NonNull<()>);

/// What the address is that of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Pool,
    Blocking,
    Local,
    Foreign,
}

// SAFETY: it is what `Home` is made of, and that is both (checked below).
unsafe impl Send for Address {}
// SAFETY: as above.
unsafe impl Sync for Address {}

const _: () = {
    const fn is_send_and_sync<T: Send + Sync + 'static>() {}
    is_send_and_sync::<Home>();
};

impl Home {
    /// Takes the home apart; it is to be put [together](Address::home) again, or it leaks.
    pub(super) fn into_parts(self) -> (Kind, Address) {
        let (kind, address) = match self {
            Self::Pool(shard) => (Kind::Pool, shard.address()),
            Self::Blocking(shard) => (Kind::Blocking, shard.address()),
            Self::Local(queue) => (Kind::Local, queue.address()),
            Self::Foreign(pump) => {
                let pump = Arc::into_raw(pump).cast_mut().cast();
                (Kind::Foreign, NonNull::new(pump).expect("an `Arc` is not null"))
            }
        };
        (kind, Address(address))
    }
}

impl Address {
    /// The home, which counts for nothing as long as it is not dropped.
    ///
    /// # Safety
    ///
    /// The two come from one call of [`Home::into_parts`], and what this gives does not outlive them.
    pub(super) unsafe fn home(&self, kind: Kind) -> ManuallyDrop<Home> {
        ManuallyDrop::new(match kind {
            // SAFETY: the address is that of a shard.
            Kind::Pool => Home::Pool(unsafe { ShardPointer::from_address(self.0) }),
            // SAFETY: as above.
            Kind::Blocking => Home::Blocking(unsafe { ShardPointer::from_address(self.0) }),
            // SAFETY: the address is that of a queue.
            Kind::Local => Home::Local(unsafe { QueuePointer::from_address(self.0) }),
            // SAFETY: the address is that of an `Arc`, which is counted once for the two.
            Kind::Foreign => Home::Foreign(unsafe { Arc::from_raw(self.0.as_ptr().cast_const().cast()) }),
        })
    }
}
