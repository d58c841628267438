//! How an emission is polled: first it puts its item into the slot of its stream, or is pending until it can.
//!
//! Always inlined, for an item is handed on by value: a call between would carry what is larger than a register through memory once more, and the
//! two stores of different widths that are read as one there are dear.

use crate::frame::{self, Key};
use core::convert::Infallible;
use core::task::{Context, Poll};

/// One emission: puts the item into the slot, and is ready when it is polled again.
///
/// A second poll by the same poll of the stream lets the body run on with the item still in the slot; its next emission then waits.
#[inline(always)]
pub(crate) fn poll_emit<Y>(key: &Key<Y, Infallible>, item: &mut Option<Y>, cx: &Context<'_>) -> Poll<()> {
    // Looked at before it is taken: the second poll takes nothing.
    if item.is_none() {
        return Poll::Ready(());
    }
    put(key, item, cx);
    Poll::Pending
}

/// One emission that wants an answer: puts the item into the slot, then waits until the consumer has taken it; ready with what was sent in.
#[inline(always)]
pub(crate) fn poll_exchange<Y, R>(key: &Key<Y, R>, item: &mut Option<Y>, cx: &Context<'_>) -> Poll<Option<R>> {
    if item.is_none() {
        return frame::answer(key, cx);
    }
    put(key, item, cx);
    Poll::Pending
}

/// Puts the item into the slot; it stays where it is if that is full.
#[inline(always)]
fn put<Y, R>(key: &Key<Y, R>, item: &mut Option<Y>, cx: &Context<'_>) {
    let Some(offered) = item.take() else { return };
    if let Some(refused) = frame::offer(key, offered, cx) {
        *item = Some(refused);
    }
}
