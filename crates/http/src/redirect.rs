//! Where a redirect leads, and what may go along.
//!
//! tower-http has a layer for this; ours is a page of its own, because a hop changes the request's address for errors and
//! timeouts too, `Cookie` and `Authorization` must go as soon as scheme, host or port differ (compared with their default
//! ports), a body that cannot be sent again is a typed error, and addresses are joined as browsers join them.

use crate::body::Body;
use crate::error::{Error, Kind};
use http::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE, COOKIE, HOST,
    LOCATION, PROXY_AUTHORIZATION, TRANSFER_ENCODING,
};
use http::{HeaderMap, Method, StatusCode};
use url::Url;

/// How many redirects a client follows.
///
/// ```
/// use motet_http::{Body, Client, MockTransport, Redirects};
/// use http::Response;
///
/// # futures::executor::block_on(async {
/// let moved = MockTransport::new(|_| async { Ok(Response::builder().status(302).header("location", "/").body(Body::empty())?) });
/// let client = Client::builder().transport(moved).redirects(Redirects::limited(3)).build()?;
/// assert!(client.get("http://example.com/").await.unwrap_err().is_redirect());
/// # Ok::<(), motet_http::Error>(()) }).unwrap();
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redirects {
    most: Option<usize>,
}

impl Redirects {
    /// Follows so many redirects; one more is an error.
    #[must_use]
    pub const fn limited(most: usize) -> Self {
        Self { most: Some(most) }
    }

    /// Follows none: a redirect is a response like any other.
    #[must_use]
    pub const fn none() -> Self {
        Self { most: None }
    }
}

impl Default for Redirects {
    /// Ten.
    fn default() -> Self {
        Self::limited(10)
    }
}

/// A request as it is sent hop after hop.
pub(crate) struct Hop {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    /// `None` once a body that cannot be sent twice was sent.
    pub(crate) body: Option<Body>,
    pub(crate) followed: usize,
}

impl Hop {
    /// Turns this into the request that follows the response, if it is a redirect that `redirects` follows.
    pub(crate) fn redirect(
        &mut self,
        redirects: Redirects,
        status: StatusCode,
        headers: &HeaderMap,
    ) -> Result<bool, Error> {
        let Some(most) = redirects.most else { return Ok(false) };
        let keeps_method = match status {
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND => self.method != Method::POST,
            StatusCode::SEE_OTHER => self.method == Method::HEAD,
            StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT => true,
            _ => return Ok(false),
        };
        let Some(location) = headers.get(LOCATION) else { return Ok(false) };
        if self.followed == most {
            return Err(refused(format!("more than {most} of them")));
        }
        let target = self.target(location.as_bytes())?;
        if !keeps_method {
            self.become_get();
        } else if self.body.is_none() {
            return Err(refused("the body was a stream and cannot be sent again: send bytes, or turn redirects off"));
        }
        if target.origin() != self.url.origin() {
            // A `Host` of the caller's own names a site of the server that was left.
            for of_origin in [AUTHORIZATION, COOKIE, PROXY_AUTHORIZATION, HOST] {
                self.headers.remove(of_origin);
            }
        }
        self.url = target;
        self.followed += 1;
        Ok(true)
    }

    fn target(&self, location: &[u8]) -> Result<Url, Error> {
        let location = std::str::from_utf8(location).map_err(refused)?;
        let mut target = self.url.join(location).map_err(refused)?;
        if !matches!(target.scheme(), "http" | "https") {
            return Err(refused(format!("only http and https are followed, not `{}`", target.scheme())));
        }
        // A server does not choose whom we log in as.
        let _ = target.set_username("");
        let _ = target.set_password(None);
        if target.fragment().is_none() {
            target.set_fragment(self.url.fragment());
        }
        Ok(target)
    }

    fn become_get(&mut self) {
        self.method = Method::GET;
        self.body = Some(Body::empty());
        let of_body =
            [CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE, TRANSFER_ENCODING];
        for header in of_body {
            self.headers.remove(header);
        }
    }
}

fn refused(why: impl Into<crate::error::BoxError>) -> Error {
    Error::caused(Kind::Redirect, why)
}
