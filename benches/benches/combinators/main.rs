//! The family `combinators`: many futures awaited by one task, generators, and what cancellation costs whoever is not cancelled.
//!
//! One thread, and no executor: [`drive`] polls by hand, as cheaply as can be, so that the contest is among the combinators. tokio's
//! `JoinSet` spawns, and so runs on its own executor.
//!
//! | cell | what one operation is |
//! | --- | --- |
//! | `comb/gather{10,1000}_ready` | a child that is ready at once |
//! | `comb/gather{10,1000,100k}_yield` | a child that yields once |
//! | `comb/gather{10,1000,20k}_scattered` | a child; they are woken one at a time, in scrambled order |
//! | `comb/gather10_held` | the same of ten, each of which holds what has to be dropped |
//! | `comb/as_completed_20k` | the same, as a stream |
//! | `comb/limit100_of_100k`, `…_ordered` | one of 100,000 futures that yield once, 100 at a time, as a stream |
//! | `comb/gather_limit100_of_100k` | the same, all outputs in a vector |
//! | `comb/join3` | three futures that yield once |
//! | `comb/join3_held` | the same, each of which holds what has to be dropped |
//! | `comb/wait_first_x200` | the first of those that are left of 200, for rivals that give the rest back |
//! | `comb/next_of_200` | the same, for rivals that keep the futures |
//! | `stream/generator_100k`, `stream/try_generator_100k` | an item, nothing awaited, the consumer in one piece with the body |
//! | `stream/generator_100k_dyn` | the same through a vtable |
//! | `cancel/scope_of_yields` | a poll of a task that yields, inside a scope and without |
//! | `cancel/with_uncancelled` | an exit that is run in its turn, by `with` and by hand |
//! | `cancel/exits_10k_at_once` | an exit of one of 10,000 guards that are dropped together; by hand: as many boxed futures |
//!
//! What bounds the contestants of a cell, where that is known, is its [`floor`].
#![forbid(unsafe_code)]

mod drive;
mod few;
mod floor;
mod gather;
mod generator;
mod overhead;
mod streams;

use motet_benches::Family;

fn main() {
    let mut family = Family::new("combinators");
    gather::cells(&mut family);
    streams::cells(&mut family);
    few::cells(&mut family);
    generator::cells(&mut family);
    overhead::cells(&mut family);
    family.finish().expect("the results can be written");
}
