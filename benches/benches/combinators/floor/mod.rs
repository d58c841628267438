//! Floors: the least that keeps the contract, or less, without a combinator around it.
//!
//! | floor | what is left of it | what is missing |
//! | --- | --- | --- |
//! | [`in_turn`] | futures in one allocation, polled in turn; each number takes its future's place | limits, panics, frames for what is dropped, many children, any other output |
//! | [`checked`] | an item through a thread-local, with the three checks of an emission | streams within streams, any other item, what is sent in, stacks that are switched |

pub(crate) mod checked;
pub(crate) mod in_turn;

/// The name of each.
pub(crate) const FLOOR: &str = "floor";
