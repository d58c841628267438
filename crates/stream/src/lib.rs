//! Async generators as streams, without a macro. Works under any executor.
//!
//! A stream is `futures`' [`Stream`](futures_core::Stream): adaptors (`map`, `buffered`, `take`, …) are those of futures-util.
//!
//! | function | gives | for | allocation |
//! | --- | --- | --- | --- |
//! | [`stream`](stream()) | a `Stream` | a loop that emits items | none |
//! | [`try_stream`](try_stream()) | a `Stream` of results | the same with `?` | none |
//! | [`generator`](generator()) | a [`Generator`] | items out, values in; [`aclose`](Generator::aclose) | one, the body |
//! | [`closing`](closing()) | a [`Closing`] stream | waiting for the cleanup of any stream that is left early | one, the stream |
//!
//! Asking for an item is cancel safe in all of them: the future of `next`, dropped, has taken nothing. There is one consumer, so there is no
//! question of fairness.
//!
//! ```
//! use futures::{StreamExt, executor::block_on};
//! use motet_stream::stream;
//!
//! let squares = stream(|mut y| async move {
//!     for n in 1.. {
//!         y.emit(n * n).await;
//!     }
//! });
//! assert_eq!(block_on(squares.take(4).collect::<Vec<_>>()), [1, 4, 9, 16]);
//! ```
//!
//! # An item's way
//!
//! A poll of the stream opens a frame on this thread, with a slot, and polls the body. `emit` finds the frame by its id, puts the item into
//! the slot and is pending; so the body is, and the poll takes the item out. Nothing is shared and nothing is boxed. A yielder that
//! has escaped from its stream finds no frame, and panics with a message that says so.
#![warn(missing_debug_implementations)]
#![deny(unsafe_code)]

mod close;
mod emission;
mod emitting;
#[expect(unsafe_code, reason = "the chain of frames on the stack, and the slots in them")]
mod frame;
mod generator;
mod stream;
mod try_stream;

pub use close::{Closing, closing};
pub use generator::{Exchange, GenYielder, Generator, generator};
pub use stream::{Emit, Yielder, stream};
pub use try_stream::try_stream;
