//! A TCP socket that accepts connections.

use super::TcpStream;
use crate::Async;
use crate::names::{ToAddrs, each_addr};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

/// A TCP socket that accepts connections.
///
/// ```
/// use motet_io::{TcpListener, TcpStream};
///
/// # futures::executor::block_on(async {
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let (connected, accepted) = futures::join!(TcpStream::connect(listener.local_addr()?), listener.accept());
/// assert_eq!(connected?.local_addr()?, accepted?.1);
/// # std::io::Result::Ok(())
/// # }).unwrap();
/// ```
///
/// # Fairness
///
/// Any number of tasks may accept from one listener at once. A connection wakes all of them and one gets it, in no order.
pub struct TcpListener {
    pub(crate) io: Async<mio::net::TcpListener>,
}

impl TcpListener {
    /// Binds to an address and listens. Of several addresses (a name may have them) the first that works is taken; port 0
    /// lets the system choose one.
    ///
    /// On Unix the address may be one that a closed connection still lingers at (`SO_REUSEADDR`).
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: what was bound is closed again.
    ///
    /// # Errors
    ///
    /// [`AddrInUse`](io::ErrorKind::AddrInUse), [`PermissionDenied`](io::ErrorKind::PermissionDenied) and the like of the
    /// last address tried, or a failed lookup ([`lookup_host`](crate::lookup_host)).
    pub async fn bind(addr: impl ToAddrs) -> io::Result<Self> {
        each_addr(addr, |addr| Ok(Self { io: Async::new(mio::net::TcpListener::bind(addr)?)? })).await
    }

    /// Takes over a listener of the standard library.
    ///
    /// # Errors
    ///
    /// It cannot be made non-blocking or registered.
    pub fn from_std(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self { io: Async::new(mio::net::TcpListener::from_std(listener))? })
    }

    /// Gives the listener to the standard library. It is still in non-blocking mode.
    #[must_use]
    pub fn into_std(self) -> std::net::TcpListener {
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
    /// The process or the system has no descriptor left (wait until one is closed, then go on: the connection stays in the
    /// queue), or other failures of the system. A connection that its peer has given up already is skipped.
    pub async fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, peer) = self.io.read_with(accept).await?;
        Ok((TcpStream::from_mio(stream)?, peer))
    }

    /// [`accept`](Self::accept) for hand-written futures: only the task that polled last is woken.
    ///
    /// # Errors
    ///
    /// As [`accept`](Self::accept).
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        self.io.poll_read_with(cx, accept).map(|accepted| {
            let (stream, peer) = accepted?;
            Ok((TcpStream::from_mio(stream)?, peer))
        })
    }

    /// The address that it is bound to: how to learn which port the system chose.
    ///
    /// # Errors
    ///
    /// Failures of the system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().local_addr()
    }

    /// The time to live of the packets that it sends, in hops.
    ///
    /// # Errors
    ///
    /// Failures of the system.
    pub fn ttl(&self) -> io::Result<u32> {
        self.io.get_ref().ttl()
    }

    /// Sets the time to live of the packets that it sends, in hops.
    ///
    /// # Errors
    ///
    /// A value that the system does not accept.
    pub fn set_ttl(&self, hops: u32) -> io::Result<()> {
        self.io.get_ref().set_ttl(hops)
    }

    /// An error that the socket has kept, if there is one; it is forgotten thereby.
    ///
    /// # Errors
    ///
    /// Failures of the system.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.io.get_ref().take_error()
    }
}

/// The next connection that is still there.
fn accept(listener: &mio::net::TcpListener) -> io::Result<(mio::net::TcpStream, SocketAddr)> {
    loop {
        match listener.accept() {
            // The peer has reset it while it was in the queue: none of the caller's business.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            accepted => return accepted,
        }
    }
}

impl TryFrom<std::net::TcpListener> for TcpListener {
    type Error = io::Error;

    fn try_from(listener: std::net::TcpListener) -> io::Result<Self> {
        Self::from_std(listener)
    }
}

impl fmt::Debug for TcpListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.io.get_ref().fmt(f)
    }
}
