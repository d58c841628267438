//! asyncio's constructs, each beside its Rust form.
//!
#![doc = include_str!("../docs/from-asyncio.md")]
