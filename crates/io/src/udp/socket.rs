//! A UDP socket.

use crate::Async;
use crate::names::{ToAddrs, each_addr, lookup_host, no_address};
use std::io;
use std::net::SocketAddr;
use std::task::{Context, Poll};

/// A UDP socket: sends and receives datagrams, from and to anybody, or one peer once it is [connected](Self::connect).
///
/// A datagram that does not fit the buffer is cut, without notice; and one may be lost, doubled or late: that is UDP.
///
/// ```
/// use motet_io::UdpSocket;
///
/// # futures::executor::block_on(async {
/// let (a, b) = (UdpSocket::bind("127.0.0.1:0").await?, UdpSocket::bind("127.0.0.1:0").await?);
/// a.send_to(b"ping", b.local_addr()?).await?;
/// let mut buf = [0; 64];
/// let (count, from) = b.recv_from(&mut buf).await?;
/// assert_eq!((&buf[..count], from), (&b"ping"[..], a.local_addr()?));
/// # std::io::Result::Ok(())
/// # }).unwrap();
/// ```
///
/// # Fairness
///
/// Any number of tasks may receive from one socket at once. A datagram wakes all of them and one gets it, in no order.
pub struct UdpSocket {
    pub(crate) io: Async<mio::net::UdpSocket>,
}

impl UdpSocket {
    /// Binds to an address: of several, to the first that works. Port 0 lets the system choose one.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: what was bound is closed again.
    ///
    /// # Errors
    ///
    /// [`AddrInUse`](io::ErrorKind::AddrInUse) and the like of the last address tried, or a failed lookup
    /// ([`lookup_host`]).
    pub async fn bind(addr: impl ToAddrs) -> io::Result<Self> {
        each_addr(addr, |addr| Ok(Self { io: Async::new(mio::net::UdpSocket::bind(addr)?)? })).await
    }

    /// Takes over a socket of the standard library.
    ///
    /// # Errors
    ///
    /// It cannot be made non-blocking or registered.
    pub fn from_std(socket: std::net::UdpSocket) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self { io: Async::new(mio::net::UdpSocket::from_std(socket))? })
    }

    /// Gives the socket to the standard library. It is still in non-blocking mode.
    #[must_use]
    pub fn into_std(self) -> std::net::UdpSocket {
        self.io.into_inner().into()
    }

    /// From now on sends to this peer, and receives from it alone.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the socket is connected or it is not.
    ///
    /// # Errors
    ///
    /// No route to the peer, another family of addresses, or a failed lookup ([`lookup_host`]). Nobody
    /// asks the peer whether it is there.
    pub async fn connect(&self, peer: impl ToAddrs) -> io::Result<()> {
        let mut last = no_address();
        for addr in lookup_host(peer).await? {
            match self.io.get_ref().connect(addr) {
                Ok(()) => return Ok(()),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    /// Sends a datagram to the connected peer; how many bytes of it.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is ready, it has sent nothing.
    ///
    /// # Errors
    ///
    /// [`NotConnected`](io::ErrorKind::NotConnected) or another word for it; a datagram too long; or
    /// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused), the answer to an earlier one.
    pub async fn send(&self, datagram: &[u8]) -> io::Result<usize> {
        self.io.write_with(|socket| socket.send(datagram)).await
    }

    /// Sends a datagram to `target`; how many bytes of it.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is ready, it has sent nothing.
    ///
    /// # Errors
    ///
    /// A datagram too long, no route to the target, or an answer to an earlier one.
    pub async fn send_to(&self, datagram: &[u8], target: SocketAddr) -> io::Result<usize> {
        self.io.write_with(|socket| socket.send_to(datagram, target)).await
    }

    /// Receives a datagram from the connected peer.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is ready, it has received nothing.
    ///
    /// # Errors
    ///
    /// [`ConnectionRefused`](io::ErrorKind::ConnectionRefused), the answer to an earlier `send`, and failures of the system.
    pub async fn recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.read_with(|socket| socket.recv(buf)).await
    }

    /// Receives a datagram; its length, and where it comes from.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: dropped before it is ready, it has received nothing.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    pub async fn recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io.read_with(|socket| socket.recv_from(buf)).await
    }

    /// Receives a datagram and leaves it in the queue.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: it takes nothing.
    ///
    /// # Errors
    ///
    /// As [`recv`](Self::recv).
    pub async fn peek_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io.read_with(|socket| socket.peek_from(buf)).await
    }

    /// [`send`](Self::send) for hand-written futures: only the task that polled last is woken.
    pub fn poll_send(&self, cx: &mut Context<'_>, datagram: &[u8]) -> Poll<io::Result<usize>> {
        self.io.poll_write_with(cx, |socket| socket.send(datagram))
    }

    /// [`send_to`](Self::send_to) for hand-written futures: only the task that polled last is woken.
    pub fn poll_send_to(&self, cx: &mut Context<'_>, datagram: &[u8], target: SocketAddr) -> Poll<io::Result<usize>> {
        self.io.poll_write_with(cx, |socket| socket.send_to(datagram, target))
    }

    /// [`recv`](Self::recv) for hand-written futures: only the task that polled last is woken.
    pub fn poll_recv(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
        self.io.poll_read_with(cx, |socket| socket.recv(buf))
    }

    /// [`recv_from`](Self::recv_from) for hand-written futures: only the task that polled last is woken.
    pub fn poll_recv_from(&self, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<(usize, SocketAddr)>> {
        self.io.poll_read_with(cx, |socket| socket.recv_from(buf))
    }

    /// Sends a datagram to `target` if there is room for it now.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is none; else as [`send_to`](Self::send_to).
    pub fn try_send_to(&self, datagram: &[u8], target: SocketAddr) -> io::Result<usize> {
        self.io.try_write_with(|socket| socket.send_to(datagram, target))
    }

    /// Receives a datagram if one is there now.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is none; else as [`recv_from`](Self::recv_from).
    pub fn try_recv_from(&self, buf: &mut [u8]) -> io::Result<(usize, SocketAddr)> {
        self.io.try_read_with(|socket| socket.recv_from(buf))
    }

    /// Sends a datagram to the peer that it is [connected](Self::connect) to, if there is room for it now.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is none; else as [`send`](Self::send).
    pub fn try_send(&self, datagram: &[u8]) -> io::Result<usize> {
        self.io.try_write_with(|socket| socket.send(datagram))
    }

    /// Receives a datagram if one is there now, without a word on who sent it.
    ///
    /// # Errors
    ///
    /// [`WouldBlock`](io::ErrorKind::WouldBlock) if there is none; else as [`recv`](Self::recv).
    pub fn try_recv(&self, buf: &mut [u8]) -> io::Result<usize> {
        self.io.try_read_with(|socket| socket.recv(buf))
    }

    /// Waits until there may be a datagram or an error.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: it takes nothing.
    pub async fn readable(&self) {
        self.io.readable().await;
    }

    /// Waits until there may be room to send.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: it takes nothing.
    pub async fn writable(&self) {
        self.io.writable().await;
    }
}
