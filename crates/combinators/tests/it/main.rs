//! Behaviours, one module an idea.

mod agnostic;
mod as_completed;
mod cleanup;
mod few;
mod gather;
mod group;
mod local_scope;
mod map_bounded;
mod spawned;
mod support;
mod tasks;
mod timeout;
mod timeout_scope;
mod wait;
