//! A scope in two parts, for executors: the word that others cancel, and the body that one polls.
//!
//! A [`Scope`](crate::Scope) is a [`Body`] with an `Arc<CancelWord>`. A task keeps the word in its own record instead, and the body in its future.
//!
//! | word | bytes | who wakes the poller | costs a task |
//! | --- | --- | --- | --- |
//! | [`CancelWord`] | 40 | the word, by a clone of the waker | a clone and a lock in its first pending poll, a drop and a lock at its end |
//! | [`Requests`] | 16 | the canceller, who is told to | nothing |
//!
//! A poll of an uncancelled body costs one relaxed load and the writes of one thread-local byte, in and out.

mod body;
mod ledger;
#[cfg(all(test, motet_loom))]
mod model;
mod requests;
mod seen;
mod word;

pub use self::body::{Body, LocalBody};
pub use self::requests::{Asked, Requests, Unfinished};
pub use self::word::CancelWord;

/// What a body is polled with: a [`CancelWord`], [`Requests`], or requests that are [left unfinished](Requests::unfinished). Nobody else implements it.
pub trait Word: sealed::Word {}

mod sealed {
    use super::ledger::{Glance, Ledger, Store, finish_unasked};
    use motet_prim::atomic::AtomicU32;
    use std::task::Waker;

    pub trait Word {
        type Store: Store;

        fn state(&self) -> &AtomicU32;
        fn ledger(&self) -> Ledger<'_, Self::Store>;
        /// Whether whoever polls with this waker hears of news that comes after the glance.
        fn is_heard_by(&self, glance: Glance, waker: &Waker) -> bool;
        /// Makes it so; gives the state after that.
        fn listen(&self, waker: &Waker) -> Glance;

        /// Nobody polls any more.
        #[inline]
        fn finish(&self) {
            if !finish_unasked(self.state()) {
                self.ledger().finish();
            }
        }
    }
}
