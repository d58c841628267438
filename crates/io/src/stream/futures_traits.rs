//! futures-io's traits for the streams and their halves, vectored calls included.
//!
//! A reference to a stream reads and writes too, as in the standard library, so that two tasks can share one stream. Of
//! several tasks that poll the same direction, the last is woken; the `async` methods know no such limit.

use super::duplex::{Duplex, Socket};
use super::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};
use crate::TcpStream;
#[cfg(unix)]
use crate::UnixStream;
use futures_io::{AsyncRead, AsyncWrite};
use std::io::{self, IoSlice, IoSliceMut};
use std::pin::Pin;
use std::task::{Context, Poll};

macro_rules! async_read {
    ($([$($generics:tt)*] $type:ty),+ $(,)?) => {
        $(impl<$($generics)*> AsyncRead for $type {
            fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut [u8]) -> Poll<io::Result<usize>> {
                self.socket().poll_read(cx, buf)
            }

            fn poll_read_vectored(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                bufs: &mut [IoSliceMut<'_>],
            ) -> Poll<io::Result<usize>> {
                self.socket().poll_read_vectored(cx, bufs)
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

            /// A socket has no buffer of its own: what was written is sent.
            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Ready(Ok(()))
            }

            fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
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
