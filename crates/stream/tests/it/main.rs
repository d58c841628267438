//! Behaviours, one module an idea.

mod agnostic;
mod close;
mod generator;
mod stream;
