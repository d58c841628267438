//! A scope in two parts, for executors: the word that others cancel, and the body that one polls.
//!
//! A [`Scope`](crate::Scope) is a [`Body`] with an `Arc<CancelWord>`. A task keeps the word in its own record instead, and the body in its future.
mod body;
#[cfg(all(test, motet_loom))]
mod model;
mod word;

pub use self::body::{Body, LocalBody};
pub use self::word::CancelWord;
