//! The request's body on its way out, cut into pieces, and how far it has come.
//!
//! hyper takes the upload from [`Upload`]; the request that waits for the response looks at the [`Progress`] they share, to
//! know which clock runs: the write timeout while the upload goes on, none while the caller's stream is what everybody
//! waits for, the read timeout from the end of the upload.

use super::Body;
use crate::clock;
use crate::error::Error;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Instant;

/// Most bytes handed to hyper at once: what makes the progress of a large body visible.
const PIECE: usize = 64 * 1024;

/// A body as hyper sends it.
pub(crate) struct Upload {
    body: Body,
    /// What is left of a piece that was too large.
    rest: Bytes,
    progress: Option<Progress>,
}

/// How far an upload has come.
#[derive(Clone)]
pub(crate) struct Progress(Arc<Mutex<State>>);

#[derive(Clone, Copy)]
pub(crate) enum State {
    /// hyper took the last piece then, and may ask for the next.
    Sending(Instant),
    /// The caller's stream has nothing to send now.
    Starved,
    /// hyper has it all, since then.
    Sent(Instant),
}

impl Progress {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn state(&self) -> State {
        *self.lock()
    }

    pub(crate) fn is_sent(&self) -> bool {
        matches!(self.state(), State::Sent(_))
    }
}

impl Upload {
    /// The upload, and its progress unless there is nothing to send.
    pub(crate) fn new(body: Body) -> (Self, Option<Progress>) {
        let progress = (!body.is_end_stream()).then(|| Progress(Arc::new(Mutex::new(State::Sending(clock::now())))));
        (Self { body, rest: Bytes::new(), progress: progress.clone() }, progress)
    }

    /// The body again, of an upload that hyper has not begun.
    pub(crate) fn into_body(self) -> Body {
        debug_assert!(self.rest.is_empty(), "the upload had begun");
        self.body
    }

    fn is_empty(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn record(&self, state: State) {
        if let Some(progress) = &self.progress {
            *progress.lock() = state;
        }
    }

    fn next_piece(&mut self) -> Bytes {
        self.rest.split_to(self.rest.len().min(PIECE))
    }
}

impl HttpBody for Upload {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = if !self.rest.is_empty() {
            Some(Ok(Frame::data(self.next_piece())))
        } else {
            let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
                self.record(State::Starved);
                return Poll::Pending;
            };
            match frame.map(|frame| frame.map(Frame::into_data)) {
                Some(Ok(Ok(data))) => {
                    self.rest = data;
                    Some(Ok(Frame::data(self.next_piece())))
                }
                Some(Ok(Err(trailers))) => Some(Ok(trailers)),
                Some(Err(error)) => Some(Err(error)),
                None => None,
            }
        };
        let over = frame.is_none() || self.is_empty();
        self.record(if over { State::Sent(clock::now()) } else { State::Sending(clock::now()) });
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        let mut hint = self.body.size_hint();
        let rest = self.rest.len() as u64;
        if let Some(upper) = hint.upper() {
            hint.set_upper(upper + rest);
        }
        hint.set_lower(hint.lower() + rest);
        hint
    }
}
