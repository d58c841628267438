//! Any source that mio can watch, made async: what every socket of this crate stands on.

use crate::reactor::Reactor;
use crate::source::{Direction, Extent, Source};
use mio::Token;
use std::fmt;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};

/// A source of mio's, registered at the process-wide reactor for as long as it lives.
///
/// For pollable things that this crate has no type for: a pipe, a socket made by somebody else's code behind
/// [`mio::unix::SourceFd`]. The source must be in non-blocking mode. Operations are tried first; only one that says
/// [`WouldBlock`](io::ErrorKind::WouldBlock) waits, and is tried again when the reactor has news.
///
/// A `SourceFd` only names a descriptor, and does not keep it open: drop its `Async` before the descriptor is closed. After
/// that the system may give the number to another file, and the drop would take that one's registration from it.
///
/// ```
/// use motet_io::Async;
/// use std::io::{Read, Write};
///
/// # #[cfg(unix)]
/// # futures::executor::block_on(async {
/// let (sender, receiver) = mio::unix::pipe::new()?;
/// let (sender, receiver) = (Async::new(sender)?, Async::new(receiver)?);
///
/// sender.write_with(|mut pipe| pipe.write(b"hello")).await?;
/// let mut buf = [0; 8];
/// assert_eq!(receiver.read_with(|mut pipe| pipe.read(&mut buf)).await?, 5);
/// # std::io::Result::Ok(())
/// # }).unwrap();
/// ```
///
/// # Cancel safety
///
/// Its futures do nothing but wait until the operation succeeds, in the poll that returns its result: dropped before, they
/// have done nothing.
pub struct Async<S: mio::event::Source> {
    /// `None` only once `into_inner` has taken it.
    io: Option<S>,
    reactor: &'static Reactor,
    token: Token,
    source: Arc<Source>,
}

const TAKEN: &str = "the source is there until `into_inner`, which takes the whole value";

impl<S: mio::event::Source> Async<S> {
    /// Registers the source. The first call in a process opens the reactor.
    ///
    /// # Errors
    ///
    /// The system is out of descriptors or memory, or the source cannot be watched (a regular file, for one), or it is
    /// registered already.
    pub fn new(mut io: S) -> io::Result<Self> {
        let reactor = Reactor::get()?;
        let (token, source) = reactor.register(&mut io)?;
        Ok(Self { io: Some(io), reactor, token, source })
    }

    /// The source.
    #[expect(clippy::missing_panics_doc, reason = "it never does: only `into_inner` takes the source")]
    pub fn get_ref(&self) -> &S {
        self.io.as_ref().expect(TAKEN)
    }

    /// Takes the source out of the reactor.
    #[expect(clippy::missing_panics_doc, reason = "it never does: only this takes the source, and takes all")]
    #[must_use]
    pub fn into_inner(mut self) -> S {
        let mut io = self.io.take().expect(TAKEN);
        self.reactor.deregister(&mut io, self.token);
        io
    }

    /// Waits until reading may succeed: there are bytes, or an end, or an error. It may also be a false alarm.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: it takes nothing.
    pub async fn readable(&self) {
        self.source.ready(Direction::Read).await;
    }

    /// Waits until writing may succeed. It may also be a false alarm.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: it takes nothing.
    pub async fn writable(&self) {
        self.source.ready(Direction::Write).await;
    }

    /// Calls `read` until it does not say `WouldBlock`, and waits in between.
    ///
    /// Any number of tasks may do so at once.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: each call of `read` that succeeded was the last, in the poll that returned its result.
    ///
    /// # Errors
    ///
    /// Those of `read`, except `WouldBlock` and `Interrupted`.
    pub fn read_with<T>(&self, read: impl FnMut(&S) -> io::Result<T>) -> impl Future<Output = io::Result<T>> {
        self.with(Direction::Read, read)
    }

    /// Calls `write` until it does not say `WouldBlock`, and waits in between.
    ///
    /// Any number of tasks may do so at once.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: each call of `write` that succeeded was the last, in the poll that returned its result.
    ///
    /// # Errors
    ///
    /// Those of `write`, except `WouldBlock` and `Interrupted`.
    pub fn write_with<T>(&self, write: impl FnMut(&S) -> io::Result<T>) -> impl Future<Output = io::Result<T>> {
        self.with(Direction::Write, write)
    }

    /// Calls `read` once, if the source may be readable.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is nothing, and those of `read`.
    pub fn try_read_with<T>(&self, mut read: impl FnMut(&S) -> io::Result<T>) -> io::Result<T> {
        self.source.try_io(Direction::Read, || read(self.get_ref()).map(whole))
    }

    /// Calls `write` once, if the source may be writable.
    ///
    /// # Errors
    ///
    /// `WouldBlock` if there is no room, and those of `write`.
    pub fn try_write_with<T>(&self, mut write: impl FnMut(&S) -> io::Result<T>) -> io::Result<T> {
        self.source.try_io(Direction::Write, || write(self.get_ref()).map(whole))
    }

    /// [`read_with`](Self::read_with) for a `poll_` function: only the task that polled last is woken.
    pub fn poll_read_with<T>(
        &self,
        cx: &mut Context<'_>,
        mut read: impl FnMut(&S) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        self.source.poll_io(Direction::Read, cx, || read(self.get_ref()).map(whole))
    }

    /// [`write_with`](Self::write_with) for a `poll_` function: only the task that polled last is woken.
    pub fn poll_write_with<T>(
        &self,
        cx: &mut Context<'_>,
        mut write: impl FnMut(&S) -> io::Result<T>,
    ) -> Poll<io::Result<T>> {
        self.source.poll_io(Direction::Write, cx, || write(self.get_ref()).map(whole))
    }

    async fn with<T>(&self, direction: Direction, mut operation: impl FnMut(&S) -> io::Result<T>) -> io::Result<T> {
        self.source.io(direction, || operation(self.get_ref()).map(whole)).await
    }

    /// The source as the reactor sees it, for operations that know of short counts.
    pub(crate) fn source(&self) -> &Source {
        &self.source
    }
}

fn whole<T>(value: T) -> (T, Extent) {
    (value, Extent::Full)
}

impl<S: mio::event::Source> Drop for Async<S> {
    fn drop(&mut self) {
        if let Some(io) = &mut self.io {
            self.reactor.deregister(io, self.token);
        }
    }
}

impl<S: mio::event::Source + fmt::Debug> fmt::Debug for Async<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Async").field(self.get_ref()).finish()
    }
}
