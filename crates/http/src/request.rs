//! The request builder: a request until it is awaited.

use crate::body::Body;
use crate::client::Order;
use crate::error::{Error, Kind, without_login};
use crate::redirect::Hop;
use crate::{Client, Response, Timeouts};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::future::BoxFuture;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde::Serialize;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use url::Url;

/// A request that is being put together; await it to send it.
///
/// What is wrong with it (an address, a header, a value that is no JSON) is reported when it is sent, as an error whose
/// [`is_builder`](Error::is_builder) holds.
///
/// ```
/// use http::Response;
/// use motet_http::{Client, MockTransport};
///
/// # futures::executor::block_on(async {
/// let mock = MockTransport::new(|request| async move {
///     assert_eq!(request.uri(), "http://example.com/search?q=lute&page=2");
///     assert_eq!(request.headers()["authorization"], "Bearer sesame");
///     Ok(Response::new("found".into()))
/// });
/// let client = Client::builder().transport(mock).build()?;
/// let response = client.get("http://example.com/search").query(&[("q", "lute"), ("page", "2")]).bearer("sesame").await?;
/// assert_eq!(response.text().await?, "found");
/// # Ok::<(), motet_http::Error>(()) }).unwrap();
/// ```
///
/// # Cancel safety
///
/// Dropping the future that sends it, or its response, gives the connection up: an HTTP/1.1 connection is closed (its place in
/// the pool is free at once), an HTTP/2 stream is reset. Whether the server acted on the request is then unknown.
#[must_use = "a request is sent when it is awaited"]
pub struct RequestBuilder {
    client: Client,
    hop: Result<Hop, Error>,
    timeouts: Option<Timeouts>,
    total: Option<Duration>,
    max_body: Option<u64>,
}

impl RequestBuilder {
    pub(crate) fn new(client: Client, method: Method, url: Result<Url, Error>) -> Self {
        let headers = HeaderMap::new();
        let hop = url.and_then(|url| match method {
            Method::CONNECT => {
                Err(unfit("CONNECT asks for a tunnel, and a response is not one: open a socket").at(&url))
            }
            method => Ok(Hop { method, url, headers, body: Some(Body::empty()), followed: 0 }),
        });
        Self { client, hop, timeouts: None, total: None, max_body: None }
    }

    fn change(mut self, change: impl FnOnce(&mut Hop) -> Result<(), Error>) -> Self {
        self.hop = self.hop.and_then(|mut hop| match change(&mut hop) {
            Ok(()) => Ok(hop),
            Err(error) => Err(error.at(&hop.url)),
        });
        self
    }

    /// Adds to the address's query: pairs, a map, or a struct with named fields.
    ///
    /// ```
    /// # use http::Response;
    /// # use motet_http::{Client, MockTransport};
    /// #[derive(serde::Serialize)]
    /// struct Search { q: &'static str, page: Option<u32> }
    ///
    /// # futures::executor::block_on(async {
    /// # let mock = MockTransport::new(|r| async move { Ok(Response::new(r.uri().to_string().into())) });
    /// # let client = Client::builder().transport(mock).build()?;
    /// let r = client.get("http://example.com/?lang=en").query(&Search { q: "a b&c", page: None }).await?;
    /// assert_eq!(r.url().query(), Some("lang=en&q=a+b%26c"));
    /// # Ok::<(), motet_http::Error>(()) }).unwrap();
    /// ```
    pub fn query<T: Serialize + ?Sized>(self, query: &T) -> Self {
        self.change(|hop| {
            let mut pairs = hop.url.query_pairs_mut();
            let written = query.serialize(serde_urlencoded::Serializer::new(&mut pairs)).map(drop);
            drop(pairs);
            if hop.url.query() == Some("") {
                hop.url.set_query(None);
            }
            written.map_err(unfit)
        })
    }

    /// Adds a header; one of the client's [defaults](crate::ClientBuilder::default_header) of that name is not sent then.
    pub fn header<K, V>(self, name: K, value: V) -> Self
    where
        K: TryInto<HeaderName, Error: Into<http::Error>>,
        V: TryInto<HeaderValue, Error: Into<http::Error>>,
    {
        self.change(|hop| {
            let (name, value) = typed(name, value)?;
            hop.headers.append(name, value);
            Ok(())
        })
    }

    /// Adds all of these headers, in place of those of the same names.
    pub fn headers(self, headers: HeaderMap) -> Self {
        self.change(|hop| {
            for name in headers.keys() {
                hop.headers.remove(name);
            }
            for (name, value) in &headers {
                hop.headers.append(name, value.clone());
            }
            Ok(())
        })
    }

    /// Authorizes with a token: `Authorization: Bearer …`.
    pub fn bearer(self, token: impl fmt::Display) -> Self {
        self.change(|hop| {
            let mut value = HeaderValue::try_from(format!("Bearer {token}")).map_err(http::Error::from)?;
            value.set_sensitive(true);
            hop.headers.insert(AUTHORIZATION, value);
            Ok(())
        })
    }

    /// Authorizes with a name and a password: `Authorization: Basic …` (RFC 7617).
    ///
    /// ```
    /// # use http::Response;
    /// # use motet_http::{Client, MockTransport};
    /// # futures::executor::block_on(async {
    /// let mock = MockTransport::new(|r| async move {
    ///     assert_eq!(r.headers()["authorization"], "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    ///     Ok(Response::new("in".into()))
    /// });
    /// let client = Client::builder().transport(mock).build()?;
    /// client.get("http://example.com/").basic_auth("Aladdin", Some("open sesame")).await?;
    /// // The same, from the address:
    /// client.get("http://Aladdin:open%20sesame@example.com/").await?;
    /// # Ok::<(), motet_http::Error>(()) }).unwrap();
    /// ```
    pub fn basic_auth(self, name: impl fmt::Display, password: Option<impl fmt::Display>) -> Self {
        self.change(|hop| {
            let password = password.map(|password| password.to_string());
            hop.headers.insert(AUTHORIZATION, basic(&name.to_string(), password.as_deref()));
            Ok(())
        })
    }

    /// Sends a value as JSON.
    ///
    /// ```
    /// # use http::Response;
    /// # use motet_http::{Client, MockTransport};
    /// # futures::executor::block_on(async {
    /// let mock = MockTransport::new(|r| async move {
    ///     assert_eq!(r.headers()["content-type"], "application/json");
    ///     Ok(Response::new(r.into_body()))
    /// });
    /// let client = Client::builder().transport(mock).build()?;
    /// assert_eq!(client.post("http://example.com/").json(&[1, 2]).await?.text().await?, "[1,2]");
    /// # Ok::<(), motet_http::Error>(()) }).unwrap();
    /// ```
    pub fn json<T: Serialize + ?Sized>(self, value: &T) -> Self {
        self.change(|hop| {
            hop.body = Some(serde_json::to_vec(value).map_err(unfit)?.into());
            hop.headers.entry(CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
            Ok(())
        })
    }

    /// Sends pairs, a map or a struct as a form: `application/x-www-form-urlencoded`.
    pub fn form<T: Serialize + ?Sized>(self, value: &T) -> Self {
        self.change(|hop| {
            hop.body = Some(serde_urlencoded::to_string(value).map_err(unfit)?.into());
            let kind = HeaderValue::from_static("application/x-www-form-urlencoded");
            hop.headers.entry(CONTENT_TYPE).or_insert(kind);
            Ok(())
        })
    }

    /// Sends this body: bytes, text, or a [stream](Body::from_stream).
    pub fn body(self, body: impl Into<Body>) -> Self {
        self.change(|hop| {
            hop.body = Some(body.into());
            Ok(())
        })
    }

    /// The longest that the whole request may take, its redirects and its response's body included.
    pub const fn timeout(mut self, total: Duration) -> Self {
        self.total = Some(total);
        self
    }

    /// The timeouts of this request, in place of the client's.
    pub const fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = Some(timeouts);
        self
    }

    /// The largest body to accept for this request, in bytes after decompression, in place of the client's.
    pub const fn max_body(mut self, bytes: u64) -> Self {
        self.max_body = Some(bytes);
        self
    }

    /// Sends the request and waits for the head of the response. The same as awaiting the builder.
    ///
    /// # Errors
    ///
    /// See [`Error`]; a status of 400 or above is none, see [`raise_for_status`](Response::raise_for_status).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives the connection up, as told [above](Self#cancel-safety).
    pub fn send(self) -> Sending {
        let Self { client, hop, timeouts, total, max_body } = self;
        Sending(Box::pin(async move {
            let hop = hop?;
            let mut timeouts = timeouts.unwrap_or_else(|| client.timeouts());
            timeouts.total = total.or(timeouts.total);
            let max_body = max_body.unwrap_or_else(|| client.max_body());
            Order { client, hop, timeouts, max_body }.run().await
        }))
    }
}

impl IntoFuture for RequestBuilder {
    type Output = Result<Response, Error>;
    type IntoFuture = Sending;

    fn into_future(self) -> Sending {
        self.send()
    }
}

impl fmt::Debug for RequestBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.hop {
            Ok(hop) => write!(f, "RequestBuilder({} {})", hop.method, without_login(&hop.url)),
            Err(error) => write!(f, "RequestBuilder({error})"),
        }
    }
}

/// The future of [`RequestBuilder::send`].
#[must_use = "futures do nothing unless polled"]
pub struct Sending(BoxFuture<'static, Result<Response, Error>>);

impl Future for Sending {
    type Output = Result<Response, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx)
    }
}

impl fmt::Debug for Sending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sending")
    }
}

fn unfit(error: impl Into<crate::error::BoxError>) -> Error {
    Error::caused(Kind::Build, error)
}

pub(crate) fn typed<K, V>(name: K, value: V) -> Result<(HeaderName, HeaderValue), Error>
where
    K: TryInto<HeaderName, Error: Into<http::Error>>,
    V: TryInto<HeaderValue, Error: Into<http::Error>>,
{
    Ok((name.try_into().map_err(Into::into)?, value.try_into().map_err(Into::into)?))
}

/// The credentials of basic authorization; base64 is always a valid header value.
pub(crate) fn basic(name: &str, password: Option<&str>) -> HeaderValue {
    let login = STANDARD.encode(format!("{name}:{}", password.unwrap_or_default()));
    let mut value = HeaderValue::try_from(format!("Basic {login}")).expect("base64 is ASCII without controls");
    value.set_sensitive(true);
    value
}
