//! Scopes: stop work from outside and let it clean up. Works under any executor.
//!
//! Dropping a future cannot await, so in Rust a cancelled task's asynchronous cleanup is lost. Here it is not. A *scope* wraps a future;
//! what is dropped inside of it may hand the scope "I was not finished; finish this for me". The scope *adopts* that, runs it beside its body, and
//! completes only when all that it adopted has. So a guard's exit runs after a plain return, a `?`, a lost `select!`, a timeout, a panic or
//! a cancel alike, on tokio, smol, Motet or a bare `block_on`, and it ends before the scope does.
//!
//! | to | take | dropped midway |
//! | --- | --- | --- |
//! | make work cancellable, and wait for its cleanup | [`scope`], [`scope_local`] | the body is dropped; the enclosing scope, else the reaper, cleans up |
//! | cancel it | [`CancelHandle`] | – |
//! | cancel it at a limit, and take what it gives in spite of that | [`cancel_when`], over any [`Cancellable`] | the work is dropped |
//! | own a resource with an asynchronous exit | [`guard`], [`guard_local`] | the exit is handed over |
//! | the same around one block | [`with`], [`try_with`], [`within`], [`finally`] | body dropped, exit handed over, in that order |
//! | own many | [`ExitStack`] | the exits are handed over, last in, first out |
//! | go on although the awaiter is cancelled | [`shield`], [`shield_local`], [`try_shield`] | goes on at the reaper |
//! | stop cooperatively | [`CancelToken`] | – |
//! | let a cancel take effect in a long computation | [`checkpoint`] | nothing |
//! | hand work over from a `Drop` of your own | [`adopt`], [`adopt_local`] | – |
//! | say who cleans up outside of scopes | [`set_reaper`], [`set_on_abandon`], [`abandoned`] | – |
//! | hear of errors that nobody awaits any more | [`set_on_unheard`], [`report_unheard`] | – |
//! | tell a cancel from a failure | [`is_cancelled`] | – |
//! | write an executor or a combinator | [`frame`], [`raw`] | – |
//!
//! Costs: a poll of a scope that nobody cancels reads one atomic, relaxed, and swaps a small thread-local; nothing is allocated until something is
//! handed over. There is no `unsafe` in this crate.
//!
//! ```
//! use futures::{FutureExt, executor::block_on, select_biased};
//! use motet_cancel::{guard, scope};
//! use std::{future, sync::mpsc};
//!
//! let (log, said) = mpsc::channel();
//! let (work, _handle) = scope(async {
//!     let slow = async {
//!         let _connection = guard(log, async |log: mpsc::Sender<_>, outcome| log.send(outcome).unwrap());
//!         future::pending::<()>().await;
//!     };
//!     select_biased! {
//!         () = slow.fuse() => {}
//!         () = future::ready(()).fuse() => {} // A foreign `select!` drops the loser, and its guard in it.
//!     }
//! });
//! block_on(work).unwrap();
//! assert_eq!(said.recv().unwrap(), motet_cancel::Outcome::Dropped);
//! ```
//!
//! # Order
//!
//! A guard's exit waits for what its scope adopted since the guard was made; so nested guards exit innermost first, and a connection is closed
//! after the transaction on it. Everything else that a scope adopted runs concurrently, with its body too. [`with`] and its kin, timeouts and
//! groups are frames of their own. The children of a `gather`, a `join`, a `race` and the rest of `motet-combinators` clean up concurrently, whether they end or are
//! dropped: a child's exits wait for one another, and not for its siblings'. The children of a *foreign* `join!` cannot be told apart: their exits form one
//! sequence, in the order of their drops, and must not wait for each other.
//!
//! A guard waits for what *the frame in which it is closed or dropped* has adopted. Close it in the frame in which it was made: one that is moved into a
//! [`with`], a timeout or a group and ends in there does not wait for what the scope around that has adopted.
//!
//! # Where exits go
//!
//! To the innermost scope that is polling or dropping on this thread. So a foreign executor that is polled inside a scope hands its tasks' guards
//! to that scope. Outside of every scope they go to the thread's reaper, else to the registered one, where they have no order among each other; with
//! none, they are dropped, counted and reported. A forgotten guard (`mem::forget`) has no exit.
//!
//! # Panics
//!
//! The first panic of a body, its drop, or an exit goes on when everything else has ended; later ones are forgotten. An exit's panic ends the body that
//! it ran beside.
#![forbid(unsafe_code)]

mod abandon;
mod cancellable;
mod checkpoint;
mod clock;
mod context;
mod error;
mod exit_stack;
mod finally;
pub mod frame;
mod guard;
mod outcome;
mod panic;
pub mod raw;
mod reaper;
mod reason;
mod recognise;
mod scope;
mod shield;
mod token;
mod unheard;

pub use abandon::{Abandoned, abandoned, set_on_abandon};
pub use cancellable::{CancelWhen, Cancellable, cancel_when};
pub use checkpoint::checkpoint;
pub use context::{AsyncContext, within};
pub use error::{PanicPayload, TaskError};
pub use exit_stack::ExitStack;
pub use finally::{Finally, finally};
pub use frame::{adopt, adopt_local};
pub use guard::{Guard, LocalGuard, guard, guard_local, try_with, with};
pub use outcome::Outcome;
pub use reaper::{ReaperGuard, set_reaper};
pub use reason::{Cancelled, Reason, Taken};
pub use recognise::is_cancelled;
pub use scope::{CancelHandle, LocalScope, Scope, scope, scope_local};
pub use shield::{LocalShield, Shield, shield, shield_local, try_shield};
pub use token::{CancelToken, DropGuard};
pub use unheard::{Unheard, report_unheard, set_on_unheard};
