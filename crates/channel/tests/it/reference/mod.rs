//! Random sequences of operations, each flavour against a reference of a few lines. (Those of `broadcast` and `local` stand with their tests.)

mod channel;
mod orders;
mod queue;
mod single;
mod streams;
