//! What can go wrong with a request: one error type, asked by predicates.

use http::StatusCode;
use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;
use url::Url;

/// Whatever another crate's error is, once it is only a cause.
pub(crate) type BoxError = Box<dyn StdError + Send + Sync>;

/// The part of a request that a [timeout](crate::Timeouts) bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Waiting for a connection of the pool to become free.
    Pool,
    /// Name lookup, TCP and TLS, together.
    Connect,
    /// Waiting until the server takes more of the upload.
    Write,
    /// Waiting for the head of the response, or for more of its body.
    Read,
    /// The whole request, from the first poll of `send` to the last byte of the body.
    Total,
}

/// The address as it may be shown: errors and debug output end up in logs, where no password belongs.
pub(crate) fn without_login(url: &Url) -> Url {
    let mut url = url.clone();
    let _ = url.set_username("");
    let _ = url.set_password(None);
    url
}

/// Why a request failed.
///
/// One type for every step, as in httpx and reqwest: ask what happened with the `is_` predicates, where with
/// [`url`](Self::url), and what lies beneath with [`source`](StdError::source).
///
/// ```
/// use motet_http::{Client, Error, MockTransport, Phase};
///
/// # futures::executor::block_on(async {
/// let client = Client::builder().transport(MockTransport::new(|_| async { Err(Error::timeout(Phase::Pool)) })).build()?;
/// let error = client.get("http://example.com/busy").await.unwrap_err();
/// assert!(error.is_timeout() && error.is_pool_timeout());
/// assert_eq!(error.url().unwrap().path(), "/busy");
/// # Ok::<(), Error>(()) }).unwrap();
/// ```
pub struct Error(Box<Report>);

struct Report {
    kind: Kind,
    url: Option<Url>,
    source: Option<BoxError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Build,
    Connect,
    Dns,
    Tls,
    Timeout(Phase, Option<Duration>),
    Send,
    Body,
    BodyTooLarge(u64),
    Decode,
    Redirect,
    Status(StatusCode),
    Closed,
    Other,
}

impl Error {
    pub(crate) fn new(kind: Kind) -> Self {
        Self(Box::new(Report { kind, url: None, source: None }))
    }

    pub(crate) fn caused(kind: Kind, source: impl Into<BoxError>) -> Self {
        Self(Box::new(Report { kind, url: None, source: Some(source.into()) }))
    }

    /// A cause that passed through a foreign body type: ours as it was, anything else as a failed body.
    pub(crate) fn from_body(source: BoxError) -> Self {
        match source.downcast::<Self>() {
            Ok(ours) => *ours,
            Err(foreign) => Self::caused(Kind::Body, foreign),
        }
    }

    /// The same, on the way through a decoder.
    pub(crate) fn from_decoder(source: BoxError) -> Self {
        match source.downcast::<Self>() {
            Ok(ours) => *ours,
            Err(foreign) => Self::caused(Kind::Decode, foreign),
        }
    }

    pub(crate) fn at(mut self, url: &Url) -> Self {
        self.0.url.get_or_insert_with(|| without_login(url));
        self
    }

    /// No connection could be made: for authors of a [`Transport`](crate::Transport).
    pub fn connect(source: impl Into<BoxError>) -> Self {
        Self::caused(Kind::Connect, source)
    }

    /// A phase took too long: for authors of a [`Transport`](crate::Transport).
    #[must_use]
    pub fn timeout(phase: Phase) -> Self {
        Self::new(Kind::Timeout(phase, None))
    }

    pub(crate) fn timed_out(phase: Phase, limit: Duration) -> Self {
        Self::new(Kind::Timeout(phase, Some(limit)))
    }

    /// Anything else: for authors of a [`Transport`](crate::Transport) or of a streamed body.
    pub fn other(source: impl Into<BoxError>) -> Self {
        Self::caused(Kind::Other, source)
    }

    /// The client or the request was put together wrongly: a bad address, header, query or body.
    #[must_use]
    pub fn is_builder(&self) -> bool {
        self.0.kind == Kind::Build
    }

    /// No connection could be made: name lookup, TCP, TLS, or [`Timeouts::connect`](crate::Timeouts::connect).
    #[must_use]
    pub fn is_connect(&self) -> bool {
        matches!(self.0.kind, Kind::Connect | Kind::Dns | Kind::Tls | Kind::Timeout(Phase::Connect, _))
    }

    /// The host's name could not be looked up; [`is_connect`](Self::is_connect) holds too.
    #[must_use]
    pub fn is_dns(&self) -> bool {
        self.0.kind == Kind::Dns
    }

    /// The TLS handshake failed, or the server's certificate was not trusted; [`is_connect`](Self::is_connect) holds too.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.0.kind == Kind::Tls
    }

    /// A timeout of any [phase](Self::phase) ran out.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.0.kind, Kind::Timeout(..))
    }

    /// No connection of the pool, or no stream of a shared one, became free in time: a limit of ours or of the server's is
    /// reached, the server may be well. A wait for another request's handshake is a timeout of [`Phase::Connect`].
    #[must_use]
    pub fn is_pool_timeout(&self) -> bool {
        matches!(self.0.kind, Kind::Timeout(Phase::Pool, _))
    }

    /// The phase whose timeout ran out, if one did.
    #[must_use]
    pub fn phase(&self) -> Option<Phase> {
        match self.0.kind {
            Kind::Timeout(phase, _) => Some(phase),
            _ => None,
        }
    }

    /// [`raise_for_status`](crate::Response::raise_for_status) met a status of 400 or above.
    #[must_use]
    pub fn is_status(&self) -> bool {
        matches!(self.0.kind, Kind::Status(_))
    }

    /// That status.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        match self.0.kind {
            Kind::Status(status) => Some(status),
            _ => None,
        }
    }

    /// The body is larger than [`max_body`](crate::ClientBuilder::max_body) allows.
    #[must_use]
    pub fn is_body_too_large(&self) -> bool {
        matches!(self.0.kind, Kind::BodyTooLarge(_))
    }

    /// A redirect could not be followed: too many, to another scheme, to no address, or with a body that cannot be sent again.
    #[must_use]
    pub fn is_redirect(&self) -> bool {
        self.0.kind == Kind::Redirect
    }

    /// The body came, but it is not what was asked for: no JSON of that type, an unknown charset, broken gzip.
    #[must_use]
    pub fn is_decode(&self) -> bool {
        self.0.kind == Kind::Decode
    }

    /// The exchange broke after the connection was made: it was reset, closed midway, or did not speak HTTP.
    #[must_use]
    pub fn is_exchange(&self) -> bool {
        matches!(self.0.kind, Kind::Send | Kind::Body)
    }

    /// The client was [closed](crate::Client::close).
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.kind == Kind::Closed
    }

    /// The address of the request, without a login in it; after a redirect, the one that failed.
    #[must_use]
    pub fn url(&self) -> Option<&Url> {
        self.0.url.as_ref()
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Build => f.write_str("the request cannot be built"),
            Self::Connect => f.write_str("no connection could be made"),
            Self::Dns => f.write_str("the host's name could not be looked up"),
            Self::Tls => f.write_str("the TLS handshake failed"),
            Self::Timeout(phase, limit) => {
                f.write_str(match phase {
                    Phase::Pool => {
                        "no connection became free in time: raise `Limits::max_connections` or `Timeouts::pool`"
                    }
                    Phase::Connect => "connecting took too long",
                    Phase::Write => "the server took too long to accept more of the request",
                    Phase::Read => "the server took too long to send more of the response",
                    Phase::Total => "the request took too long as a whole",
                })?;
                limit.map_or(Ok(()), |limit| write!(f, " (limit {limit:?})"))
            }
            Self::Send => f.write_str("the exchange with the server failed"),
            Self::Body => f.write_str("the body broke off"),
            Self::BodyTooLarge(limit) => write!(f, "the body is larger than {limit} bytes: raise `max_body`"),
            Self::Decode => f.write_str("the body could not be decoded"),
            Self::Redirect => f.write_str("the redirect could not be followed"),
            Self::Status(status) => write!(f, "the server answered {status}"),
            Self::Closed => f.write_str("the client is closed"),
            Self::Other => f.write_str("the request failed"),
        }
    }
}

/// The whole story on one line, causes included.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.kind)?;
        self.0.url.as_ref().map_or(Ok(()), |url| write!(f, " ({url})"))?;
        let mut source = self.source();
        while let Some(error) = source {
            write!(f, ": {error}")?;
            // One of ours has told of its own causes.
            source = if error.is::<Self>() { None } else { error.source() };
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Report { kind, url, source } = &*self.0;
        let url = url.as_ref().map(Url::as_str);
        f.debug_struct("Error").field("kind", kind).field("url", &url).field("source", source).finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

impl From<http::Error> for Error {
    fn from(source: http::Error) -> Self {
        Self::caused(Kind::Build, source)
    }
}

impl From<url::ParseError> for Error {
    fn from(source: url::ParseError) -> Self {
        Self::caused(Kind::Build, source)
    }
}
