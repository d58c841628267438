//! What can be joined, raced and selected: tuples and arrays polled in place, vectors through [`Children`](crate::children).

mod array;
mod tuple;
mod vec;

use crate::nest::{Round, Siblings};
use crate::settle::Clear;
use core::mem::needs_drop;
use core::pin::Pin;
use core::task::Context;
use futures_util::future::MaybeDone;

/// Asks for all outputs.
#[derive(Debug)]
pub struct All;
/// Asks for all outputs, or the first error.
#[derive(Debug)]
pub struct AllOk;
/// Asks for the first output.
#[derive(Debug)]
pub struct First;
/// Asks for the first success, or all errors.
#[derive(Debug)]
pub struct FirstOk;
/// Asks which is first, and for its output.
#[derive(Debug)]
pub struct Which;

/// Several futures, or what turns into futures, of which questions can be asked.
pub trait IntoMembers {
    /// The futures, side by side.
    type Members: Clear;

    /// Makes them ready to be polled; polls none.
    fn into_members(self) -> Self::Members;
}

/// Polls a member unless it has finished; whether it has.
#[inline]
fn poll_member<F: Future>(
    round: &Round<'_>,
    index: usize,
    member: Pin<&mut MaybeDone<F>>,
    cx: &mut Context<'_>,
) -> bool {
    if let MaybeDone::Future(_) = &*member {
        round.child(index);
    }
    member.poll(cx).is_ready()
}

/// Polls a member unless it has failed before; its output if it has one.
#[inline]
fn poll_output<F: Future>(
    round: &Round<'_>,
    index: usize,
    mut member: Pin<&mut MaybeDone<F>>,
    cx: &mut Context<'_>,
) -> Option<F::Output> {
    match poll_member(round, index, member.as_mut(), cx) {
        true => member.take_output(),
        false => None,
    }
}

/// Polls a member unless it has finished; whether it has, or its error.
#[inline]
fn poll_ok<F, T, E>(
    round: &Round<'_>,
    index: usize,
    mut member: Pin<&mut MaybeDone<F>>,
    cx: &mut Context<'_>,
) -> Result<bool, E>
where
    F: Future<Output = Result<T, E>>,
{
    if !poll_member(round, index, member.as_mut(), cx) {
        return Ok(false);
    }
    match member.as_mut().output_mut() {
        Some(Err(_)) => member.take_output().map_or(Ok(true), |output| output.map(|_| true)),
        Some(Ok(_)) | None => Ok(true),
    }
}

/// Polls a member unless it has failed; its value, or whether it has failed.
#[inline]
fn poll_value<F, T, E>(
    round: &Round<'_>,
    index: usize,
    mut member: Pin<&mut MaybeDone<F>>,
    cx: &mut Context<'_>,
) -> Result<T, bool>
where
    F: Future<Output = Result<T, E>>,
{
    if !poll_member(round, index, member.as_mut(), cx) {
        return Err(false);
    }
    match member.as_mut().output_mut() {
        Some(Ok(_)) => member.take_output().and_then(Result::ok).ok_or(true),
        Some(Err(_)) | None => Err(true),
    }
}

/// The output of a member that has finished.
#[inline]
fn output<F: Future>(member: Pin<&mut MaybeDone<F>>) -> F::Output {
    member.take_output().expect("polled again after it was ready")
}

/// The value of a member that has succeeded.
fn value<F, T, E>(member: Pin<&mut MaybeDone<F>>) -> T
where
    F: Future<Output = Result<T, E>>,
{
    output(member).unwrap_or_else(|_| unreachable!("errors are taken out as they come"))
}

/// Drops a member: apart from its siblings if it has not finished.
#[inline]
fn clear_member<F: Future>(mut member: Pin<&mut MaybeDone<F>>, siblings: &mut Siblings, index: usize) {
    match &*member {
        MaybeDone::Future(_) => clear_future(member, siblings, index),
        MaybeDone::Done(_) => member.set(MaybeDone::Gone),
        MaybeDone::Gone => {}
    }
}

/// Drops a member that has not finished apart from its siblings.
#[inline]
fn clear_future<F: Future>(member: Pin<&mut MaybeDone<F>>, siblings: &mut Siblings, index: usize) {
    // What needs no drop has nothing to hand over.
    if needs_drop::<F>() && matches!(*member, MaybeDone::Future(_)) {
        drop_alone(member, siblings, index);
    }
}

#[cold]
fn drop_alone<F: Future>(mut member: Pin<&mut MaybeDone<F>>, siblings: &mut Siblings, index: usize) {
    siblings.alone(index, || member.set(MaybeDone::Gone));
}
