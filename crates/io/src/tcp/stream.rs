//! A TCP connection.

use super::connect;
use crate::names::{ToAddrs, lookup_host};
use crate::stream::duplex::{Duplex, Socket};
use crate::stream::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf, borrowed, owned};
use crate::{Async, reactor};
use std::future::Future;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{Shutdown, SocketAddr};
use std::task::{Context, Poll};

/// A TCP connection.
///
/// Reads and writes through its own methods, which take `&self` so that several tasks can share one stream, or through the
/// traits of futures-io (and, behind features, hyper's and tokio's). To give reading and writing to two tasks, use
/// [`into_split`](Self::into_split); to two futures of one task, [`split_mut`](Self::split_mut).
///
/// ```
/// use futures::{AsyncReadExt, AsyncWriteExt};
/// use motet_io::{TcpListener, TcpStream};
///
/// # futures::executor::block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let mut client = TcpStream::connect(listener.local_addr()?).await?;
/// let (mut server, _) = listener.accept().await?;
///
/// client.write_all(b"ping").await?;
/// client.close().await?;
///
/// let mut received = String::new();
/// server.read_to_string(&mut received).await?;
/// assert_eq!(received, "ping");
/// # std::io::Result::Ok(())
/// # }).unwrap();
/// ```
///
/// # Fairness
///
/// Bytes go to whichever task reads first once there are any; all that wait are woken.
pub struct TcpStream {
    pub(crate) io: Async<mio::net::TcpStream>,
}

impl TcpStream {
    /// Connects to an address, or to the first address of a host that answers. asyncio's `open_connection`.
    ///
    /// Of several addresses the families take turns, and the next attempt starts while those before it are still under way, a quarter of
    /// a second later, or at once if one fails (Happy Eyeballs, RFC 8305). To race on a clock of your own, take
    /// [`connect_with`](Self::connect_with).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: all attempts under way are closed.
    ///
    /// # Errors
    ///
    /// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused), [`TimedOut`](io::ErrorKind::TimedOut) (the system's own limit,
    /// a matter of minutes), [`NetworkUnreachable`](io::ErrorKind::NetworkUnreachable) and the like, of the attempt that
    /// failed last; or a failed lookup ([`lookup_host`](crate::lookup_host)).
    pub async fn connect(addr: impl ToAddrs) -> io::Result<Self> {
        let addrs = lookup_host(addr).await?;
        connect::race(addrs, || reactor::Delay::new(connect::STAGGER)).await
    }

    /// [`connect`](Self::connect) with addresses and a clock of your own: an attempt under way has until `stagger()` is ready
    /// before the next one starts beside it.
    ///
    /// RFC 8305 recommends 250 milliseconds. With [`std::future::pending`] an attempt starts only when the one before it has
    /// failed.
    ///
    /// ```
    /// use motet_io::{TcpListener, TcpStream};
    /// use std::future::pending;
    ///
    /// # futures::executor::block_on(async {
    /// let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let addrs = [listener.local_addr()?];
    /// let stream = TcpStream::connect_with(addrs, || pending::<()>()).await?;
    /// assert_eq!(stream.peer_addr()?, addrs[0]);
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: all attempts under way are closed.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect); [`InvalidInput`](io::ErrorKind::InvalidInput) if there is no address.
    pub async fn connect_with<D: Future>(
        addrs: impl IntoIterator<Item = SocketAddr>,
        stagger: impl FnMut() -> D,
    ) -> io::Result<Self> {
        connect::race(addrs.into_iter().collect(), stagger).await
    }

    /// Takes over a connected stream of the standard library.
    ///
    /// # Errors
    ///
    /// It cannot be made non-blocking or registered.
    pub fn from_std(stream: std::net::TcpStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Self::from_mio(mio::net::TcpStream::from_std(stream))
    }

    pub(super) fn from_mio(stream: mio::net::TcpStream) -> io::Result<Self> {
        Ok(Self { io: Async::new(stream)? })
    }

    /// Gives the stream to the standard library. It is still in non-blocking mode.
    #[must_use]
    pub fn into_std(self) -> std::net::TcpStream {
        self.io.into_inner().into()
    }

    /// Reads some bytes; zero is the end of the stream, or an empty `buf`.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is ready, it has read nothing.
    ///
    /// # Errors
    ///
    /// [`ConnectionReset`](io::ErrorKind::ConnectionReset) and the like.
    pub async fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.read(buf).await
    }

    /// Reads some bytes into several buffers, one after the other.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is ready, it has read nothing.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub async fn read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.io.read_vectored(bufs).await
    }

    /// Writes some of the bytes; how many. To write them all, take `AsyncWriteExt::write_all`.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is ready, it has written nothing.
    ///
    /// # Errors
    ///
    /// [`BrokenPipe`](io::ErrorKind::BrokenPipe), [`ConnectionReset`](io::ErrorKind::ConnectionReset) and the like.
    pub async fn write(&self, buf: &[u8]) -> io::Result<usize> {
        self.io.write(buf).await
    }

    /// Writes some bytes of several buffers, one after the other, in one system call.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is ready, it has written nothing.
    ///
    /// # Errors
    ///
    /// As [`write`](Self::write).
    pub async fn write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.io.write_vectored(bufs).await
    }

    /// Reads some bytes and leaves them in the stream.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: it takes nothing.
    ///
    /// # Errors
    ///
    /// As [`read`](Self::read).
    pub async fn peek(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.read_with(|stream| stream.peek(buf)).await
    }

    /// Reads what is there, without waiting.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is nothing; else as [`read`](Self::read).
    pub fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.try_read(buf)
    }

    /// Writes what there is room for, without waiting.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is no room; else as [`write`](Self::write).
    pub fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.io.try_write(buf)
    }

    /// Waits until there is something to read: bytes, the end, or an error. It may also be a false alarm, so go on with
    /// [`try_read`](Self::try_read).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: it takes nothing.
    pub async fn readable(&self) {
        self.io.readable().await;
    }

    /// Waits until there is room to write. It may also be a false alarm, so go on with [`try_write`](Self::try_write).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: it takes nothing.
    pub async fn writable(&self) {
        self.io.writable().await;
    }

    /// Ends one direction or both. `Write` tells the peer that no more bytes will come. Tasks that wait for what is ended
    /// wake, and read the end, or fail.
    ///
    /// # Errors
    ///
    /// [`NotConnected`](io::ErrorKind::NotConnected) if the connection is gone already, on some systems.
    pub fn shutdown(&self, how: Shutdown) -> io::Result<()> {
        self.io.get_ref().shutdown(how)
    }

    /// Splits it into two halves for two tasks, which can be [reunited](OwnedReadHalf::reunite). One allocation.
    #[must_use]
    pub fn into_split(self) -> (OwnedReadHalf, OwnedWriteHalf) {
        owned::split(self)
    }

    /// Splits it into two halves for two futures of one task. (futures' `AsyncReadExt` has a `split` of its own, which takes the
    /// stream.)
    pub fn split_mut(&mut self) -> (ReadHalf<'_>, WriteHalf<'_>) {
        borrowed::split(self)
    }

    pub(crate) fn socket(&self) -> &Self {
        self
    }
}

impl Duplex for TcpStream {}

impl Socket for TcpStream {
    fn shut(&self, how: Shutdown) -> io::Result<()> {
        self.shutdown(how)
    }

    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.io.poll_read(cx, buf)
    }

    fn poll_read_vectored(&self, cx: &mut Context<'_>, bufs: &mut [IoSliceMut<'_>]) -> Poll<io::Result<usize>> {
        self.io.poll_read_vectored(cx, bufs)
    }

    fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.io.poll_write(cx, buf)
    }

    fn poll_write_vectored(&self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        self.io.poll_write_vectored(cx, bufs)
    }

    #[cfg(feature = "hyper")]
    fn poll_read_uninit(&self, cx: &mut Context<'_>, buf: &mut [std::mem::MaybeUninit<u8>]) -> Poll<io::Result<usize>> {
        self.io.poll_read_uninit(cx, buf, |stream, recv| stream.try_io(recv))
    }
}
