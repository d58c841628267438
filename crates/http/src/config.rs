//! Limits and timeouts: what a client may use, and how long it may wait.

use std::time::Duration;

/// How many connections a client keeps, open and idle.
///
/// The limits are strict: at no moment are more than [`max_connections`](Self::max_connections) sockets open, idle ones
/// included, and a request that finds none free waits its turn, first come, first served.
///
/// ```
/// use motet_http::{Client, Limits};
///
/// let limits = Limits { max_connections: 10, max_per_host: Some(2), ..Limits::default() };
/// let client = Client::builder().limits(limits).build()?;
/// # Ok::<(), motet_http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Most connections open at a time. 100 by default.
    pub max_connections: usize,
    /// Most connections to one scheme, host and port in use at a time. None by default.
    pub max_per_host: Option<usize>,
    /// Most connections kept for later while nobody uses them. 20 by default.
    pub max_idle: usize,
    /// How long an idle connection is kept. Five seconds by default.
    pub idle_expiry: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_connections: 100, max_per_host: None, max_idle: 20, idle_expiry: Duration::from_secs(5) }
    }
}

/// How long each phase of a request may take; `None` is for ever.
///
/// A phase's budget is not restarted within the phase: [`connect`](Self::connect) covers name lookup, TCP and TLS together.
/// A request that is sent again, for its connection turned out closed, goes on with what is left of its budgets.
/// After a redirect the next hop has budgets of its own; [`total`](Self::total) covers all of it, the body included.
///
/// ```
/// use motet_http::Timeouts;
/// use std::time::Duration;
///
/// let patient = Timeouts { read: Some(Duration::from_secs(60)), ..Timeouts::default() };
/// assert_eq!(patient.connect, Some(Duration::from_secs(5)));
/// assert_eq!(Timeouts::none().read, None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// To look the name up, connect and shake hands, or to wait for the request that does so first, if it is to show whether
    /// the host speaks HTTP/2 and connections to it are shared. Five seconds by default.
    pub connect: Option<Duration>,
    /// Between two pieces of the response, counted from the end of the upload. Five seconds by default.
    ///
    /// An HTTP/2 connection on which nothing came to anybody for the whole of it, or of [`write`](Self::write), gets no new
    /// requests until its server is heard of again. A request that ends by [`total`](Self::total), or is dropped, tells nothing
    /// of the server: where nothing but such a limit is set, it is a ping that finds a dead connection, within twenty seconds.
    pub read: Option<Duration>,
    /// Between two pieces of the upload that the server takes. Five seconds by default.
    pub write: Option<Duration>,
    /// To wait for a connection of the pool, or a stream of a shared one. Five seconds by default.
    pub pool: Option<Duration>,
    /// From the first poll of the request to the last byte of the body. None by default.
    pub total: Option<Duration>,
}

impl Timeouts {
    /// No timeout at all.
    #[must_use]
    pub const fn none() -> Self {
        Self { connect: None, read: None, write: None, pool: None, total: None }
    }

    /// The same limit for connect, read, write and pool; no total.
    #[must_use]
    pub const fn each(limit: Duration) -> Self {
        Self { connect: Some(limit), read: Some(limit), write: Some(limit), pool: Some(limit), total: None }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self::each(Duration::from_secs(5))
    }
}
