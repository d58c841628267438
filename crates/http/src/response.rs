//! The response: its head at once, its body as it is asked for.

use crate::body::Body;
use crate::clock::{RunsOut, Total};
use crate::error::{Error, Kind};
use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode, Version};
use http_body::Body as _;
use serde::de::DeserializeOwned;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use url::Url;

/// The answer to a request: status and headers are here, the body is still on its way.
///
/// Read the body with one of [`json`](Self::json), [`text`](Self::text), [`bytes`](Self::bytes), [`chunk`](Self::chunk) or
/// [`stream`](Self::stream). Until it is read to its end, or dropped, it holds one of the client's
/// [connections](crate::Limits), so read or drop a response before you wait for something else.
///
/// ```
/// # use motet_http::{Client, MockTransport};
/// # futures::executor::block_on(async {
/// # let mock = MockTransport::new(|_| async { Ok(http::Response::builder().status(404).body("no such voice".into())?) });
/// # let client = Client::builder().transport(mock).build()?;
/// let response = client.get("http://example.com/quintus").await?;
/// assert_eq!(response.status(), 404);
/// assert!(response.raise_for_status().unwrap_err().is_status());
/// assert_eq!(response.text().await?, "no such voice");
/// # Ok::<(), motet_http::Error>(()) }).unwrap();
/// ```
pub struct Response {
    head: http::response::Parts,
    url: Url,
    body: Body,
    max_body: u64,
    seen: u64,
    total: Total,
}

impl Response {
    pub(crate) fn new(response: http::Response<Body>, url: Url, max_body: u64, total: Total) -> Self {
        let (head, body) = response.into_parts();
        Self { head, url, body, max_body, seen: 0, total }
    }

    /// The status.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        self.head.status
    }

    /// The headers.
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The address that answered: after redirects, the last one.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// The version of HTTP that was spoken.
    #[must_use]
    pub const fn version(&self) -> Version {
        self.head.version
    }

    /// What the transport attached to the response.
    #[must_use]
    pub const fn extensions(&self) -> &http::Extensions {
        &self.head.extensions
    }

    /// The length of the body, if the server told it and it is not compressed. The response to a HEAD has no body; what its
    /// server tells of the one that a GET would have is in the [`headers`](Self::headers).
    #[must_use]
    pub fn content_length(&self) -> Option<u64> {
        self.body.size_hint().exact()
    }

    /// An error if the status is 400 or above; as in httpx, the response can still be read.
    ///
    /// # Errors
    ///
    /// One whose [`is_status`](Error::is_status) holds and that knows the [`status`](Error::status).
    pub fn raise_for_status(&self) -> Result<&Self, Error> {
        let status = self.head.status;
        if status.is_client_error() || status.is_server_error() {
            return Err(Error::new(Kind::Status(status)).at(&self.url));
        }
        Ok(self)
    }

    /// [`raise_for_status`](Self::raise_for_status) in a chain of calls: gives the response itself.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn error_for_status(self) -> Result<Self, Error> {
        self.raise_for_status()?;
        Ok(self)
    }

    /// Reads the body as JSON.
    ///
    /// # Errors
    ///
    /// One whose [`is_decode`](Error::is_decode) holds if it is no JSON of that type; and those of [`bytes`](Self::bytes).
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: what was read is lost, and the connection is given up.
    pub async fn json<T: DeserializeOwned>(mut self) -> Result<T, Error> {
        let bytes = self.collect().await?;
        serde_json::from_slice(&bytes).map_err(|e| Error::caused(Kind::Decode, e).at(&self.url))
    }

    /// Reads the body as text: UTF-8, or Latin-1 if the server says so. What is not valid becomes U+FFFD.
    ///
    /// # Errors
    ///
    /// One whose [`is_decode`](Error::is_decode) holds if the server names another charset: take the
    /// [`bytes`](Self::bytes) and decode them with a crate for that. And those of `bytes`.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: what was read is lost, and the connection is given up.
    pub async fn text(mut self) -> Result<String, Error> {
        let charset = self.charset();
        match charset.as_deref().unwrap_or("utf-8") {
            "utf-8" | "utf8" | "us-ascii" | "ascii" => {
                let bytes = Vec::from(self.collect().await?);
                Ok(String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
            }
            "iso-8859-1" | "latin1" | "iso8859-1" => {
                Ok(self.collect().await?.iter().map(|&byte| char::from(byte)).collect())
            }
            other => {
                Err(Error::caused(Kind::Decode, format!("charset `{other}` is not supported: read `bytes`"))
                    .at(&self.url))
            }
        }
    }

    /// Reads the whole body.
    ///
    /// # Errors
    ///
    /// If it is larger than [`max_body`](crate::ClientBuilder::max_body), breaks off, or takes too long.
    ///
    /// # Cancel safety
    ///
    /// Not cancel safe: what was read is lost, and the connection is given up.
    pub async fn bytes(mut self) -> Result<Bytes, Error> {
        self.collect().await
    }

    /// The next piece of the body; `None` at its end.
    ///
    /// ```
    /// # use motet_http::{Body, Client, MockTransport};
    /// # futures::executor::block_on(async {
    /// # let pieces = || futures::stream::iter(["so", "la"].map(Ok::<_, std::io::Error>));
    /// # let mock = MockTransport::new(move |_| async move { Ok(http::Response::new(Body::from_stream(pieces()))) });
    /// # let client = Client::builder().transport(mock).build()?;
    /// let mut response = client.get("http://example.com/").await?;
    /// let mut length = 0;
    /// while let Some(chunk) = response.chunk().await? {
    ///     length += chunk.len();
    /// }
    /// assert_eq!(length, 4);
    /// # Ok::<(), motet_http::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// Those of [`bytes`](Self::bytes). The body is over after an error.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: nothing is lost, the next call gives the piece.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        poll_fn(|cx| self.poll_chunk(cx)).await.transpose()
    }

    /// The body as a stream of pieces, for `StreamExt`.
    ///
    /// Dropping the stream before its end gives the connection up.
    pub const fn stream(self) -> Chunks {
        Chunks(self)
    }

    async fn collect(&mut self) -> Result<Bytes, Error> {
        if self.body.size_hint().lower() > self.max_body {
            return Err(self.give_up(Error::new(Kind::BodyTooLarge(self.max_body))));
        }
        let Some(first) = self.chunk().await? else { return Ok(Bytes::new()) };
        let Some(second) = self.chunk().await? else { return Ok(first) };
        let mut all = BytesMut::with_capacity(first.len() + second.len() + self.expected());
        all.extend_from_slice(&first);
        all.extend_from_slice(&second);
        while let Some(chunk) = self.chunk().await? {
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }

    /// How much to make room for: what the server promises, as far as it is allowed and sane to believe.
    fn expected(&self) -> usize {
        const MOST_BELIEVED: u64 = 1 << 20;
        usize::try_from(self.body.size_hint().lower().min(MOST_BELIEVED)).unwrap_or(0)
    }

    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Error>>> {
        loop {
            let frame = match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => frame,
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Some(Err(self.give_up(error)))),
                Poll::Ready(None) => {
                    self.body = Body::empty();
                    return Poll::Ready(None);
                }
                Poll::Pending => {
                    return self.total.poll(cx).map(|error| Some(Err(self.give_up(error))));
                }
            };
            // Of what is nobody's chunk there may be no end, either.
            if let Some(timeout) = self.total.over() {
                return Poll::Ready(Some(Err(self.give_up(timeout))));
            }
            // Trailers, and pieces without a byte.
            let Ok(data) = frame.into_data() else { continue };
            if data.is_empty() {
                continue;
            }
            self.seen += data.len() as u64;
            if self.seen > self.max_body {
                return Poll::Ready(Some(Err(self.give_up(Error::new(Kind::BodyTooLarge(self.max_body))))));
            }
            return Poll::Ready(Some(Ok(data)));
        }
    }

    /// Ends the body, so that its connection is free while the caller looks at the error.
    fn give_up(&mut self, error: Error) -> Error {
        self.body = Body::empty();
        error.at(&self.url)
    }

    fn charset(&self) -> Option<String> {
        let kind = self.head.headers.get(CONTENT_TYPE)?.to_str().ok()?.to_ascii_lowercase();
        let charset =
            kind.split(';').skip(1).find_map(|part| part.trim().strip_prefix("charset=").map(str::to_owned))?;
        Some(charset.trim_matches('"').to_owned())
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.head.status)
            .field("url", &self.url.as_str())
            .field("version", &self.head.version)
            .field("headers", &self.head.headers)
            .finish_non_exhaustive()
    }
}

/// The stream of [`Response::stream`].
#[must_use = "streams do nothing unless polled"]
#[derive(Debug)]
pub struct Chunks(Response);

impl Stream for Chunks {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_chunk(cx)
    }
}
