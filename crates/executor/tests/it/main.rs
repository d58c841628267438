//! Behaviours of the executor.

mod basics;
