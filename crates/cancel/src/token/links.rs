//! One token's state, and its place among the others.

use motet_prim::atomic::{AtomicBool, Ordering};
use motet_prim::lock::Mutex;
use motet_prim::{Wakeup, discard};
use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::task::{Poll, Waker};

pub(super) struct Node {
    /// Set under the lock; read without it.
    cancelled: AtomicBool,
    links: Mutex<Links>,
    parent: Option<Parent>,
}

/// Whom to strike oneself off.
struct Parent {
    node: Arc<Node>,
    key: u64,
}

#[derive(Default)]
struct Links {
    next_key: u64,
    waiters: BTreeMap<u64, Waker>,
    children: BTreeMap<u64, Weak<Node>>,
}

impl Links {
    fn take_key(&mut self) -> u64 {
        self.next_key += 1;
        self.next_key
    }
}

impl Node {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self::born(false, None))
    }

    fn born(cancelled: bool, parent: Option<Parent>) -> Self {
        Self { cancelled: AtomicBool::new(cancelled), links: Mutex::default(), parent }
    }

    /// A node below this one; born cancelled if this one is.
    pub(super) fn child(self: &Arc<Self>) -> Arc<Self> {
        let mut links = self.links.lock();
        if self.is_cancelled() {
            drop(links);
            return Arc::new(Self::born(true, None));
        }
        let key = links.take_key();
        let child = Arc::new(Self::born(false, Some(Parent { node: Arc::clone(self), key })));
        links.children.insert(key, Arc::downgrade(&child));
        child
    }

    pub(super) fn is_cancelled(&self) -> bool {
        // Acquire: what was done before `cancel` is seen by who sees it; pairs with the Release in `strike`.
        self.cancelled.load(Ordering::Acquire)
    }

    /// Cancels this node and all below it, without recursion.
    pub(super) fn cancel(&self) {
        let Some(mut links) = self.strike() else { return };
        let mut below = Vec::new();
        loop {
            // A waker that panics costs neither the other waiters nor the children anything.
            links.waiters.into_values().for_each(|waker| Wakeup::from(waker).wake());
            below.extend(links.children.into_values());
            links = loop {
                let Some(next) = below.pop() else { return };
                // The strong reference is given up here, where no lock is held: it may be the last.
                if let Some(struck) = next.upgrade().and_then(|node| node.strike()) {
                    break struck;
                }
            };
        }
    }

    /// Marks this one node; gives whom to tell, if nobody did so before.
    fn strike(&self) -> Option<Links> {
        let mut links = self.links.lock();
        if self.is_cancelled() {
            return None;
        }
        // Release: pairs with the Acquire in `is_cancelled`.
        self.cancelled.store(true, Ordering::Release);
        Some(std::mem::take(&mut *links))
    }

    /// Registers a waiter, or renews it; ready if the node is cancelled.
    pub(super) fn poll_wait(&self, key: &mut Option<u64>, waker: &Waker) -> Poll<()> {
        if self.is_cancelled() {
            return Poll::Ready(());
        }
        if let Some(key) = key {
            let links = self.links.lock();
            if links.waiters.get(key).is_some_and(|registered| registered.will_wake(waker)) {
                return Poll::Pending;
            }
        }
        // The waker is cloned outside the lock; the node may be cancelled meanwhile, so look again.
        let waker = waker.clone();
        let mut links = self.links.lock();
        if self.is_cancelled() {
            drop(links);
            return Poll::Ready(());
        }
        let key = *key.get_or_insert_with(|| links.take_key());
        let displaced = links.waiters.insert(key, waker);
        drop(links);
        drop(displaced);
        Poll::Pending
    }

    /// Strikes a waiter off.
    pub(super) fn leave(&self, key: u64) {
        let mut links = self.links.lock();
        let waker = links.waiters.remove(&key);
        drop(links);
        waker.into_iter().for_each(discard);
    }
}

impl Drop for Node {
    /// Strikes this node off its parent's list; a chain of parents that die with it is taken down without recursion.
    fn drop(&mut self) {
        let mut next = self.parent.take();
        while let Some(Parent { node, key }) = next {
            node.links.lock().children.remove(&key);
            next = Arc::into_inner(node).and_then(|mut node| node.parent.take());
        }
    }
}
