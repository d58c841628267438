//! Behaviours, one module an idea.

mod gather;
mod support;
