//! The seam under the client: whoever turns a request into a response.

use crate::{Body, Error};
use futures_util::future::BoxFuture;
use http::{Request, Response};
use std::fmt;

/// Carries one request and brings its response.
///
/// The client's own transport is its connection pool; implement this to put another in its place: a mock, a recorder, a
/// proxy, a server in the same process. Redirects, decompression, default headers, [`Timeouts::total`](crate::Timeouts::total)
/// and [`max_body`](crate::ClientBuilder::max_body) stay the client's; the other timeouts are the transport's, and are in the
/// request's extensions as [`Timeouts`](crate::Timeouts). Each redirect is a call of its own.
///
/// ```
/// use futures::future::BoxFuture;
/// use http::{Request, Response};
/// use motet_http::{Body, Client, Error, Transport};
///
/// struct Echo;
///
/// impl Transport for Echo {
///     fn send(&self, request: Request<Body>) -> BoxFuture<'_, Result<Response<Body>, Error>> {
///         Box::pin(async move { Ok(Response::new(request.into_body())) })
///     }
/// }
///
/// # futures::executor::block_on(async {
/// let client = Client::builder().transport(Echo).build()?;
/// assert_eq!(client.post("http://example.com").body("ping").await?.text().await?, "ping");
/// # Ok::<(), Error>(()) }).unwrap();
/// ```
pub trait Transport: Send + Sync + 'static {
    /// Sends the request, whose address is absolute, and waits for the head of the response.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future must give up the request and all that it holds.
    fn send(&self, request: Request<Body>) -> BoxFuture<'_, Result<Response<Body>, Error>>;
}

type Answer = dyn Fn(Request<Body>) -> BoxFuture<'static, Result<Response<Body>, Error>> + Send + Sync;

/// A transport that asks a closure: for tests without a network.
///
/// ```
/// use http::Response;
/// use motet_http::{Body, Client, MockTransport};
///
/// # futures::executor::block_on(async {
/// let mock = MockTransport::new(|request| async move {
///     assert_eq!(request.uri().path(), "/users/7");
///     Ok(Response::new(Body::from(r#"{"name": "Ockeghem"}"#)))
/// });
/// let client = Client::builder().transport(mock).build()?;
/// let user: serde_json::Value = client.get("http://example.com/users/7").await?.json().await?;
/// assert_eq!(user["name"], "Ockeghem");
/// # Ok::<(), motet_http::Error>(()) }).unwrap();
/// ```
pub struct MockTransport {
    answer: Box<Answer>,
}

impl MockTransport {
    /// Answers each request with what the closure makes of it.
    pub fn new<F, Fut>(answer: F) -> Self
    where
        F: Fn(Request<Body>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Response<Body>, Error>> + Send + 'static,
    {
        Self { answer: Box::new(move |request| Box::pin(answer(request))) }
    }
}

impl Transport for MockTransport {
    fn send(&self, request: Request<Body>) -> BoxFuture<'_, Result<Response<Body>, Error>> {
        (self.answer)(request)
    }
}

impl fmt::Debug for MockTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MockTransport")
    }
}
