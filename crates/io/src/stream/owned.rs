//! The two halves of a stream as values of their own, for two tasks.

use super::duplex::Duplex;
use crate::TcpStream;
use std::error::Error;
use std::fmt;
use std::net::Shutdown;
use std::sync::Arc;

/// Both halves of a stream.
pub(crate) fn split<S: Duplex>(stream: S) -> (OwnedReadHalf<S>, OwnedWriteHalf<S>) {
    let stream = Arc::new(stream);
    (OwnedReadHalf { stream: stream.clone() }, OwnedWriteHalf { stream, shuts: true })
}

/// The reading half of a stream: [`TcpStream::into_split`].
///
/// It reads through the traits of futures-io, hyper and tokio. [`as_ref`](AsRef::as_ref) is the stream, for everything else that
/// one can ask it ([`peek`](TcpStream::peek), [`readable`](TcpStream::readable), [`peer_addr`](TcpStream::peer_addr)).
pub struct OwnedReadHalf<S: Duplex = TcpStream> {
    stream: Arc<S>,
}

/// The writing half of a stream: [`TcpStream::into_split`].
///
/// Dropped, it tells the peer that no more bytes will come, unless it is [forgotten](Self::forget) or
/// [reunited](OwnedReadHalf::reunite).
pub struct OwnedWriteHalf<S: Duplex = TcpStream> {
    stream: Arc<S>,
    shuts: bool,
}

impl<S: Duplex> OwnedReadHalf<S> {
    /// Makes one stream of two halves.
    ///
    /// ```
    /// use motet_io::{TcpListener, TcpStream};
    ///
    /// # futures::executor::block_on(async {
    /// # let listener = TcpListener::bind("127.0.0.1:0").await?;
    /// let stream = TcpStream::connect(listener.local_addr()?).await?;
    /// let (reader, writer) = stream.into_split();
    /// let stream: TcpStream = reader.reunite(writer).expect("they are of one stream");
    /// # std::io::Result::Ok(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// They are halves of two streams. The error has them both.
    pub fn reunite(self, writer: OwnedWriteHalf<S>) -> Result<S, ReuniteError<S>> {
        if !Arc::ptr_eq(&self.stream, &writer.stream) {
            return Err(ReuniteError { reader: self, writer });
        }
        writer.forget();
        match Arc::try_unwrap(self.stream) {
            Ok(stream) => Ok(stream),
            Err(_) => unreachable!("a stream has two halves, and both are here"),
        }
    }

    /// Whether both are halves of one stream.
    #[must_use]
    pub fn is_pair_of(&self, writer: &OwnedWriteHalf<S>) -> bool {
        Arc::ptr_eq(&self.stream, &writer.stream)
    }

    pub(super) fn socket(&self) -> &S {
        &self.stream
    }
}

impl<S: Duplex> OwnedWriteHalf<S> {
    /// Drops this half without telling the peer; the stream stays open for writing until the other half is dropped too.
    pub fn forget(mut self) {
        self.shuts = false;
    }

    pub(super) fn socket(&self) -> &S {
        &self.stream
    }
}

impl<S: Duplex> AsRef<S> for OwnedReadHalf<S> {
    fn as_ref(&self) -> &S {
        &self.stream
    }
}

impl<S: Duplex> AsRef<S> for OwnedWriteHalf<S> {
    fn as_ref(&self) -> &S {
        &self.stream
    }
}

impl<S: Duplex> Drop for OwnedWriteHalf<S> {
    fn drop(&mut self) {
        if self.shuts {
            // If nobody listens any more, nobody has to be told.
            let _ = self.stream.shut(Shutdown::Write);
        }
    }
}

impl<S: Duplex + fmt::Debug> fmt::Debug for OwnedReadHalf<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnedReadHalf").field(&*self.stream).finish()
    }
}

impl<S: Duplex + fmt::Debug> fmt::Debug for OwnedWriteHalf<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OwnedWriteHalf").field(&*self.stream).finish()
    }
}

/// Two halves that are not of one stream.
pub struct ReuniteError<S: Duplex = TcpStream> {
    /// The reading half that was given.
    pub reader: OwnedReadHalf<S>,
    /// The writing half that was given.
    pub writer: OwnedWriteHalf<S>,
}

impl<S: Duplex> fmt::Debug for ReuniteError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReuniteError").finish_non_exhaustive()
    }
}

impl<S: Duplex> fmt::Display for ReuniteError<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the two halves are not of one stream")
    }
}

impl<S: Duplex> Error for ReuniteError<S> {}
