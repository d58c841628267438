//! Behaviours of motet-timer, by what a user sees.

mod against_btree;
mod agnostic;
mod allocations;
mod crowd;
mod host;
mod interval;
mod lifetime;
mod never_early;
mod reentrant;
mod sleep;
mod threads;
mod virtual_time;
