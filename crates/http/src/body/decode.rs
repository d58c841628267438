//! gzip, by tower-http: its service wraps the one response that we already have.

use super::{Body, Kind};
use futures_util::FutureExt;
use futures_util::future::{Ready, ready};
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, RANGE};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::Body as _;
use std::convert::Infallible;
use std::task::{Context, Poll};
use tower_http::decompression::{Decompression, DecompressionBody};
use tower_service::Service;

/// A body as tower-http decodes it.
pub(super) type Decoded = DecompressionBody<Body>;

/// Says that gzip is welcome, unless the caller asked for an encoding, or for a part of the bytes as they are.
pub(crate) fn offers_gzip(headers: &mut HeaderMap) -> bool {
    if headers.contains_key(ACCEPT_ENCODING) || headers.contains_key(RANGE) {
        return false;
    }
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    true
}

/// The response with its body decoded, if it came encoded; the two headers that then lie are taken out.
pub(crate) fn decode(response: Response<Body>) -> Response<Body> {
    if !response.headers().contains_key(CONTENT_ENCODING) || response.body().is_end_stream() {
        return response;
    }
    // The service has its answer, so its future is ready at the first poll.
    let decoded = Decompression::new(Answered(Some(response))).call(Request::new(())).now_or_never();
    let Some(Ok(mut response)) = decoded else { unreachable!("a service that is ready was not") };
    if !response.headers().contains_key(CONTENT_ENCODING) {
        response.headers_mut().remove(CONTENT_LENGTH);
    }
    response.map(|body| Body(Kind::Decoded(Box::pin(body))))
}

/// The service that has its answer.
struct Answered(Option<Response<Body>>);

impl Service<Request<()>> for Answered {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(self.0.take().expect("the one answer is asked for once")))
    }
}
