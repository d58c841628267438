//! Reactor, sockets and name lookup, under any executor.
//!
//! The sockets here belong to no runtime: one reactor serves the whole process, and a socket is made, read, written and
//! dropped under Motet, tokio, smol or a bare `block_on` alike. The reactor is made when the first socket is. Idle threads of
//! runtimes that have a [`Seat`] wait for its events; where there is none, one helper thread does.
//!
//! | type | what | several tasks at once | cancel safe | allocates |
//! | --- | --- | --- | --- | --- |
//! | [`TcpStream`] | a connection | yes; bytes go to whoever comes first | every method | once, for its registration |
//! | [`TcpListener`] | accepts connections | yes; so do connections | every method | once |
//! | [`OwnedReadHalf`], [`OwnedWriteHalf`] | a stream for two tasks | as the stream | every method | once a pair |
//! | [`ReadHalf`], [`WriteHalf`] | a stream for two futures of a task | as the stream | every method | never |
//! | [`UdpSocket`] | datagrams | yes; so do datagrams | every method | once |
//! | `UnixStream`, `UnixListener` | the same within one machine (Unix only) | as TCP | every method | once |
//! | [`Async`] | any other source of mio's | yes | every method | once |
//! | [`lookup_host`] | the addresses of a host | yes, 32 at once | yes | its job and its answer |
//! | [`Seat`] | where a runtime parks | each thread its own | – | once |
//!
//! ```
//! use futures::AsyncWriteExt;
//! use motet_io::{TcpListener, TcpStream};
//!
//! # futures::executor::block_on(async {
//! let listener = TcpListener::bind("127.0.0.1:0").await?;
//! let mut client = TcpStream::connect(("localhost", listener.local_addr()?.port())).await?;
//! let (server, _peer) = listener.accept().await?;
//!
//! client.write_all(b"hello").await?;
//! let mut buf = [0; 64];
//! let count = server.read(&mut buf).await?;
//! assert_eq!(&buf[..count], b"hello");
//! # std::io::Result::Ok(())
//! # }).unwrap();
//! ```
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `hyper` | hyper's `rt::{Read, Write}` for streams and their halves |
//! | `tokio` | tokio's `io::{AsyncRead, AsyncWrite}` for streams and their halves; the traits only, no runtime |
//!
//! Descriptors are closed in programs that the process starts (close-on-exec). A process that forks without starting
//! another program must not use this crate in the child: the two would share one reactor.

#[cfg(unix)]
mod descriptors;
mod names;
mod reactor;
mod registered;
mod source;
mod stream;
mod tcp;
mod udp;
#[cfg(unix)]
mod unix;

pub use names::{Addrs, LookupError, ToAddrs, lookup_host};
pub use reactor::Seat;
pub use registered::Async;
pub use stream::{Duplex, OwnedReadHalf, OwnedWriteHalf, ReadHalf, ReuniteError, WriteHalf};
pub use tcp::{TcpListener, TcpStream};
pub use udp::UdpSocket;
#[cfg(unix)]
pub use unix::{UnixListener, UnixStream};
