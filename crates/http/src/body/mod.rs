//! Bodies: what a request carries, and what a transport gives back.
//!
//! ```text
//! Empty, Whole      may be sent again: after a redirect, or when a pooled connection turns out closed
//! Stream            anybody's stream or body: once only
//! Pooled            the response of a connection of ours; the connection's lease is inside
//! Decoded           one of the others behind a gzip decoder
//! ```

mod decode;
mod herald;
mod source;
mod upload;

use crate::error::{BoxError, Error};
use crate::pool::Incoming;
use bytes::Bytes;
use futures_util::{Stream, TryStreamExt};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, StreamBody};
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

pub(crate) use decode::{decode, offers_gzip};
pub(crate) use herald::Herald;
pub(crate) use upload::{Mark, Progress, Stage, Upload};

/// The body of a request, or of a [`Transport`](crate::Transport)'s response.
///
/// Made from bytes or text it can be sent again, so that redirects and the retry on a stale connection work; made from a
/// [stream](Self::from_stream) it is sent once.
///
/// ```
/// use motet_http::Body;
///
/// assert_eq!(Body::from("hello").as_bytes(), Some(&b"hello"[..]));
/// assert_eq!(futures::executor::block_on(Body::from(vec![104, 105]).bytes())?, "hi");
/// # Ok::<(), motet_http::Error>(())
/// ```
pub struct Body(Kind);

enum Kind {
    Empty,
    Whole(Bytes),
    Stream(UnsyncBoxBody<Bytes, Error>),
    Pooled(Incoming),
    Decoded(Pin<Box<decode::Decoded>>),
}

impl Body {
    /// No body.
    #[must_use]
    pub const fn empty() -> Self {
        Self(Kind::Empty)
    }

    /// A body that comes piece by piece and is sent once, in chunks over HTTP/1.1.
    ///
    /// If the stream fails, so does its request, with that reason. If it panics, the request over HTTP/2 ends with an error, for it
    /// is the connection's tasks that poll it; over HTTP/1.1 the panic goes on in the request itself.
    ///
    /// ```
    /// use futures::stream;
    /// use motet_http::Body;
    ///
    /// let body = Body::from_stream(stream::iter(["one, ", "two"].map(Ok::<_, std::io::Error>)));
    /// assert_eq!(futures::executor::block_on(body.bytes())?, "one, two");
    /// # Ok::<(), motet_http::Error>(())
    /// ```
    pub fn from_stream<S, T, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<T, E>> + Send + 'static,
        T: Into<Bytes>,
        E: Into<BoxError>,
    {
        let frames = stream.map_ok(|piece| Frame::data(piece.into())).map_err(|e| Error::from_body(e.into()));
        Self(Kind::Stream(StreamBody::new(frames).boxed_unsync()))
    }

    /// Any other crate's body, sent once.
    pub fn wrap<B>(body: B) -> Self
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        Self(Kind::Stream(body.map_err(|e| Error::from_body(e.into())).boxed_unsync()))
    }

    pub(crate) fn pooled(incoming: Incoming) -> Self {
        Self(Kind::Pooled(incoming))
    }

    /// The bytes, if they are all here.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match &self.0 {
            Kind::Empty => Some(&[]),
            Kind::Whole(bytes) => Some(bytes),
            Kind::Stream(_) | Kind::Pooled(_) | Kind::Decoded(_) => None,
        }
    }

    /// A second body with the same bytes, if this one can be sent again.
    #[must_use]
    pub fn try_clone(&self) -> Option<Self> {
        match &self.0 {
            Kind::Empty => Some(Self::empty()),
            Kind::Whole(bytes) => Some(Self(Kind::Whole(bytes.clone()))),
            Kind::Stream(_) | Kind::Pooled(_) | Kind::Decoded(_) => None,
        }
    }

    /// Reads all of it, without a limit: for the handler of a [`MockTransport`](crate::MockTransport).
    ///
    /// # Errors
    ///
    /// If the stream behind it fails.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: what was read is lost.
    pub async fn bytes(self) -> Result<Bytes, Error> {
        match self.0 {
            Kind::Empty => Ok(Bytes::new()),
            Kind::Whole(bytes) => Ok(bytes),
            kind => Ok(Self(kind).collect().await?.to_bytes()),
        }
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match &mut self.0 {
            Kind::Empty => Poll::Ready(None),
            Kind::Whole(bytes) => {
                let bytes = std::mem::take(bytes);
                self.0 = Kind::Empty;
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            Kind::Stream(stream) => Pin::new(stream).poll_frame(cx),
            Kind::Pooled(incoming) => incoming.poll_frame(cx),
            Kind::Decoded(decoded) => decoded.as_mut().poll_frame(cx).map_err(Error::from_decoder),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Empty => true,
            Kind::Whole(bytes) => bytes.is_empty(),
            Kind::Stream(stream) => stream.is_end_stream(),
            Kind::Pooled(incoming) => incoming.is_end_stream(),
            Kind::Decoded(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Empty => SizeHint::with_exact(0),
            Kind::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Stream(stream) => stream.size_hint(),
            Kind::Pooled(incoming) => incoming.size_hint(),
            Kind::Decoded(_) => SizeHint::default(),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.as_bytes() {
            Some(bytes) => write!(f, "Body({} bytes)", bytes.len()),
            None => f.write_str("Body(stream)"),
        }
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(if bytes.is_empty() { Kind::Empty } else { Kind::Whole(bytes) })
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Bytes::from(text).into()
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Bytes::from_static(text.as_bytes()).into()
    }
}

impl From<&'static [u8]> for Body {
    fn from(bytes: &'static [u8]) -> Self {
        Bytes::from_static(bytes).into()
    }
}

impl From<()> for Body {
    fn from((): ()) -> Self {
        Self::empty()
    }
}
