//! The list of the shells that a local executor must empty before it goes: links that lie in the shells.
//!
//! ```text
//!   ┌──────────────────────────────────────────────┐
//!   └▶ ends ◀──▶ node (in a shell) ◀──▶ node ◀─────┘        a node without a `next` is on no list
//! ```
//!
//! A node is listed at its shell's first poll, when it is pinned, and takes itself off before its shell goes. The list takes
//! a node off before it gives it to anybody: so a node that is found is always there.
//!
//! One thread only, that of the executor. A shell may be dropped on another one, but off the list.

use crate::task::RecordPointer;
use core::cell::Cell;
use core::marker::PhantomPinned;
use core::ptr::{self, NonNull};
use core::task::Waker;

/// A ring of links, with the list's own among them once it was used.
pub(super) struct List {
    ends: Links,
}

// SAFETY: it owns nothing of what it points to, and only its own thread follows the links.
unsafe impl Send for List {}

struct Links {
    prev: Cell<*const Self>,
    next: Cell<*const Self>,
}

/// A shell's place in the list, and what the list must know of the shell.
#[repr(C)]
pub(super) struct Node {
    /// The first field: a pointer to a node's links is one to the node.
    links: Links,
    /// Empties the shell around the node.
    empty: unsafe fn(NonNull<Self>),
    record: RecordPointer,
    /// The task's own waker, from its first pending poll on: so it stays even if nobody else has one.
    itself: Cell<Option<Waker>>,
    /// Others point to it.
    pinned: PhantomPinned,
}

impl Links {
    const fn unlinked() -> Self {
        Self { prev: Cell::new(ptr::null()), next: Cell::new(ptr::null()) }
    }
}

impl List {
    /// A list with nothing on it.
    pub(super) const fn new() -> Self {
        Self { ends: Links::unlinked() }
    }

    /// Puts a node at the end of the list, if it is on none.
    ///
    /// # Safety
    ///
    /// This is the list's thread. The list stays where it is as long as something is on it; so does the node, which is a
    /// part of what `empty` takes.
    pub(super) unsafe fn insert(&self, node: NonNull<Node>) {
        let (ends, node) = (ptr::from_ref(&self.ends), node.as_ptr().cast_const().cast::<Links>());
        if self.ends.next.get().is_null() {
            self.ends.next.set(ends);
            self.ends.prev.set(ends);
        }
        let last = self.ends.prev.replace(node);
        // SAFETY: the ring's links are there, each as long as it is in the ring.
        unsafe { &*last }.next.set(node);
        // SAFETY: the node is there, says the caller.
        let links = unsafe { &*node };
        links.prev.set(last);
        links.next.set(ends);
    }

    /// Takes any node off the list.
    pub(super) fn pop(&self) -> Option<NonNull<Node>> {
        let first = self.first()?;
        // SAFETY: it is on the list, so it is there.
        unsafe { first.as_ref() }.unlink();
        Some(first)
    }

    /// Looks at the record of each task on the list.
    pub(super) fn for_each(&self, mut look: impl FnMut(RecordPointer)) {
        let mut next = self.first();
        while let Some(node) = next {
            // SAFETY: it is on the list, so it is there.
            let node = unsafe { node.as_ref() };
            look(node.record);
            next = self.node(node.links.next.get());
        }
    }

    fn first(&self) -> Option<NonNull<Node>> {
        self.node(self.ends.next.get())
    }

    /// The node of these links; none if they are the list's own.
    fn node(&self, links: *const Links) -> Option<NonNull<Node>> {
        let node = NonNull::new(links.cast_mut().cast::<Node>())?;
        (!ptr::eq(links, &self.ends)).then_some(node)
    }
}

impl Node {
    /// The node of a shell that `empty` empties, given the address of the node in it.
    pub(super) const fn new(record: RecordPointer, empty: unsafe fn(NonNull<Self>)) -> Self {
        Self { links: Links::unlinked(), empty, record, itself: Cell::new(None), pinned: PhantomPinned }
    }

    /// The record of the shell's task.
    pub(super) fn record(&self) -> RecordPointer {
        self.record
    }

    /// The task stays until this is dropped or lets go. `waker`: its own.
    pub(super) fn hold(&self, waker: &Waker) {
        // SAFETY: nobody else is on this thread meanwhile, and the borrow ends with the look.
        let is_held = unsafe { &*self.itself.as_ptr() }.is_some();
        if !is_held {
            self.itself.set(Some(waker.clone()));
        }
    }

    /// The reference that the task has on itself.
    pub(super) fn let_go(&self) -> Option<Waker> {
        self.itself.take()
    }

    /// How the shell around it is emptied.
    pub(super) fn empty(&self) -> unsafe fn(NonNull<Self>) {
        self.empty
    }

    /// Whether it is on a list.
    pub(super) fn is_listed(&self) -> bool {
        !self.links.next.get().is_null()
    }

    /// Takes the node off its list, if it is on one; on the list's thread.
    pub(super) fn unlink(&self) {
        let next = self.links.next.replace(ptr::null());
        if next.is_null() {
            return;
        }
        let prev = self.links.prev.get();
        // SAFETY: it was in the ring, so its neighbours are, and what is in the ring is there.
        unsafe { &*next }.prev.set(prev);
        // SAFETY: as above.
        unsafe { &*prev }.next.set(next);
    }
}
