//! The intrusive list itself: a head, a tail, and nodes that live elsewhere.
//!
//! Invariant: every node between `head` and `tail` is alive, pinned, and QUEUED in this list. Who links promises it; a
//! waiter keeps it by unlinking in its `Drop` (pinned memory is not reused before that).
//!
//! The head's `previous` is not looked at, and may be stale: who takes the head out does not write to the node behind it, which as a rule lies
//! in the cache of another thread.

use core::ptr::NonNull;

use super::node::{Link, Node, Place};

pub(super) struct Fifo<P> {
    head: Link<P>,
    tail: Link<P>,
}

// SAFETY: the list is a way to its nodes, whose payloads and wakers are used by whoever holds the lock around the list:
// they move between threads, and are never shared.
unsafe impl<P: Send> Send for Fifo<P> {}

impl<P> Fifo<P> {
    pub(super) const fn new() -> Self {
        Self { head: None, tail: None }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.head.is_none()
    }

    pub(super) fn front(&self) -> Link<P> {
        self.head
    }

    /// Links a node behind all others.
    ///
    /// # Safety
    ///
    /// The caller holds the lock; the node is in no list, is pinned, and is unlinked under the lock before it is freed.
    pub(super) unsafe fn push_back(&mut self, node: &Node<P>) {
        let before = self.tail;
        // SAFETY: the node is in no list, so it is the caller's.
        unsafe { set_links(node, before, None) };
        self.tail = Some(NonNull::from(node));
        match before {
            // SAFETY: a linked node, by the invariant, under the lock.
            Some(tail) => unsafe { with(tail, |place| place.next = self.tail) },
            None => self.head = self.tail,
        }
    }

    /// Links a node before all others.
    ///
    /// # Safety
    ///
    /// As for `push_back`.
    pub(super) unsafe fn push_front(&mut self, node: &Node<P>) {
        let after = self.head;
        // SAFETY: the node is in no list, so it is the caller's.
        unsafe { set_links(node, None, after) };
        self.head = Some(NonNull::from(node));
        match after {
            // SAFETY: a linked node, by the invariant, under the lock.
            Some(head) => unsafe { with(head, |place| place.previous = self.head) },
            None => self.tail = self.head,
        }
    }

    /// Takes the oldest node out.
    ///
    /// # Safety
    ///
    /// The caller holds the lock.
    pub(super) unsafe fn pop_front(&mut self) -> Link<P> {
        let front = self.head?;
        // SAFETY: a linked node, by the invariant, under the lock.
        self.head = unsafe { with(front, |place| place.next.take()) };
        if self.head.is_none() {
            self.tail = None;
        }
        Some(front)
    }

    /// Takes a node out, wherever it stands.
    ///
    /// # Safety
    ///
    /// The caller holds the lock; the node is in this list.
    pub(super) unsafe fn unlink(&mut self, node: &Node<P>) {
        if self.head == Some(NonNull::from(node)) {
            // SAFETY: passed on to the caller.
            unsafe { self.pop_front() };
            return;
        }
        // SAFETY: the node is queued and the caller holds the lock.
        let (previous, next) = unsafe { node.with_place(|place| (place.previous.take(), place.next.take())) };
        if let Some(previous) = previous {
            // SAFETY: a linked node, by the invariant, under the lock: not the head, so it has one before it.
            unsafe { with(previous, |place| place.next = next) };
        }
        match next {
            // SAFETY: a linked node, by the invariant, under the lock.
            Some(next) => unsafe { with(next, |place| place.previous = previous) },
            None => self.tail = previous,
        }
    }
}

/// # Safety
///
/// As for [`Node::with_place`].
unsafe fn set_links<P>(node: &Node<P>, previous: Link<P>, next: Link<P>) {
    let link = |place: &mut Place<P>| {
        place.previous = previous;
        place.next = next;
    };
    // SAFETY: passed on to the caller.
    unsafe { node.with_place(link) };
}

/// # Safety
///
/// The node is alive, and as for [`Node::with_place`].
unsafe fn with<P, R>(node: NonNull<Node<P>>, access: impl FnOnce(&mut Place<P>) -> R) -> R {
    // SAFETY: the caller says that it is alive. Shared access: only its place is written, through a cell.
    let node = unsafe { node.as_ref() };
    // SAFETY: passed on to the caller.
    unsafe { node.with_place(access) }
}
