//! tokio's I/O traits for the streams and their halves: for code that is written to them (tokio-rustls, for one), under any
//! executor.

use super::duplex::{Duplex, Socket};
use super::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};
use crate::TcpStream;
#[cfg(unix)]
use crate::UnixStream;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

macro_rules! async_read {
    ($([$($generics:tt)*] $type:ty),+ $(,)?) => {
        $(impl<$($generics)*> AsyncRead for $type {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: &mut ReadBuf<'_>,
            ) -> Poll<io::Result<()>> {
                // Zeroes what the caller has not initialised; a `ReadBuf` remembers what is.
                let count = ready!(self.socket().poll_read(cx, buf.initialize_unfilled()))?;
                buf.advance(count);
                Poll::Ready(Ok(()))
            }
        })+
    };
}

macro_rules! async_write {
    ($([$($generics:tt)*] $type:ty),+ $(,)?) => {
        $(impl<$($generics)*> AsyncWrite for $type {
            fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
                self.socket().poll_write(cx, buf)
            }

            fn poll_write_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &[IoSlice<'_>],
            ) -> Poll<io::Result<usize>> {
                self.socket().poll_write_vectored(cx, bufs)
            }

            fn is_write_vectored(&self) -> bool {
                true
            }

            /// A socket has no buffer of its own: what was written is sent.
            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                self.socket().poll_close()
            }
        })+
    };
}

async_read!([] TcpStream, [] &TcpStream, [S: Duplex] OwnedReadHalf<S>, [S: Duplex] ReadHalf<'_, S>);
async_write!([] TcpStream, [] &TcpStream, [S: Duplex] OwnedWriteHalf<S>, [S: Duplex] WriteHalf<'_, S>);

#[cfg(unix)]
async_read!([] UnixStream, [] &UnixStream);
#[cfg(unix)]
async_write!([] UnixStream, [] &UnixStream);
