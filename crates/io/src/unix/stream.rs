//! A Unix domain connection.

use crate::Async;
use crate::source::Direction;
use crate::stream::duplex::{Duplex, Socket};
use crate::stream::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf, borrowed, owned, whether_it_stands};
use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::Shutdown;
use std::os::unix::net::SocketAddr;
use std::path::Path;
use std::task::{Context, Poll};

/// A Unix domain connection: what a [`TcpStream`](crate::TcpStream) is, within one machine.
///
/// ```
/// use futures::{AsyncReadExt, AsyncWriteExt};
/// use motet_io::UnixStream;
///
/// # futures::executor::block_on(async {
/// let (mut a, mut b) = UnixStream::pair()?;
/// a.write_all(b"ping").await?;
/// a.close().await?;
/// let mut received = String::new();
/// b.read_to_string(&mut received).await?;
/// assert_eq!(received, "ping");
/// # std::io::Result::Ok(())
/// # }).unwrap();
/// ```
pub struct UnixStream {
    pub(crate) io: Async<mio::net::UnixStream>,
}

impl UnixStream {
    /// Connects to the listener at a path.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the connection is closed again.
    ///
    /// # Errors
    ///
    /// [`NotFound`](io::ErrorKind::NotFound) or [`ConnectionRefused`](io::ErrorKind::ConnectionRefused) if nobody listens
    /// there; [`WouldBlock`](io::ErrorKind::WouldBlock) if the queue of the listener is full, on Linux: then try again later, for
    /// the system does not tell when.
    pub async fn connect(path: impl AsRef<Path>) -> io::Result<Self> {
        let stream = Self::from_mio(mio::net::UnixStream::connect(path)?)?;
        stream.connected().await?;
        Ok(stream)
    }

    /// Tries first: on Linux the connection stands already.
    async fn connected(&self) -> io::Result<()> {
        let stream = self.io.get_ref();
        let stands = || whether_it_stands(stream.peer_addr(), || stream.take_error());
        self.io.source().io(Direction::Write, stands).await
    }

    /// Two streams that are connected with each other.
    ///
    /// # Errors
    ///
    /// No descriptors left.
    pub fn pair() -> io::Result<(Self, Self)> {
        let (a, b) = mio::net::UnixStream::pair()?;
        Ok((Self::from_mio(a)?, Self::from_mio(b)?))
    }

    /// Takes over a connected stream of the standard library.
    ///
    /// # Errors
    ///
    /// It cannot be made non-blocking or registered.
    pub fn from_std(stream: std::os::unix::net::UnixStream) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Self::from_mio(mio::net::UnixStream::from_std(stream))
    }

    pub(super) fn from_mio(stream: mio::net::UnixStream) -> io::Result<Self> {
        Ok(Self { io: Async::new(stream)? })
    }

    /// Gives the stream to the standard library. It is still in non-blocking mode.
    #[must_use]
    pub fn into_std(self) -> std::os::unix::net::UnixStream {
        self.io.into_inner().into()
    }

    /// The address of this end.
    ///
    /// # Errors
    ///
    /// Failures of the system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().local_addr()
    }

    /// The address of the other end.
    ///
    /// # Errors
    ///
    /// [`NotConnected`](io::ErrorKind::NotConnected) if the connection is gone.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().peer_addr()
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
    pub fn into_split(self) -> (OwnedReadHalf<Self>, OwnedWriteHalf<Self>) {
        owned::split(self)
    }

    /// Splits it into two halves for two futures of one task. (futures' `AsyncReadExt` has a `split` of its own, which takes the
    /// stream.)
    pub fn split_mut(&mut self) -> (ReadHalf<'_, Self>, WriteHalf<'_, Self>) {
        borrowed::split(self)
    }

    pub(crate) fn socket(&self) -> &Self {
        self
    }
}

impl Duplex for UnixStream {}

impl Socket for UnixStream {
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

impl TryFrom<std::os::unix::net::UnixStream> for UnixStream {
    type Error = io::Error;

    fn try_from(stream: std::os::unix::net::UnixStream) -> io::Result<Self> {
        Self::from_std(stream)
    }
}

impl fmt::Debug for UnixStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.io.get_ref().fmt(f)
    }
}
