//! The two halves of a stream that is only borrowed: for two futures of one task.

use super::duplex::Duplex;
use crate::TcpStream;

/// Both halves of a borrowed stream.
pub(crate) fn split<S: Duplex>(stream: &mut S) -> (ReadHalf<'_, S>, WriteHalf<'_, S>) {
    (ReadHalf { stream }, WriteHalf { stream })
}

/// The reading half of a borrowed stream: [`TcpStream::split_mut`].
#[derive(Debug)]
pub struct ReadHalf<'a, S: Duplex = TcpStream> {
    stream: &'a S,
}

/// The writing half of a borrowed stream: [`TcpStream::split_mut`]. Dropping it tells the peer nothing.
#[derive(Debug)]
pub struct WriteHalf<'a, S: Duplex = TcpStream> {
    stream: &'a S,
}

impl<S: Duplex> ReadHalf<'_, S> {
    pub(super) fn socket(&self) -> &S {
        self.stream
    }
}

impl<S: Duplex> WriteHalf<'_, S> {
    pub(super) fn socket(&self) -> &S {
        self.stream
    }
}

impl<S: Duplex> AsRef<S> for ReadHalf<'_, S> {
    fn as_ref(&self) -> &S {
        self.stream
    }
}

impl<S: Duplex> AsRef<S> for WriteHalf<'_, S> {
    fn as_ref(&self) -> &S {
        self.stream
    }
}
