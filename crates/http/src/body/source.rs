//! The caller's body as an upload asks it, which may panic in each of its calls, its drop included.
//!
//! Over HTTP/1.1 the request itself polls it, and a panic goes on there, as in any future. On a shared connection it is hyper's
//! tasks that do, one of which takes the requests of all: there a panic is an error of this upload, and goes no further.

use super::Body;
use crate::contain::contain;
use crate::error::{Error, Kind};
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

pub(super) struct Source {
    body: Body,
    /// Whether tasks of a shared connection ask.
    shared: bool,
}

impl Source {
    pub(super) fn new(body: Body) -> Self {
        Self { body, shared: false }
    }

    /// From here on it is others that ask.
    pub(super) fn share(&mut self) {
        self.shared = true;
    }

    pub(super) fn is_shared(&self) -> bool {
        self.shared
    }

    pub(super) fn into_body(mut self) -> Body {
        mem::take(&mut self.body)
    }

    pub(super) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let body = Pin::new(&mut self.body);
        if !self.shared {
            return body.poll_frame(cx);
        }
        match contain(|| body.poll_frame(cx)) {
            // As hyper says it over HTTP/1.1.
            Some(polled) => polled.map_err(|error| Error::caused(Kind::Send, error)),
            None => Poll::Ready(Some(Err(panicked()))),
        }
    }

    pub(super) fn is_end_stream(&self) -> Result<bool, Error> {
        self.ask(|| self.body.is_end_stream()).ok_or_else(panicked)
    }

    /// Without a promise if it panics: the next call is for a piece, and tells.
    pub(super) fn size_hint(&self) -> SizeHint {
        self.ask(|| self.body.size_hint()).unwrap_or_default()
    }

    fn ask<T>(&self, ask: impl FnOnce() -> T) -> Option<T> {
        if self.shared { contain(ask) } else { Some(ask()) }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        if self.shared {
            contain(|| drop(mem::take(&mut self.body)));
        }
    }
}

fn panicked() -> Error {
    Error::other("the stream that is the request's body panicked")
}
