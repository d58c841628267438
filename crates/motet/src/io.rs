//! Sockets: [`motet_io`], whole; and the buffers of `futures` around them, for lines and small writes.
//!
//! ```
//! use motet::io::{BufReader, TcpListener, TcpStream};
//! use motet::prelude::*;
//!
//! motet::run(async {
//!     let listener = TcpListener::bind("127.0.0.1:0").await?;
//!     let mut client = TcpStream::connect(listener.local_addr()?).await?;
//!     let (server, _peer) = listener.accept().await?;
//!     client.write_all(b"one\ntwo\n").await?;
//!     client.close().await?;
//!     let lines: Vec<String> = BufReader::new(server).lines().try_collect().await?;
//!     assert_eq!(lines, ["one", "two"]);
//!     std::io::Result::Ok(())
//! })
//! .unwrap();
//! ```

pub use futures_util::io::{BufReader, BufWriter, copy};
pub use futures_util::{AsyncBufRead, AsyncRead, AsyncWrite};
pub use motet_io::*;
