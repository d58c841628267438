//! Behaviours, one module an idea.

mod agnostic;
mod allocations;
mod close;
mod generator;
mod stream;
