//! Every example, run as a user runs it: what it prints, and how it ends.

mod fetch;
mod prints;
mod program;
#[cfg(unix)]
mod structured;
