//! The form of a request on a connection, and what is left of it when the connection fails.

use super::host::HostKey;
use crate::body::{Body, Upload};
use crate::error::{Error, Kind};
use http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use http::uri::Authority;
use http::{HeaderValue, Request, Uri, Version};
use http_body::Body as _;
use std::error::Error as _;

/// What the form of a connection changes about a request that may have to go out over another.
pub(super) struct Original {
    uri: Uri,
    host: Option<HeaderValue>,
    /// hyper sends no stream over HTTP/1.1 if the request says that it is of another version.
    version: Version,
}

impl Original {
    pub(super) fn of(request: &Request<Body>) -> Self {
        let host = request.headers().get(HOST).cloned();
        Self { uri: request.uri().clone(), host, version: request.version() }
    }

    /// Takes the form off again.
    pub(super) fn restore(self, request: &mut Request<Body>) {
        *request.uri_mut() = self.uri;
        *request.version_mut() = self.version;
        match self.host {
            Some(host) => drop(request.headers_mut().insert(HOST, host)),
            None => drop(request.headers_mut().remove(HOST)),
        }
    }
}

/// An HTTP/1.1 request names the host in a header, and only the path in its first line.
pub(super) fn origin_form(request: &mut Request<Body>, key: &HostKey) -> Result<(), Error> {
    if !request.headers().contains_key(HOST) {
        let host = HeaderValue::try_from(key.header()).map_err(http::Error::from)?;
        request.headers_mut().insert(HOST, host);
    }
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let path = if path.starts_with('/') { Uri::try_from(path) } else { Uri::try_from(format!("/{path}")) };
    *request.uri_mut() = path.map_err(http::Error::from)?;
    Ok(())
}

/// An HTTP/2 request names the host in its address. Where the caller named another in a header, that is meant.
pub(super) fn absolute_form(request: &mut Request<Body>) -> Result<(), Error> {
    if let Some(host) = request.headers_mut().remove(HOST) {
        let mut parts = request.uri().clone().into_parts();
        parts.authority = Some(Authority::try_from(host.as_bytes()).map_err(http::Error::from)?);
        *request.uri_mut() = Uri::from_parts(parts).map_err(http::Error::from)?;
    }
    *request.version_mut() = Version::HTTP_2;
    Ok(())
}

/// How many bytes of the body go out in HTTP/1.1, if that is known beforehand. If it is not they go in chunks, whatever the
/// method: hyper would send a body of unknown length with some, and with GET drop it.
pub(super) fn length(request: &mut Request<Body>) -> Option<u64> {
    if request.headers().contains_key(TRANSFER_ENCODING) {
        return None;
    }
    let said = request.headers().get(CONTENT_LENGTH).and_then(|said| said.to_str().ok()?.parse().ok());
    let length = said.or_else(|| request.body().size_hint().exact());
    if length.is_none() {
        request.headers_mut().insert(TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
    }
    length
}

/// A second copy of the request, if its body can be sent twice.
pub(super) fn copy(request: &Request<Body>) -> Option<Request<Body>> {
    let body = request.body().try_clone()?;
    let mut copy = Request::new(body);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    Some(copy)
}

/// Why a request failed, and what is left of it.
pub(super) struct Failure {
    pub(super) error: Error,
    /// The request, if the server has seen nothing of it.
    pub(super) unsent: Option<Box<Request<Body>>>,
    /// The connection was closed before a byte of the response came.
    pub(super) closed: bool,
    /// The server says that it has not looked at the request: to send it again is to send it once, whatever it is.
    pub(super) unprocessed: bool,
    /// The connection had served before: whoever made the request could not have known.
    pub(super) stale: bool,
}

impl Failure {
    pub(super) fn of(error: Error) -> Self {
        Self { error, unsent: None, closed: false, unprocessed: false, stale: false }
    }

    pub(super) fn of_hyper(mut refused: hyper::client::conn::TrySendError<Request<Upload>>, reused: bool) -> Self {
        let unsent = refused.take_message().map(|request| Box::new(request.map(Upload::into_body)));
        let error = refused.into_error();
        let refusal = Refusal::of(&error);
        let closed = unsent.is_some() || was_closed(&error) || matches!(refusal, Some(Refusal::Connection));
        let unprocessed = refusal.is_some();
        let stale = reused && (closed || unprocessed);
        Self { error: Error::caused(Kind::Send, error), unsent, closed, unprocessed, stale }
    }
}

/// What an HTTP/2 server no longer takes requests on (RFC 9113, section 8.7).
enum Refusal {
    /// It said goodbye, and this request crossed it on the way.
    Connection,
    /// Only this stream.
    Stream,
}

impl Refusal {
    fn of(error: &hyper::Error) -> Option<Self> {
        let error = error.source()?.downcast_ref::<h2::Error>().filter(|error| error.is_remote())?;
        match error.reason()? {
            h2::Reason::NO_ERROR if error.is_go_away() => Some(Self::Connection),
            h2::Reason::REFUSED_STREAM if error.is_reset() => Some(Self::Stream),
            _ => None,
        }
    }
}

/// Whether the connection ended before a byte of the response came.
fn was_closed(error: &hyper::Error) -> bool {
    use std::io::ErrorKind;
    if error.is_canceled() || error.is_closed() || error.is_incomplete_message() {
        return true;
    }
    let broken = [
        ErrorKind::ConnectionReset,
        ErrorKind::ConnectionAborted,
        ErrorKind::BrokenPipe,
        ErrorKind::NotConnected,
        ErrorKind::UnexpectedEof,
    ];
    let sources = std::iter::successors(error.source(), |&e| e.source());
    sources.filter_map(|e| e.downcast_ref::<std::io::Error>()).any(|e| broken.contains(&e.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_that_comes_back_unsent_has_its_own_form_again() {
        let host = HeaderValue::from_static("motet.example");
        for host in [None, Some(host)] {
            let mut request = Request::new(Body::empty());
            *request.uri_mut() = Uri::from_static("https://example.com/a?b");
            request.headers_mut().extend(host.clone().map(|host| (HOST, host)));
            let key = HostKey::of(request.uri()).unwrap();
            for http2 in [true, false] {
                let original = Original::of(&request);
                if http2 { absolute_form(&mut request) } else { origin_form(&mut request, &key) }.unwrap();
                original.restore(&mut request);
                assert_eq!(request.uri(), "https://example.com/a?b");
                assert_eq!(request.version(), Version::HTTP_11);
                assert_eq!(request.headers().get(HOST), host.as_ref());
            }
        }
    }
}
