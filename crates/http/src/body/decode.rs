//! gzip, by tower-http: its service wraps the one response that we already have.

use super::{Body, Kind};
use crate::error::Error;
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{self, Ready};
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, RANGE};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body::{Body as _, Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tower_http::decompression::{Decompression, DecompressionBody};
use tower_service::Service;

/// A body as tower-http decodes it.
pub(super) type Decoded = DecompressionBody<Capped>;

/// Says that gzip is welcome, unless the caller asked for an encoding, or for a part of the bytes as they are.
pub(crate) fn offers_gzip(headers: &mut HeaderMap) -> bool {
    if headers.contains_key(ACCEPT_ENCODING) || headers.contains_key(RANGE) {
        return false;
    }
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    true
}

/// The response with its body decoded, if it came encoded; the two headers that then lie are taken out.
pub(crate) fn decode(mut response: Response<Body>, max_body: u64) -> Response<Body> {
    if response.body().is_end_stream() {
        return response;
    }
    let Some(coding) = response.headers_mut().get_mut(CONTENT_ENCODING) else { return response };
    // The service knows it by one name in one case only; codings have none, and this one an old name (RFC 9110, section 8.4.1).
    if [&b"gzip"[..], b"x-gzip"].iter().any(|name| coding.as_bytes().trim_ascii().eq_ignore_ascii_case(name)) {
        *coding = HeaderValue::from_static("gzip");
    }
    let response = response.map(|body| Capped { body, seen: 0, max_body });
    // The service has its answer, so its future is ready at the first poll.
    let decoded = Decompression::new(Answered(Some(response))).call(Request::new(())).now_or_never();
    let Some(Ok(mut response)) = decoded else { unreachable!("a service that is ready was not") };
    if !response.headers().contains_key(CONTENT_ENCODING) {
        response.headers_mut().remove(CONTENT_LENGTH);
    }
    response.map(|body| Body(Kind::Decoded(Box::pin(body))))
}

/// A body on its way into the decoder. What comes out is capped by the response; gzip can also go on for ever and come to
/// nothing, and the decoder would look for more of it without a pause.
pub(super) struct Capped {
    body: Body,
    seen: u64,
    max_body: u64,
}

impl Capped {
    /// What does not compress grows a little, by far less than this.
    fn most(&self) -> u64 {
        self.max_body.saturating_add(self.max_body / 8).saturating_add(64 * 1024)
    }
}

impl http_body::Body for Capped {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let Some(data) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
            self.seen = self.seen.saturating_add(data.len() as u64);
            if self.seen > self.most() {
                return Poll::Ready(Some(Err(Error::new(crate::error::Kind::BodyTooLarge(self.max_body)))));
            }
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// The service that has its answer.
struct Answered(Option<Response<Capped>>);

impl Service<Request<()>> for Answered {
    type Response = Response<Capped>;
    type Error = Infallible;
    type Future = Ready<Result<Response<Capped>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        future::ready(Ok(self.0.take().expect("the one answer is asked for once")))
    }
}
