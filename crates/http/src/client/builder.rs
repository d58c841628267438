//! Putting a client together.

use super::{Carrier, Client, Shared};
use crate::error::{Error, Kind, without_login};
use crate::pool::Pool;
use crate::request::typed;
use crate::spawn::Spawner;
use crate::tls::{Tls, TlsSettings};
use crate::{Certificate, Limits, Redirects, Timeouts, Transport};
use futures_util::task::Spawn;
use http::header::{ACCEPT, HeaderName, USER_AGENT};
use http::{HeaderMap, HeaderValue};
use std::fmt;
use std::sync::{Arc, OnceLock};
use url::Url;

/// The largest body that is read unless more was asked for: 10 MiB.
const MAX_BODY: u64 = 10 << 20;

/// A [`Client`] that is being put together.
///
/// ```
/// use motet_http::{Client, Limits, Redirects, Timeouts};
/// use std::time::Duration;
///
/// let client = Client::builder()
///     .base_url("https://api.example.com/v1")?
///     .limits(Limits { max_connections: 10, ..Limits::default() })
///     .timeouts(Timeouts { total: Some(Duration::from_secs(30)), ..Timeouts::default() })
///     .max_body(1 << 20)
///     .default_header("x-client", "docs")
///     .redirects(Redirects::none())
///     .build()?;
/// # Ok::<(), motet_http::Error>(())
/// ```
#[must_use = "a builder does nothing until `build`"]
pub struct ClientBuilder {
    base_url: Option<Url>,
    headers: Result<HeaderMap, Error>,
    limits: Limits,
    max_streams: usize,
    timeouts: Timeouts,
    redirects: Redirects,
    max_body: u64,
    gzip: bool,
    tls: TlsSettings,
    spawner: Option<Arc<dyn Spawn + Send + Sync>>,
    transport: Option<Box<dyn Transport>>,
}

impl ClientBuilder {
    pub(super) fn new() -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("motet-http/", env!("CARGO_PKG_VERSION"))));
        Self {
            base_url: None,
            headers: Ok(headers),
            limits: Limits::default(),
            max_streams: 100,
            timeouts: Timeouts::default(),
            redirects: Redirects::default(),
            max_body: MAX_BODY,
            gzip: true,
            tls: TlsSettings::default(),
            spawner: None,
            transport: None,
        }
    }

    /// The address that the addresses of requests continue: with `https://example.com/api`, a request to `/users` goes to
    /// `https://example.com/api/users`. An absolute address is taken as it is.
    ///
    /// # Errors
    ///
    /// One whose [`is_builder`](Error::is_builder) holds if it is no absolute `http` or `https` address.
    pub fn base_url(mut self, url: impl AsRef<str>) -> Result<Self, Error> {
        let url = Url::parse(url.as_ref())?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Error::caused(Kind::Build, format!("`{}` is neither http nor https", url.scheme())).at(&url));
        }
        self.base_url = Some(url);
        Ok(self)
    }

    /// How many connections there may be.
    pub const fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Most requests that share an HTTP/2 connection at a time; 100 by default. The others wait, within
    /// [`Timeouts::pool`]. Each may have a megabyte of its response here that nobody has read yet, and all of a connection
    /// together two gigabytes, the most that the protocol can allow: with more than 2,047 that nobody reads they hold up others.
    pub const fn max_streams(mut self, streams: usize) -> Self {
        self.max_streams = streams;
        self
    }

    /// How long each phase of a request may take.
    pub const fn timeouts(mut self, timeouts: Timeouts) -> Self {
        self.timeouts = timeouts;
        self
    }

    /// The largest body to accept, in bytes after decompression; 10 MiB by default. Streamed bodies count too: for a large
    /// download raise it for [the request](crate::RequestBuilder::max_body).
    pub const fn max_body(mut self, bytes: u64) -> Self {
        self.max_body = bytes;
        self
    }

    /// A header for each request that does not set it itself. A bad name or value is [`build`](Self::build)'s error.
    pub fn default_header<K, V>(mut self, name: K, value: V) -> Self
    where
        K: TryInto<HeaderName, Error: Into<http::Error>>,
        V: TryInto<HeaderValue, Error: Into<http::Error>>,
    {
        self.headers = self.headers.and_then(|mut headers| {
            let (name, value) = typed(name, value)?;
            headers.insert(name, value);
            Ok(headers)
        });
        self
    }

    /// Who the client says it is, in place of `motet-http/…`.
    pub fn user_agent<V>(self, value: V) -> Self
    where
        V: TryInto<HeaderValue, Error: Into<http::Error>>,
    {
        self.default_header(USER_AGENT, value)
    }

    /// How many redirects are followed; ten by default.
    pub const fn redirects(mut self, redirects: Redirects) -> Self {
        self.redirects = redirects;
        self
    }

    /// Whether to ask for gzip and undo it; on by default. A request that sets `Accept-Encoding` itself gets the bytes as
    /// they come.
    pub const fn gzip(mut self, gzip: bool) -> Self {
        self.gzip = gzip;
        self
    }

    /// Speaks HTTP/1.1 only, where the server would also speak HTTP/2.
    pub const fn http1_only(mut self) -> Self {
        self.tls.http1_only = true;
        self
    }

    /// Trusts this certificate too, besides those that the platform trusts.
    pub fn add_root_certificate(mut self, certificate: Certificate) -> Self {
        self.tls.roots.push(certificate);
        self
    }

    /// Trusts any certificate: **whoever sits between can read and change everything.** For a test against a server whose
    /// certificate cannot be had; where it can, use [`add_root_certificate`](Self::add_root_certificate).
    pub const fn danger_accept_invalid_certs(mut self, accept: bool) -> Self {
        self.tls.accept_invalid = accept;
        self
    }

    /// The executor for HTTP/2 connections, in place of the ambient one (see
    /// [`set_ambient_spawner`](crate::set_ambient_spawner)) and of a thread of the client's own. Once its
    /// [`status`](Spawn::status) is an error it is passed over, and what it refuses, or drops as it ends, goes on on the
    /// client's own thread: cleanup that outlives it can still send requests, and requests under way are answered.
    pub fn spawner(mut self, spawner: impl Spawn + Send + Sync + 'static) -> Self {
        self.spawner = Some(Arc::new(spawner));
        self
    }

    /// Sends requests through this transport in place of the network: see [`MockTransport`](crate::MockTransport).
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Box::new(transport));
        self
    }

    /// The client.
    ///
    /// # Errors
    ///
    /// One whose [`is_builder`](Error::is_builder) holds if a default header or a certificate is malformed, or a limit is zero
    /// that would let no request through.
    pub fn build(self) -> Result<Client, Error> {
        if self.limits.max_connections == 0 || self.limits.max_per_host == Some(0) || self.max_streams == 0 {
            return Err(Error::caused(Kind::Build, "a limit of zero connections or streams lets no request through"));
        }
        let carrier = match self.transport {
            Some(transport) => Carrier::Custom(transport),
            None => {
                let (tls, spawner) = (Tls::new(self.tls)?, Spawner::new(self.spawner));
                Carrier::Pool(Pool::new(self.limits, self.max_streams, tls, spawner))
            }
        };
        let shared = Shared {
            base_url: self.base_url,
            headers: self.headers?,
            timeouts: self.timeouts,
            redirects: self.redirects,
            max_body: self.max_body,
            gzip: self.gzip,
            carrier,
            closed: OnceLock::new(),
        };
        Ok(Client { shared: Arc::new(shared) })
    }
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("base_url", &self.base_url.as_ref().map(without_login).as_ref().map(Url::as_str))
            .field("limits", &self.limits)
            .field("timeouts", &self.timeouts)
            .field("redirects", &self.redirects)
            .field("max_body", &self.max_body)
            .finish_non_exhaustive()
    }
}
