//! Reading from and writing to a registered stream socket, with the short counts that spare a system call.

use crate::Async;
use crate::source::{Direction, Extent};
use std::io::{self, IoSlice, IoSliceMut, Read, Write};
#[cfg(feature = "hyper")]
use std::mem::MaybeUninit;
use std::net::Shutdown;
#[cfg(all(unix, feature = "hyper"))]
use std::os::fd::AsFd as AsSystem;
#[cfg(all(windows, feature = "hyper"))]
use std::os::windows::io::AsSocket as AsSystem;
use std::task::{Context, Poll};

/// A byte stream that can be split: [`TcpStream`](crate::TcpStream) and, on Unix, `UnixStream`. It cannot be implemented
/// elsewhere.
pub trait Duplex: Socket {}

/// What the halves and the trait implementations need of a stream.
pub trait Socket {
    fn shut(&self, how: Shutdown) -> io::Result<()>;
    fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>>;
    fn poll_read_vectored(&self, cx: &mut Context<'_>, bufs: &mut [IoSliceMut<'_>]) -> Poll<io::Result<usize>>;
    fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>>;
    fn poll_write_vectored(&self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>>;
    /// Reads into memory that need not be initialised; the first so many bytes of it are afterwards.
    #[cfg(feature = "hyper")]
    fn poll_read_uninit(&self, cx: &mut Context<'_>, buf: &mut [MaybeUninit<u8>]) -> Poll<io::Result<usize>>;

    /// Says to the peer that no more bytes will come. There is nothing to wait for: the system sends what it has.
    fn poll_close(&self) -> Poll<io::Result<()>> {
        Poll::Ready(match self.shut(Shutdown::Write) {
            // Nobody is left to be told.
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(()),
            result => result,
        })
    }
}

/// What a read says that gave less than there was room for.
pub trait ShortRead {
    /// Whether it means that nothing is left. It does not on a Unix socket: a read stops behind bytes that came with a
    /// descriptor, whatever lies behind them, and no event will tell of that.
    const EXHAUSTS: bool;
}

impl ShortRead for mio::net::TcpStream {
    const EXHAUSTS: bool = true;
}

#[cfg(unix)]
impl ShortRead for mio::net::UnixStream {
    const EXHAUSTS: bool = false;
}

/// The operations of a stream socket, on the registered source.
impl<S: mio::event::Source + ShortRead> Async<S>
where
    for<'a> &'a S: Read + Write,
{
    pub(crate) fn poll_read(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.source().poll_io(Direction::Read, cx, || read(self.get_ref(), buf))
    }

    pub(crate) async fn read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.source().io(Direction::Read, || read(self.get_ref(), buf)).await
    }

    pub(crate) fn try_read(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.source().try_io(Direction::Read, || read(self.get_ref(), buf))
    }

    /// `guard` is the source's own `try_io`, which some systems need around each call.
    #[cfg(feature = "hyper")]
    pub(crate) fn poll_read_uninit(
        &self,
        cx: &mut Context<'_>,
        buf: &mut [MaybeUninit<u8>],
        guard: impl Fn(&S, &mut dyn FnMut() -> io::Result<usize>) -> io::Result<usize>,
    ) -> Poll<io::Result<usize>>
    where
        S: AsSystem,
    {
        self.source().poll_io(Direction::Read, cx, || {
            let (io, asked) = (self.get_ref(), buf.len());
            count(asked, surely::<S>(asked), || guard(io, &mut || socket2::SockRef::from(io).recv(buf)))
        })
    }

    pub(crate) fn poll_read_vectored(
        &self,
        cx: &mut Context<'_>,
        bufs: &mut [IoSliceMut<'_>],
    ) -> Poll<io::Result<usize>> {
        self.source().poll_io(Direction::Read, cx, || read_vectored(self.get_ref(), bufs))
    }

    pub(crate) async fn read_vectored(&self, bufs: &mut [IoSliceMut<'_>]) -> io::Result<usize> {
        self.source().io(Direction::Read, || read_vectored(self.get_ref(), bufs)).await
    }

    pub(crate) fn poll_write(&self, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        self.source().poll_io(Direction::Write, cx, || write(self.get_ref(), buf))
    }

    pub(crate) async fn write(&self, buf: &[u8]) -> io::Result<usize> {
        self.source().io(Direction::Write, || write(self.get_ref(), buf)).await
    }

    pub(crate) fn try_write(&self, buf: &[u8]) -> io::Result<usize> {
        self.source().try_io(Direction::Write, || write(self.get_ref(), buf))
    }

    pub(crate) fn poll_write_vectored(&self, cx: &mut Context<'_>, bufs: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        self.source().poll_io(Direction::Write, cx, || write_vectored(self.get_ref(), bufs))
    }

    pub(crate) async fn write_vectored(&self, bufs: &[IoSlice<'_>]) -> io::Result<usize> {
        self.source().io(Direction::Write, || write_vectored(self.get_ref(), bufs)).await
    }
}

fn read<S: ShortRead>(io: &S, buf: &mut [u8]) -> io::Result<(usize, Extent)>
where
    for<'a> &'a S: Read,
{
    let (mut io, asked) = (io, buf.len());
    count(asked, surely::<S>(asked), || io.read(buf))
}

fn read_vectored<S: ShortRead>(io: &S, bufs: &mut [IoSliceMut<'_>]) -> io::Result<(usize, Extent)>
where
    for<'a> &'a S: Read,
{
    let asked = bufs.iter().map(|buf| buf.len()).sum();
    let (mut io, at_once) = (io, if bufs.len() <= SLICES_AT_ONCE { asked } else { 0 });
    count(asked, surely::<S>(at_once), || io.read_vectored(bufs))
}

/// What a read surely gives in one call if it is there: nothing, on a socket whose reads may stop short of it.
fn surely<S: ShortRead>(at_once: usize) -> usize {
    if S::EXHAUSTS { at_once } else { 0 }
}

fn write<S>(io: &S, buf: &[u8]) -> io::Result<(usize, Extent)>
where
    for<'a> &'a S: Write,
{
    let (mut io, asked) = (io, buf.len());
    count(asked, asked, || io.write(buf))
}

fn write_vectored<S>(io: &S, bufs: &[IoSlice<'_>]) -> io::Result<(usize, Extent)>
where
    for<'a> &'a S: Write,
{
    let asked = bufs.iter().map(|buf| buf.len()).sum();
    let (mut io, at_once) = (io, if bufs.len() <= SLICES_AT_ONCE { asked } else { 0 });
    count(asked, at_once, || io.write_vectored(bufs))
}

/// Moves bytes. Nothing asked is nothing done: the system would have it wait until there is something to do nothing with.
/// `at_once`: what the system surely takes in one call, so that less means that the stream is exhausted.
fn count(asked: usize, at_once: usize, call: impl FnOnce() -> io::Result<usize>) -> io::Result<(usize, Extent)> {
    let count = if asked == 0 { 0 } else { call()? };
    Ok((count, Extent::of(count, at_once)))
}

/// `_XOPEN_IOV_MAX`, the least that POSIX lets a system take in one call. The standard library cuts the rest off.
const SLICES_AT_ONCE: usize = 16;

/// Whether a connection attempt has come to its end. One that stands has a peer: that takes one system call. One that does
/// not is under way, unless the socket has kept an error.
pub(crate) fn whether_it_stands<A>(
    peer: io::Result<A>,
    take_error: impl FnOnce() -> io::Result<Option<io::Error>>,
) -> io::Result<((), Extent)> {
    let Err(no_peer) = peer else { return Ok(((), Extent::Full)) };
    match take_error()? {
        Some(failure) => Err(failure),
        None if no_peer.kind() == io::ErrorKind::NotConnected => Err(io::ErrorKind::WouldBlock.into()),
        None => Err(no_peer),
    }
}
