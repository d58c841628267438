//! hyper's I/O traits for the streams and their halves.
//!
//! The unsafe code is for hyper: it lends memory that need not be initialised, and has to be told how much of it is
//! afterwards.

use super::duplex::{Duplex, Socket};
use super::{OwnedReadHalf, OwnedWriteHalf, ReadHalf, WriteHalf};
use crate::TcpStream;
#[cfg(unix)]
use crate::UnixStream;
use hyper::rt::{Read, ReadBufCursor, Write};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

fn read_into(socket: &impl Socket, cx: &mut Context<'_>, mut buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
    // SAFETY: `as_mut` asks that nothing initialised is made uninitialised. `poll_read_uninit` gives the memory to the
    // system's `recv` alone, which writes initialised bytes to it.
    let memory = unsafe { buf.as_mut() };
    let count = ready!(socket.poll_read_uninit(cx, memory))?;
    // SAFETY: the first `count` bytes of that memory were written by `recv`, which returned this count; and it was asked for
    // no more than there is.
    unsafe { buf.advance(count) };
    Poll::Ready(Ok(()))
}

macro_rules! read {
    ($([$($generics:tt)*] $type:ty),+ $(,)?) => {
        $(impl<$($generics)*> Read for $type {
            fn poll_read(
                self: Pin<&mut Self>,
                cx: &mut Context<'_>,
                buf: ReadBufCursor<'_>,
            ) -> Poll<io::Result<()>> {
                read_into(self.socket(), cx, buf)
            }
        })+
    };
}

macro_rules! write {
    ($([$($generics:tt)*] $type:ty),+ $(,)?) => {
        $(impl<$($generics)*> Write for $type {
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

read!([] TcpStream, [] &TcpStream, [S: Duplex] OwnedReadHalf<S>, [S: Duplex] ReadHalf<'_, S>);
write!([] TcpStream, [] &TcpStream, [S: Duplex] OwnedWriteHalf<S>, [S: Duplex] WriteHalf<'_, S>);

#[cfg(unix)]
read!([] UnixStream, [] &UnixStream);
#[cfg(unix)]
write!([] UnixStream, [] &UnixStream);
