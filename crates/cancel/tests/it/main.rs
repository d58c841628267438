//! What scopes promise, under no executor at all, under a bare `block_on`, under tokio, and under Motet's own.

mod adoption;
mod allocations;
mod auto_traits;
mod cancellables;
mod errors;
mod exit_stacks;
mod frames;
mod grace;
mod guards;
mod local_work;
mod order;
mod order_of_siblings;
mod outside;
mod panics;
mod raw;
mod scene;
mod scopes;
mod shields;
mod siblings_at_random;
mod siblings_that_panic;
mod tokens;
mod under_block_on;
mod under_motet;
mod under_tokio;
mod with_and_finally;
