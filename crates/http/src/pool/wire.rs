//! A socket, plain or behind TLS, as hyper reads and writes it; and how one comes about.

use super::heard::Heard;
use super::host::HostKey;
use super::slots::Permit;
use crate::error::{Error, Kind};
use crate::tls::Tls;
use hyper::rt::{Read, ReadBufCursor, Write};
use motet_io::{TcpStream, lookup_host};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncBufRead, AsyncWrite};
use tokio_rustls::client::TlsStream;

/// Most reads in a row before others get their turn. hyper reads on for as long as there is something, and would never look
/// up while a server floods it with what comes to nothing, such as interim responses: no timeout could end that.
const MOST_READS: usize = 64;
/// Into a larger buffer a read counts as many; hyper's grow to some 400 kB.
const BYTES_PER_READ: usize = 16 * 1024;

/// An open connection. Its permit counts it among the open sockets, and so is dropped with it, wherever that happens.
pub(super) struct Wire {
    socket: Socket,
    /// Reads since there was last nothing to read.
    reads: usize,
    /// For those who share it.
    heard: Option<Heard>,
    _open: Permit,
}

enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// What the server chose to speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

/// Name lookup, TCP and TLS.
pub(super) async fn dial(key: &HostKey, tls: &Tls, open: Permit) -> Result<(Wire, Protocol), Error> {
    let (host, port) = (key.host(), key.port());
    let addresses = lookup_host((host, port)).await.map_err(|e| Error::caused(Kind::Dns, e))?;
    let tcp = TcpStream::connect(&addresses[..]).await.map_err(Error::connect)?;
    tcp.set_nodelay(true).map_err(Error::connect)?;
    let (socket, protocol) = if key.https {
        let (stream, http2) = tls.connect(host, tcp).await?;
        (Socket::Tls(Box::new(stream)), if http2 { Protocol::Http2 } else { Protocol::Http1 })
    } else {
        (Socket::Plain(tcp), Protocol::Http1)
    };
    Ok((Wire { socket, reads: 0, heard: None, _open: open }, protocol))
}

impl Wire {
    /// From now on it counts how often there was something to read.
    pub(super) fn listen(&mut self) -> Heard {
        self.heard.get_or_insert_default().clone()
    }
}

impl Read for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        if self.reads >= MOST_READS {
            self.reads = 0;
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let reads = self.reads + buf.remaining().div_ceil(BYTES_PER_READ).max(1);
        let read = self.socket.poll_read(cx, buf);
        self.reads = if read.is_pending() { 0 } else { reads };
        if let (Some(heard), Poll::Ready(Ok(()))) = (&self.heard, &read) {
            heard.hear();
        }
        read
    }
}

impl Socket {
    fn poll_read(&mut self, cx: &mut Context<'_>, mut buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        match self {
            Self::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            // rustls has the plain text in a buffer of its own: taken from there, it is copied once, and safely.
            Self::Tls(tls) => {
                let mut tls = Pin::new(&mut **tls);
                let ready = ready!(tls.as_mut().poll_fill_buf(cx))?;
                let taken = ready.len().min(buf.remaining());
                buf.put_slice(&ready[..taken]);
                tls.consume(taken);
                Poll::Ready(Ok(()))
            }
        }
    }
}

impl Write for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.socket {
            Socket::Plain(tcp) => Write::poll_write(Pin::new(tcp), cx, bytes),
            Socket::Tls(tls) => AsyncWrite::poll_write(Pin::new(&mut **tls), cx, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.socket {
            Socket::Plain(tcp) => Write::poll_flush(Pin::new(tcp), cx),
            Socket::Tls(tls) => AsyncWrite::poll_flush(Pin::new(&mut **tls), cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.socket {
            Socket::Plain(tcp) => Write::poll_shutdown(Pin::new(tcp), cx),
            Socket::Tls(tls) => AsyncWrite::poll_shutdown(Pin::new(&mut **tls), cx),
        }
    }

    fn is_write_vectored(&self) -> bool {
        match &self.socket {
            Socket::Plain(tcp) => Write::is_write_vectored(tcp),
            Socket::Tls(tls) => AsyncWrite::is_write_vectored(&**tls),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.socket {
            Socket::Plain(tcp) => Write::poll_write_vectored(Pin::new(tcp), cx, slices),
            Socket::Tls(tls) => AsyncWrite::poll_write_vectored(Pin::new(&mut **tls), cx, slices),
        }
    }
}
