//! Fetching ahead: who alone gets from a store without a limit takes all that is there under one lock, and then item by item without any.
//!
//! ```text
//!                 fetch: swaps the store's items out, under the lock
//!    none ahead ─────────────────────────────────────────────────────▶ n ahead ──┐
//!      ▲   ▲                                                            │    ▲   │ next: n − 1, without a lock
//!      │   └──────────────────── next, of the last one ─────────────────┘    └───┘
//!      └── give_back: what is left, in front of the store's items, under the lock
//! ```
//!
//! The items are with the getter, their number is in [`Shared`]: they count as being in the queue. `fetch` and `next` have the getter by `&mut`;
//! whatever can be done with it by `&`, above all getting in another way and making another getter, gives back first.
//!
//! Who fetches must be the only one who can get, so that while items are ahead nobody waits to get, and no item that was handed over can come
//! back: it would belong before those that are ahead, or among them.
//!
//! The race to fear: two threads share the getter by `&`, and one finds the store empty while the other gives back. The number falls to zero under
//! the lock, together with the move. Who still sees it waits for the items' own lock, behind the one who gives back; who sees zero finds them in the
//! store, for it takes the lock after that.

use std::collections::VecDeque;

use super::order::{Fifo, KEPT_ITEMS, Store};
use super::sides::Nothing;
use super::{Shared, outlook};
use motet_prim::atomic::Ordering;
use motet_prim::lock::Mutex;

/// The items that a getter has fetched ahead.
pub(crate) struct Ahead<T> {
    items: Mutex<VecDeque<T>>,
}

impl<T> Ahead<T> {
    pub(crate) fn none() -> Self {
        Self { items: Mutex::new(VecDeque::new()) }
    }

    /// The next of the items that are ahead.
    #[inline]
    pub(crate) fn next(&mut self, shared: &Shared<T, Fifo>) -> Option<T> {
        let items = self.items.get_mut();
        let item = items.pop_front()?;
        // Relaxed: whoever goes by it either has the getter after us, or just counts.
        shared.ahead.store(items.len(), Ordering::Relaxed);
        if items.is_empty() && items.capacity() > KEPT_ITEMS {
            *items = VecDeque::new();
        }
        Some(item)
    }

    /// Gets an item, and fetches those behind it. None is ahead, and nobody else can get.
    pub(crate) fn fetch(&mut self, shared: &Shared<T, Fifo>) -> Result<T, Nothing> {
        let items = self.items.get_mut();
        debug_assert!(items.is_empty(), "fetched before what is ahead was got");
        let mut locked = shared.line.lock();
        let fetched = locked.store.len();
        if fetched < 2 {
            return shared.get_locked(locked);
        }
        debug_assert_eq!(locked.ledger.getters(), 0, "fetched past somebody who waits");
        locked.store.swap_out(items);
        locked.ledger.items_left(fetched);
        // Relaxed: `len` reads it under the lock; and see `next`.
        shared.ahead.store(fetched - 1, Ordering::Relaxed);
        outlook::note(&mut locked);
        drop(locked);
        items.pop_front().ok_or(Nothing::Empty)
    }

    /// Gives back what is ahead, if anything is.
    #[inline]
    pub(crate) fn give_back(&self, shared: &Shared<T, Fifo>) {
        // Relaxed: see the head of this file: the lock orders the items.
        if shared.ahead.load(Ordering::Relaxed) != 0 {
            self.give_items_back(shared);
        }
    }

    #[cold]
    #[inline(never)]
    fn give_items_back(&self, shared: &Shared<T, Fifo>) {
        let mut items = self.items.lock();
        if items.is_empty() {
            // Another thread was first.
            return;
        }
        let mut locked = shared.line.lock();
        // Or it would wait beside a store that is not empty.
        debug_assert_eq!(locked.ledger.getters(), 0, "somebody waits behind what was fetched ahead");
        locked.ledger.items_stored(items.len());
        locked.store.swap_in(&mut items);
        // Relaxed: as above.
        shared.ahead.store(0, Ordering::Relaxed);
        outlook::note(&mut locked);
        drop(locked);
        if items.capacity() > KEPT_ITEMS {
            *items = VecDeque::new();
        }
    }
}
