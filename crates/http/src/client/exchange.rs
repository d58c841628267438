//! One order from the first hop to the head of the last response.

use super::Client;
use crate::body::{self, Body};
use crate::clock::Total;
use crate::error::{Error, Kind};
use crate::redirect::Hop;
use crate::{Response, Timeouts};
use http::header::{AUTHORIZATION, CONTENT_LENGTH};
use http::{HeaderValue, Method, Request, Uri};
use http_body::Body as _;
use url::Url;

/// What a request builder hands over.
pub(crate) struct Order {
    pub(crate) client: Client,
    pub(crate) hop: Hop,
    pub(crate) timeouts: Timeouts,
    pub(crate) max_body: u64,
}

impl Order {
    pub(crate) async fn run(mut self) -> Result<Response, Error> {
        self.prepare();
        let first = self.hop.url.clone();
        let max_body = self.max_body;
        let mut total = Total::new(self.timeouts.total);
        let (response, url) = total.bound(self.follow()).await.map_err(|error| error.at(&first))??;
        Ok(Response::new(response, url, max_body, total))
    }

    /// Fills in what the request did not say itself.
    fn prepare(&mut self) {
        let headers = &mut self.hop.headers;
        for name in self.client.shared.headers.keys() {
            if !headers.contains_key(name) {
                for value in self.client.shared.headers.get_all(name) {
                    headers.append(name, value.clone());
                }
            }
        }
        let url = &mut self.hop.url;
        if !url.username().is_empty() || url.password().is_some() {
            let login =
                crate::request::basic(&percent_decoded(url.username()), url.password().map(percent_decoded).as_deref());
            headers.entry(AUTHORIZATION).or_insert(login);
            let _ = url.set_username("");
            let _ = url.set_password(None);
        }
    }

    /// Sends hop after hop until a response is no redirect; errors know the hop they happened at.
    async fn follow(mut self) -> Result<(http::Response<Body>, Url), Error> {
        loop {
            match self.hop().await {
                Ok(Some(response)) => return Ok((response, self.hop.url)),
                Ok(None) => {}
                Err(error) => return Err(error.at(&self.hop.url)),
            }
        }
    }

    async fn hop(&mut self) -> Result<Option<http::Response<Body>>, Error> {
        if self.client.shared.closed.get().is_some() {
            return Err(Error::new(Kind::Closed));
        }
        let (request, decodes) = self.request()?;
        let shared = &self.client.shared;
        let response = shared.carrier.send(request).await?;
        if self.hop.redirect(shared.redirects, response.status(), response.headers())? {
            return Ok(None);
        }
        Ok(Some(if decodes { body::decode(response, self.max_body) } else { response }))
    }

    /// The request of this hop, and whether the client itself asked for gzip and so has to undo it.
    fn request(&mut self) -> Result<(Request<Body>, bool), Error> {
        let body = self.hop.body.take().unwrap_or_default();
        self.hop.body = body.try_clone();
        let uri = Uri::try_from(&self.hop.url[..url::Position::AfterQuery]).map_err(http::Error::from)?;
        let mut request = Request::new(body);
        *request.method_mut() = self.hop.method.clone();
        *request.uri_mut() = uri;
        *request.headers_mut() = self.hop.headers.clone();
        if request.body().is_end_stream() && expects_content(request.method()) {
            request.headers_mut().entry(CONTENT_LENGTH).or_insert(HeaderValue::from_static("0"));
        }
        check_length(&request)?;
        let decodes = self.client.shared.gzip && body::offers_gzip(request.headers_mut());
        request.extensions_mut().insert(self.timeouts);
        Ok((request, decodes))
    }
}

/// Whether the absence of a body has to be said (RFC 9110, section 8.6).
fn expects_content(method: &Method) -> bool {
    [Method::POST, Method::PUT, Method::PATCH].contains(method)
}

/// Refuses a `Content-Length` that is not the body's: what is missing would be taken from the next request on the connection.
fn check_length(request: &Request<Body>) -> Result<(), Error> {
    let refused = |why: String| Err(Error::caused(Kind::Build, format!("the content-length {why}: leave it out")));
    let mut said = request.headers().get_all(CONTENT_LENGTH).iter();
    let Some(first) = said.next() else { return Ok(()) };
    let digits = first.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let Some(length) = digits.and_then(|digits| digits.parse::<u64>().ok()).filter(|_| said.next().is_none()) else {
        return refused("is not one number".into());
    };
    match request.body().size_hint().exact() {
        Some(exact) if exact != length => refused(format!("says {length} bytes, the body has {exact}")),
        _ => Ok(()),
    }
}

/// The text behind a part of an address, such as a password with a `%40` in it.
fn percent_decoded(part: &str) -> String {
    let mut bytes = Vec::with_capacity(part.len());
    let mut rest = part.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        let escaped = tail
            .get(..2)
            .filter(|hex| byte == b'%' && hex.iter().all(u8::is_ascii_hexdigit))
            .and_then(|hex| std::str::from_utf8(hex).ok().and_then(|hex| u8::from_str_radix(hex, 16).ok()));
        bytes.push(escaped.unwrap_or(byte));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
