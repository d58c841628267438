//! A Unix domain socket that accepts connections.

use super::UnixStream;
use crate::Async;
use std::fmt;
use std::io;
use std::os::unix::net::SocketAddr;
use std::path::Path;
use std::task::{Context, Poll};

/// A Unix domain socket that accepts connections. Its file stays when it is dropped: remove it when you bind, or after.
///
/// ```
/// use motet_io::{UnixListener, UnixStream};
///
/// # futures::executor::block_on(async {
/// let path = std::env::temp_dir().join(format!("motet-io-doc-{}", std::process::id()));
/// let listener = UnixListener::bind(&path)?;
/// let (client, server) = futures::join!(UnixStream::connect(&path), listener.accept());
/// std::fs::remove_file(&path)?;
///
/// client?.write(b"ping").await?;
/// let mut buf = [0; 4];
/// assert_eq!(server?.0.read(&mut buf).await?, 4);
/// # std::io::Result::Ok(())
/// # }).unwrap();
/// ```
///
/// # Fairness
///
/// Any number of tasks may accept from one listener at once. A connection wakes all of them and one gets it, in no order.
pub struct UnixListener {
    pub(crate) io: Async<mio::net::UnixListener>,
}

impl UnixListener {
    /// Binds to a path, where no file may be yet, and listens.
    ///
    /// # Errors
    ///
    /// [`AddrInUse`](io::ErrorKind::AddrInUse) if there is a file, and other failures of the system.
    pub fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        Ok(Self { io: Async::new(mio::net::UnixListener::bind(path)?)? })
    }

    /// Takes over a listener of the standard library.
    ///
    /// # Errors
    ///
    /// It cannot be made non-blocking or registered.
    pub fn from_std(listener: std::os::unix::net::UnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self { io: Async::new(mio::net::UnixListener::from_std(listener))? })
    }

    /// Gives the listener to the standard library. It is still in non-blocking mode.
    #[must_use]
    pub fn into_std(self) -> std::os::unix::net::UnixListener {
        self.io.into_inner().into()
    }

    /// Waits for the next connection; its stream, and the address of the peer.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: a connection that was not returned is still in the queue.
    ///
    /// # Errors
    ///
    /// The process or the system has no descriptor left, or other failures of the system.
    pub async fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
        let (stream, peer) = self.io.read_with(mio::net::UnixListener::accept).await?;
        Ok((UnixStream::from_mio(stream)?, peer))
    }

    /// [`accept`](Self::accept) for hand-written futures: only the task that polled last is woken.
    ///
    /// # Errors
    ///
    /// As [`accept`](Self::accept).
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(UnixStream, SocketAddr)>> {
        self.io.poll_read_with(cx, mio::net::UnixListener::accept).map(|accepted| {
            let (stream, peer) = accepted?;
            Ok((UnixStream::from_mio(stream)?, peer))
        })
    }

    /// The path that it is bound to.
    ///
    /// # Errors
    ///
    /// Failures of the system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().local_addr()
    }
}

impl TryFrom<std::os::unix::net::UnixListener> for UnixListener {
    type Error = io::Error;

    fn try_from(listener: std::os::unix::net::UnixListener) -> io::Result<Self> {
        Self::from_std(listener)
    }
}

impl fmt::Debug for UnixListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.io.get_ref().fmt(f)
    }
}
