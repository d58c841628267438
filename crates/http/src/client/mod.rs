//! The client: what requests share.

mod builder;
mod exchange;

pub use builder::ClientBuilder;
pub(crate) use exchange::Order;

use crate::body::Body;
use crate::error::{Error, Kind, without_login};
use crate::pool::Pool;
use crate::request::RequestBuilder;
use crate::{Redirects, Timeouts, Transport};
use http::{HeaderMap, Method, Request, Response};
use std::fmt;
use std::sync::{Arc, OnceLock};
use url::Url;

/// An HTTP client: connections, limits, timeouts and headers that requests share.
///
/// Make one and keep it: a clone is cheap and shares everything, and the pool behind it is what makes the second request to
/// a host fast. It works under any executor. The counterpart of httpx's `AsyncClient`.
///
/// ```
/// use motet_http::Client;
/// # async fn example() -> Result<(), motet_http::Error> {
/// let client = Client::new();
/// let page = client.get("https://example.com/").await?;
/// page.raise_for_status()?;
/// println!("{}", page.text().await?);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
}

struct Shared {
    base_url: Option<Url>,
    headers: HeaderMap,
    timeouts: Timeouts,
    redirects: Redirects,
    max_body: u64,
    gzip: bool,
    carrier: Carrier,
    closed: OnceLock<()>,
}

/// Who carries the requests.
enum Carrier {
    Pool(Pool),
    Custom(Box<dyn Transport>),
}

impl Client {
    /// A client with the defaults: 100 connections of which 20 may idle for 5 s, 5 s each to connect, read, write and wait
    /// for a connection, ten redirects, bodies up to 10 MiB, HTTP/2 where the server speaks it, gzip, verified TLS.
    #[must_use]
    #[expect(clippy::missing_panics_doc, reason = "the defaults build: each client in the tests and docs shows it")]
    pub fn new() -> Self {
        Self::builder().build().expect("the defaults are valid")
    }

    /// A client with settings of its own.
    pub fn builder() -> ClientBuilder {
        ClientBuilder::new()
    }

    /// A request with the method GET.
    pub fn get(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::GET, url)
    }

    /// A request with the method POST.
    pub fn post(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::POST, url)
    }

    /// A request with the method PUT.
    pub fn put(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::PUT, url)
    }

    /// A request with the method PATCH.
    pub fn patch(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::PATCH, url)
    }

    /// A request with the method DELETE.
    pub fn delete(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::DELETE, url)
    }

    /// A request with the method HEAD.
    pub fn head(&self, url: impl AsRef<str>) -> RequestBuilder {
        self.request(Method::HEAD, url)
    }

    /// A request with any method but CONNECT, which is no request for a response.
    ///
    /// The address is absolute, or continues the client's [`base_url`](ClientBuilder::base_url); a bad one is reported when
    /// the request is sent.
    ///
    /// ```
    /// use http::{Method, Response};
    /// use motet_http::{Client, MockTransport};
    ///
    /// # futures::executor::block_on(async {
    /// let mock = MockTransport::new(|r| async move { Ok(Response::new(r.method().to_string().into())) });
    /// let client = Client::builder().transport(mock).base_url("http://example.com/api")?.build()?;
    /// assert_eq!(client.request(Method::OPTIONS, "/users").await?.text().await?, "OPTIONS");
    /// # Ok::<(), motet_http::Error>(()) }).unwrap();
    /// ```
    pub fn request(&self, method: Method, url: impl AsRef<str>) -> RequestBuilder {
        RequestBuilder::new(self.clone(), method, self.resolve(url.as_ref()))
    }

    /// Closes the client: idle connections now, each other one as its response ends.
    ///
    /// A request that is made, or still waits for a connection, after this fails with an error whose
    /// [`is_closed`](Error::is_closed) holds. Responses that are being read go on to their end. All clones are closed.
    /// Dropping the last clone does the same without a word to the servers.
    ///
    /// As a context, so that it is closed on every way out, cancellation included:
    ///
    /// ```
    /// use motet_cancel::guard;
    /// use motet_http::{Client, MockTransport};
    /// # use http::Response;
    ///
    /// # futures::executor::block_on(async {
    /// # let mock = MockTransport::new(|_| async { Ok(Response::new("hi".into())) });
    /// let client = guard(Client::builder().transport(mock).build()?, |client, _| async move { client.close().await });
    /// let clone = client.clone();
    /// assert_eq!(client.get("http://example.com").await?.text().await?, "hi");
    /// client.close().await;
    /// assert!(clone.get("http://example.com").await.unwrap_err().is_closed());
    /// # Ok::<(), motet_http::Error>(()) }).unwrap();
    /// ```
    ///
    /// # Cancel safety
    ///
    /// The client is closed at the first poll; dropping the future only stops waiting for the idle connections to end.
    pub async fn close(&self) {
        let _ = self.shared.closed.set(());
        if let Carrier::Pool(pool) = &self.shared.carrier {
            pool.close().await;
        }
    }

    pub(crate) fn timeouts(&self) -> Timeouts {
        self.shared.timeouts
    }

    pub(crate) fn max_body(&self) -> u64 {
        self.shared.max_body
    }

    fn resolve(&self, address: &str) -> Result<Url, Error> {
        let url = match (Url::parse(address), &self.shared.base_url) {
            (Ok(url), _) => url,
            (Err(url::ParseError::RelativeUrlWithoutBase), Some(base)) => continue_base(base, address)?,
            (Err(error), _) => return Err(error.into()),
        };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Error::caused(Kind::Build, format!("`{}` is neither http nor https", url.scheme())).at(&url));
        }
        Ok(url)
    }
}

/// Continues the base's path, as httpx does: `/api` and `/users` make `/api/users`. No address leaves the base's host.
fn continue_base(base: &Url, address: &str) -> Result<Url, Error> {
    let mut root = base.clone();
    root.set_query(None);
    root.set_fragment(None);
    if !root.path().ends_with('/') {
        root.set_path(&format!("{}/", root.path()));
    }
    let path = address.trim_start_matches(['/', '\\']);
    // A leading `./` keeps a colon in the first segment from being read as a scheme.
    let relative =
        if path.is_empty() || path.starts_with(['?', '#', '.']) { path.to_owned() } else { format!("./{path}") };
    Ok(root.join(&relative)?)
}

impl Carrier {
    async fn send(&self, request: Request<Body>) -> Result<Response<Body>, Error> {
        match self {
            Self::Pool(pool) => pool.send(request).await,
            Self::Custom(transport) => transport.send(request).await,
        }
    }
}

impl Default for Client {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shared { base_url, timeouts, redirects, max_body, .. } = &*self.shared;
        f.debug_struct("Client")
            .field("base_url", &base_url.as_ref().map(without_login).as_ref().map(Url::as_str))
            .field("timeouts", timeouts)
            .field("redirects", redirects)
            .field("max_body", max_body)
            .finish_non_exhaustive()
    }
}
