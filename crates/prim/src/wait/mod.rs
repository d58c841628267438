//! Waiting in line: what every lock, semaphore and channel of Motet is made of.
//!
//! A [`WaitList`] is some state and one or more FIFO lists of waiters, all under one lock. A [`Waiter`] is one place in
//! such a list; it lives inside the future that waits, so that waiting allocates nothing. The owner of the list says
//! what happens at the edges by implementing [`Waitable`]; a safe trait: no crate needs `unsafe` of its own to wait.
//!
//! | type | what it is |
//! | --- | --- |
//! | [`WaitList<S, P, N>`] | the lock around a state `S` and `N` lists, whose waiters each carry a payload `P` |
//! | [`Locked`] | the locked list: look at the head, grant to it, flush the wakes |
//! | [`Waiter<H, N>`] | a place in line for a handle `H`: `&X` or `Arc<X>` of a `Waitable` X; or any other `Waitable` handle |
//! | [`LazyWaiter<H, N>`] | room for a waiter, taken when there is something to wait for |
//! | [`Admit`] | the answer to a newcomer, given under the lock |
//! | [`Wakeup`], [`WakeBatch`] | wakes that are due, to be made after the unlock |
//! | [`discard`] | the drop of a waker, contained |
//!
//! # The life of a waiter
//!
//! ```text
//!          pass (no lock), or admit says Pass
//!   Idle ───────────────────────────────────────────▶ Done: the caller has the handle and the payload
//!    │                                                 ▲
//!    │ admit says Wait (under the lock)                │ next poll
//!    ▼              grant (under the lock)             │
//!   Queued ─────────────────────────────────────────▶ Granted
//!    │                                                 │
//!    │ dropped                                         │ dropped
//!    ▼                                                 ▼
//!   unlinked; `on_leave` under the lock              `on_return(payload)`: hand it on
//! ```
//!
//! The race to fear is a drop against a grant. Queued ends under the lock only, whichever comes first: a drop unlinks,
//! or finds the grant and hands it on. A payload is in one place at any time.
//!
//! # How to use it
//!
//! A gate that admits as many as it has tickets:
//!
//! ```
//! use motet_prim::{Admit, Locked, WaitList, Waitable, Waiter, WakeBatch, pin_project};
//! use std::{future::Future, pin::Pin, task::{Context, Poll}};
//!
//! struct Gate { line: WaitList<usize, ()> }         // the state: free tickets
//!
//! impl Waitable for Gate {
//!     type State = usize;
//!     type Payload = ();
//!     fn wait_list(&self) -> &WaitList<usize, ()> { &self.line }
//!     fn on_return(&self, _list: usize, (): ()) { self.add_ticket() }   // granted, then dropped: the next one gets it
//! }
//!
//! impl Gate {
//!     fn add_ticket(&self) {
//!         let mut line = self.line.lock();
//!         let wakeup = line.grant_front(0, |_tickets, ()| {});
//!         if wakeup.is_none() { *line += 1 }
//!         drop(line);
//!         if let Some(wakeup) = wakeup { wakeup.wake() }     // after the unlock, always
//!     }
//!     fn enter(&self) -> Enter<'_> { Enter { waiter: Waiter::new(self, 0, ()) } }
//! }
//!
//! pin_project! {
//!     struct Enter<'a> { #[pin] waiter: Waiter<&'a Gate> }
//! }
//!
//! impl Future for Enter<'_> {
//!     type Output = ();
//!     fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
//!         let admit = |_: &&Gate, line: &mut Locked<'_, usize, ()>, (): &mut ()| match **line {
//!             0 => Admit::Wait,
//!             _ => { **line -= 1; Admit::Pass }
//!         };
//!         self.project().waiter.poll_wait(cx, |_, _| false, admit).map(|_| ())
//!     }
//! }
//!
//! let gate = Gate { line: WaitList::new(0) };
//! let mut enter = std::pin::pin!(gate.enter());
//! let mut cx = Context::from_waker(std::task::Waker::noop());
//! assert!(enter.as_mut().poll(&mut cx).is_pending());
//! gate.add_ticket();
//! assert!(enter.as_mut().poll(&mut cx).is_ready());
//! ```
//!
//! # Recipes
//!
//! - *A fast path beside the lock.* Keep an atomic word of your own with a has-waiters bit: set it in `admit`, clear it
//!   where a list has become empty (after a grant, and in [`Waitable::on_leave`]), always under the lock. Then `pass`,
//!   and a release that sees the bit clear, never touch the lock.
//! - *A fast path without a waiter.* A waiter is some ten words to write and to drop. Keep a `#[pin] place: LazyWaiter<…>` in the future,
//!   try first, [enter](LazyWaiter::enter) it when there is something to wait for, and [poll](LazyWaiter::poll_wait) that.
//! - *A fast path under the lock.* Take it yourself in `pass`: `pass` runs before the waker is cloned, `admit` after it.
//! - *Hand a value over.* `P = Option<T>`: a getter waits with `None` and is granted by `*slot = Some(item)`; a putter
//!   waits with `Some(item)` and is granted by `slot.take()`. Both lists share one lock: `WaitList<Ring<T>, Option<T>, 2>`.
//!   Keep the item out of the closure's ownership (`let mut item = Some(item)`), for a list may be empty.
//! - *Many permits.* The payload is the number wanted; [`Locked::grant_while`] stops at the first that does not fit.
//! - *Close.* Write the outcome into each payload with [`Locked::grant_while`]; it flushes full batches by itself.
//! - *Only those who wait now.* Stamp the payload in `admit` with a generation in `S`; raise the generation, and grant
//!   while the stamp is older: those who come during a flush are not meant.
//! - *Say it before it is public.* A grant is public when the closure returns: the waiter may take it, act on it and be
//!   gone before you go on. What it must find (a flag in your word, a count in the state) is written in the closure.
//! - *Block a thread*: [`park::block_on`](crate::park::block_on) of the same future; tasks and threads share one line.
//!
//! # Fairness
//!
//! The lists are FIFO. Whether a newcomer may barge past them is the owner's choice in `pass` and `admit`.
//!
//! # Complexity
//!
//! Every step is O(1): to join, to leave from anywhere in the line, to grant. A waiter that is granted learns of it, and
//! takes its payload, without the lock.

mod batch;
mod fifo;
mod lazy;
mod list;
#[cfg(all(test, motet_loom))]
mod model;
mod node;
mod waiter;

pub use batch::{WakeBatch, Wakeup, discard};
pub use lazy::LazyWaiter;
pub use list::{Locked, WaitList};
pub use waiter::{Admit, Leave, Waitable, Waiter};
