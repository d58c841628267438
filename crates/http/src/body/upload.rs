//! The request's body on its way out, cut into pieces, and how far it has come.
//!
//! hyper takes the upload from [`Upload`], on the task of its connection; the request that waits for the response looks at
//! the [`Progress`] they share, to know which clock runs:
//!
//! ```text
//!   Sending ──▶ Sent        the write timeout while hyper takes pieces, the read timeout from the last one on
//!     │  ▲
//!     ▼  │
//!   Starved ──▶ Failed      neither: everybody waits for the caller's stream, which may fail or panic
//! ```
//!
//! Only the upload changes the stage, and wakes the request when it does. The other way round, whoever has the response no
//! more abandons the upload: on a shared connection nobody else would end it. The task that carries the upload is woken, asks
//! [`Upload`] for more and gets an error, which resets the stream; or hyper does not ask, for it waits until the server takes
//! what it has, and then the task is dropped as it is.

use super::source::Source;
use super::{Body, Herald};
use crate::error::Error;
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Most bytes handed to hyper at once: what makes the progress of a large body visible.
const PIECE: usize = 64 * 1024;

/// A body as hyper sends it.
pub(crate) struct Upload {
    body: Source,
    /// What is left of a piece that was too large.
    rest: Bytes,
    progress: Option<Progress>,
    /// How many bytes hyper still takes, if it stops at a length: it drops the upload then, without asking for its end.
    left: Option<u64>,
    /// Until hyper asks for the first piece, on a connection that is shared.
    herald: Option<Herald>,
}

/// How far an upload has come.
#[derive(Clone)]
pub(crate) struct Progress(Arc<Mutex<Shared>>);

struct Shared {
    mark: Mark,
    waiter: Option<Waker>,
    /// The task that carries the upload on a shared connection.
    carrier: Option<Waker>,
    abandoned: bool,
    /// Why the caller's stream failed on a shared connection, where hyper tells its request only that the stream was reset.
    failure: Option<Error>,
}

/// A point in an upload: two that differ have progress between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    pieces: u64,
    pub(crate) stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// hyper took the last piece, and may ask for the next.
    Sending,
    /// The caller's stream has nothing to send now.
    Starved,
    /// hyper has it all.
    Sent,
    /// The caller's stream failed, or panicked, on the task of a shared connection.
    Failed,
}

impl Progress {
    fn new() -> Self {
        let mark = Mark { pieces: 0, stage: Stage::Sending };
        Self(Arc::new(Mutex::new(Shared { mark, waiter: None, carrier: None, abandoned: false, failure: None })))
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Where the upload is.
    pub(crate) fn mark(&self) -> Mark {
        self.lock().mark
    }

    /// Where the upload is; the waker is called when the stage changes.
    pub(crate) fn watch(&self, waker: &Waker) -> Mark {
        {
            let shared = self.lock();
            if shared.mark.stage == Stage::Sent || shared.waiter.as_ref().is_some_and(|known| known.will_wake(waker)) {
                return shared.mark;
            }
        }
        let waiter = waker.clone();
        let replaced = self.lock().waiter.replace(waiter);
        drop(replaced);
        // The stage may have changed before the waker was there.
        self.mark()
    }

    /// The reason of a stream that failed, once.
    pub(crate) fn take_failure(&self) -> Option<Error> {
        self.lock().failure.take()
    }

    /// The caller's stream failed: the request is told why.
    fn fail(&self, why: Error) {
        self.lock().failure = Some(why);
        self.record(Stage::Failed);
    }

    pub(crate) fn is_sent(&self) -> bool {
        self.mark().stage == Stage::Sent
    }

    /// Nobody waits for the response any more: what was not sent is not wanted.
    pub(crate) fn abandon(&self) {
        let carrier = {
            let mut shared = self.lock();
            shared.abandoned = true;
            shared.carrier.take()
        };
        if let Some(carrier) = carrier {
            carrier.wake();
        }
    }

    fn is_abandoned(&self) -> bool {
        self.lock().abandoned
    }

    /// Whether the upload goes on; if it does, the waker is called when it no longer shall.
    pub(crate) fn is_wanted(&self, waker: &Waker) -> bool {
        {
            let shared = self.lock();
            if shared.abandoned || shared.carrier.as_ref().is_some_and(|known| known.will_wake(waker)) {
                return !shared.abandoned;
            }
        }
        let carrier = waker.clone();
        let (replaced, abandoned) = {
            let mut shared = self.lock();
            (shared.carrier.replace(carrier), shared.abandoned)
        };
        drop(replaced);
        !abandoned
    }

    fn record(&self, stage: Stage) {
        let waiter = {
            let mut shared = self.lock();
            let changed = shared.mark.stage != stage;
            shared.mark = Mark { pieces: shared.mark.pieces + 1, stage };
            if changed { shared.waiter.take() } else { None }
        };
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    }
}

impl Upload {
    /// The upload, and its progress unless there is nothing to send.
    pub(crate) fn new(body: Body) -> (Self, Option<Progress>) {
        let progress = (!body.is_end_stream()).then(Progress::new);
        let body = Source::new(body);
        (Self { body, rest: Bytes::new(), progress: progress.clone(), left: None, herald: None }, progress)
    }

    /// Is over after so many bytes, whether or not that is the body's end.
    pub(crate) fn of_length(mut self, length: Option<u64>) -> Self {
        self.left = length;
        if length == Some(0) {
            self.record(Stage::Sent);
        }
        self
    }

    /// Goes out on a connection that is shared, and tells the herald of itself when hyper begins with it.
    pub(crate) fn shared(mut self, herald: Herald) -> Self {
        self.herald = Some(herald);
        self.body.share();
        self
    }

    /// The body again, of an upload that hyper has not begun.
    pub(crate) fn into_body(self) -> Body {
        debug_assert!(self.rest.is_empty(), "the upload had begun");
        self.body.into_body()
    }

    fn is_empty(&self) -> Result<bool, Error> {
        if self.rest.is_empty() { self.body.is_end_stream() } else { Ok(false) }
    }

    /// What hyper is told of a failure; on a shared connection the request learns the reason.
    fn failed(&self, error: Error) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Some(progress) = self.progress.as_ref().filter(|_| self.body.is_shared()) else {
            return Poll::Ready(Some(Err(error)));
        };
        progress.fail(error);
        Poll::Ready(Some(Err(Error::other("the upload failed"))))
    }

    fn record(&self, stage: Stage) {
        if let Some(progress) = &self.progress {
            progress.record(stage);
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
        if let (Some(herald), Some(progress)) = (self.herald.take(), &self.progress) {
            herald.announce(progress);
        }
        if self.progress.as_ref().is_some_and(Progress::is_abandoned) {
            return Poll::Ready(Some(Err(Error::other("the response was given up before the upload had ended"))));
        }
        let frame = if !self.rest.is_empty() {
            Some(Frame::data(self.next_piece()))
        } else {
            let Poll::Ready(frame) = self.body.poll_frame(cx) else {
                self.record(Stage::Starved);
                return Poll::Pending;
            };
            match frame.transpose() {
                Err(error) => return self.failed(error),
                Ok(None) => None,
                Ok(Some(frame)) => Some(match frame.into_data() {
                    Ok(data) => {
                        self.rest = data;
                        Frame::data(self.next_piece())
                    }
                    Err(trailers) => trailers,
                }),
            }
        };
        if let (Some(left), Some(frame)) = (&mut self.left, &frame) {
            *left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len) as u64);
        }
        match self.is_empty() {
            Ok(empty) => {
                let over = frame.is_none() || empty || self.left == Some(0);
                self.record(if over { Stage::Sent } else { Stage::Sending });
                Poll::Ready(frame.map(Ok))
            }
            Err(panicked) => self.failed(panicked),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.is_empty().unwrap_or(false)
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
