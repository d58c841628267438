//! The one door to atomics, cells, locks and loom; the FIFO wait list; the wake batch.
//!
//! Every crate of Motet takes its atomics, cells and locks from here and from nowhere else. Two things follow: a model
//! checker sees each of them when the workspace is built with `--cfg motet_loom`, and a change of lock or of parking
//! strategy is made in one place.
//!
//! | what | outside loom | under loom |
//! | --- | --- | --- |
//! | [`atomic`] | `core::sync::atomic` | loom's, which explore every ordering the memory model allows |
//! | [`cell::UnsafeCell`] | `core`'s, with loom's `with`/`with_mut` shape | loom's, which reports every racing access |
//! | [`lock`] | parking_lot's `Mutex` and `Condvar`, and an `AdaptiveMutex` for the hottest paths | loom's, in parking_lot's shape |
//! | [`thread`], [`hint`], [`thread_local!`] | `std`'s | loom's |
//! | [`const_fn!`] | a `const fn` | a plain `fn`: loom's types need a run-time |
//! | [`model`] | runs the closure once | runs it in every interleaving within the bounds |
//!
//! On top of the door, and the same code on both sides of it:
//!
//! | what | when | fairness | a wait dropped | allocates |
//! | --- | --- | --- | --- | --- |
//! | [`WaitList`], [`Waiter`], [`LazyWaiter`] (start at [`wait`]) | tasks and threads wait in line for something | FIFO | leaves the line, or hands on its grant | never |
//! | [`WakeBatch`], [`Wakeup`] | wakes that are due are made after the unlock | in order | – | never |
//! | [`park`] | one thread sleeps until a waker calls; runs one future without an executor | – | – | once a thread |
//!
//! ```
//! use motet_prim::atomic::{AtomicU32, Ordering};
//! use motet_prim::park::Parker;
//! use std::sync::Arc;
//!
//! let (parker, ready) = (Parker::new(), Arc::new(AtomicU32::new(0)));
//! let (unparker, setter) = (parker.unparker(), ready.clone());
//! let thread = motet_prim::thread::spawn(move || {
//!     setter.store(7, Ordering::Relaxed);
//!     unparker.unpark();                              // publishes what came before it
//! });
//! parker.park();
//! assert_eq!(ready.load(Ordering::Relaxed), 7);
//! # thread.join().unwrap();
//! ```
//!
//! # Features
//!
//! | feature | adds | default |
//! | --- | --- | --- |
//! | `asymmetric` | `AsymmetricFence`, and with it rustix on Linux | off |
//! | `padded` | `CachePadded`, and with it crossbeam-utils | off |

#[cfg(any(not(motet_loom), test))]
mod adaptive;
#[cfg(feature = "asymmetric")]
mod asymmetric;
pub mod atomic;
pub mod cell;
mod door;
pub mod hint;
pub mod lock;
pub mod park;
pub mod thread;
pub mod wait;

pub use door::model;
pub use wait::{Admit, LazyWaiter, Leave, Locked, WaitList, Waitable, Waiter, WakeBatch, Wakeup, discard};

/// Pin projection for the futures that hold a [`Waiter`]: pin-project-lite's macro.
pub use pin_project_lite::pin_project;

#[cfg(feature = "asymmetric")]
pub use asymmetric::AsymmetricFence;

#[cfg(feature = "padded")]
pub use crossbeam_utils::CachePadded;

/// The model checker itself, for the files named `model.rs`.
#[cfg(motet_loom)]
pub use loom;
