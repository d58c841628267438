//! The extension traits that asynchronous code reads best with, each imported without its name, and `Stream`, to say what a generator gives.
//!
//! ```
//! use motet::prelude::*;
//! use std::time::Duration;
//!
//! motet::run(async {
//!     let first = motet::interval(Duration::from_millis(1)).next().await;
//!     assert!(first.is_some());
//!     let limited = async { 7 }.timeout(Duration::from_secs(1)).await;
//!     assert_eq!(limited, Ok(7));
//! });
//! ```

pub use futures_util::{
    AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, SinkExt as _, Stream, StreamExt as _,
    TryStreamExt as _,
};
pub use motet_combinators::FutureExt as _;
