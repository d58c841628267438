//! The extension traits that asynchronous code reads best with, each imported without its name.
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

pub use futures_util::{AsyncReadExt as _, AsyncWriteExt as _, SinkExt as _, StreamExt as _};
pub use motet_combinators::FutureExt as _;
