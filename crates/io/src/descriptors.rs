//! The descriptors of the sockets, for options that this crate has no method for.

use crate::{TcpListener, TcpStream, UdpSocket, UnixListener, UnixStream};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

macro_rules! descriptors {
    ($($type:ty),+) => {
        $(
            impl AsFd for $type {
                fn as_fd(&self) -> BorrowedFd<'_> {
                    self.io.get_ref().as_fd()
                }
            }

            impl AsRawFd for $type {
                fn as_raw_fd(&self) -> RawFd {
                    self.io.get_ref().as_raw_fd()
                }
            }
        )+
    };
}

descriptors!(TcpStream, TcpListener, UdpSocket, UnixStream, UnixListener);
