//! An HTTP/2 connection, shared by the requests to its host.
//!
//! hyper's connection runs as a task of the client's spawner. What the requests share is here, and one of
//!
//! ```text
//!   Resting(since) ──▶ Busy(streams, slot) ──▶ Resting …      a request that starts it brings the slot, the last one
//!        │                                                    takes it away; those between only join
//!        └──▶ Retired: evicted or expired; no request starts it any more
//! ```
//!
//! Once the pool and the last request have let go of it, hyper says goodbye to the server and the task ends; the socket's
//! permit is in the socket, and free when that is closed. hyper would wait for ever for a server that takes neither the
//! goodbye nor the rest of an upload, so there is a time limit to it, after which all the connection's tasks are dropped.

use super::h1::MAX_HEAD;
use super::heard::Heard;
use super::mortal::{Mortal, SetOnDrop};
use super::slots::Permit;
use super::streams::Streams;
use super::wire::Wire;
use super::{Core, Failure, Slot};
use crate::Timeouts;
use crate::body::{Body, Herald, Upload};
use crate::clock::{self, AmbientTimer, Stall};
use crate::error::{Error, Kind};
use crate::spawn::{Refuge, TaskSpawner};
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body as _, Frame, SizeHint};
use hyper::client::conn::http2;
use motet_sync::{AcquireOwned, Event};
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

/// How often a connection with requests on it is asked whether it lives, and how long it may take to answer.
const PING_INTERVAL: Duration = Duration::from_secs(10);
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// How many bytes of a body a server may send ahead of its reader.
const WINDOW: u32 = 1 << 20;

/// The same for all streams together, as many as there may be: one that nobody reads takes no room from the others.
fn window_of_all(streams: usize) -> u32 {
    const MOST: u32 = (1 << 31) - 1;
    u32::try_from(streams).unwrap_or(MOST).saturating_mul(WINDOW).min(MOST)
}

pub(super) struct Http2 {
    sender: http2::SendRequest<Upload>,
    state: Mutex<State>,
    streams: Arc<Streams>,
    herald: Herald,
    heard: Heard,
    /// Set when a request found it closed, which its task may be slow to find out.
    broken: OnceLock<()>,
    /// Set when nobody holds it any more.
    _let_go: SetOnDrop,
    /// Its tasks outlive their executor as long as it is held.
    _refuge: Arc<Refuge>,
    ended: Arc<Event>,
}

enum State {
    Resting(Instant),
    Busy { streams: usize, slot: Slot },
    Retired,
}

/// What became of the wish to use a connection that may rest.
pub(super) enum Start {
    Started,
    /// Somebody else had started it meanwhile: one slot too many, to be dropped.
    Joined(Slot),
    Refused,
}

impl Http2 {
    /// Shakes hands and sends the connection's task on its way.
    pub(super) async fn handshake(
        mut wire: Wire,
        (tasks, refuge): (TaskSpawner, Arc<Refuge>),
        max_streams: usize,
    ) -> Result<Self, Error> {
        let (ended, let_go) = (Arc::new(Event::new()), Arc::new(Event::new()));
        let (streams, herald) = (Arc::new(Streams::new(max_streams)), Herald::default());
        let heard = wire.listen();
        let mortal = Mortal::new(tasks, herald.clone(), streams.clone(), let_go.clone(), ended.clone());
        let handshake = http2::Builder::new(mortal.clone())
            .timer(AmbientTimer)
            .keep_alive_interval(PING_INTERVAL)
            .keep_alive_timeout(PING_TIMEOUT)
            .max_header_list_size(MAX_HEAD as u32)
            .initial_stream_window_size(WINDOW)
            .initial_connection_window_size(window_of_all(max_streams))
            .handshake(wire)
            .await;
        let (sender, connection) = handshake.map_err(Error::connect)?;
        let _let_go = SetOnDrop(let_go);
        mortal.drive(connection);
        let state = Mutex::new(State::Resting(clock::now()));
        Ok(Self { sender, state, streams, herald, heard, broken: OnceLock::new(), _let_go, _refuge: refuge, ended })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn is_usable(&self) -> bool {
        self.is_alive() && !matches!(*self.lock(), State::Retired)
    }

    /// What is set when the server is heard of again, if it is in doubt that it lives: the connection takes no new requests until
    /// then, and those that are on it already may still be lucky.
    pub(super) fn doubted(&self) -> Option<Arc<Event>> {
        self.heard.doubted()
    }

    /// The clock of a wait for the server, asked when nothing else is ready. If it runs out, and nothing came to anybody for the whole
    /// of the wait, the connection is in doubt: `heard` is the count as that began.
    fn poll_stall(&self, stall: &mut Stall, heard: &mut u64, cx: &mut Context<'_>) -> Poll<Error> {
        let (count, began) = (self.heard.count(), stall.began());
        let polled = stall.poll(cx);
        match &polled {
            Poll::Ready(error) => self.heard.doubt(error, *heard),
            // A wait of its own: something had moved before.
            Poll::Pending if stall.began() != began => *heard = count,
            Poll::Pending => {}
        }
        polled
    }

    /// Whether there is nothing more to expect of it: it ended, or is in doubt and serves nobody.
    pub(super) fn is_lost(&self) -> bool {
        !self.is_usable() || self.doubted().is_some() && self.retire()
    }

    /// Whether nobody has found it closed yet.
    pub(super) fn is_alive(&self) -> bool {
        !self.sender.is_closed() && self.broken.get().is_none()
    }

    pub(super) fn idle_since(&self) -> Option<Instant> {
        match *self.lock() {
            State::Resting(since) => Some(since),
            State::Busy { .. } | State::Retired => None,
        }
    }

    /// A place for one more stream.
    pub(super) fn stream(&self) -> AcquireOwned {
        self.streams.enter()
    }

    /// One more stream, if there are any.
    pub(super) fn join(&self) -> bool {
        match &mut *self.lock() {
            State::Busy { streams, .. } => {
                *streams += 1;
                true
            }
            State::Resting(_) | State::Retired => false,
        }
    }

    /// The first stream, with the slot for all.
    pub(super) fn start(&self, slot: Slot) -> Start {
        let mut state = self.lock();
        match &mut *state {
            State::Busy { streams, .. } => {
                *streams += 1;
                Start::Joined(slot)
            }
            State::Resting(_) => {
                *state = State::Busy { streams: 1, slot };
                Start::Started
            }
            State::Retired => Start::Refused,
        }
    }

    /// One stream less; the last one gives the slot back.
    fn leave(&self) -> Option<Slot> {
        let now = clock::now();
        let mut state = self.lock();
        match &mut *state {
            State::Busy { streams, .. } if *streams > 1 => {
                *streams -= 1;
                None
            }
            _ => match std::mem::replace(&mut *state, State::Resting(now)) {
                State::Busy { slot, .. } => Some(slot),
                State::Resting(_) | State::Retired => {
                    debug_assert!(false, "a stream left that had not come");
                    None
                }
            },
        }
    }

    /// No request starts it any more, if none is on it.
    pub(super) fn retire(&self) -> bool {
        let mut state = self.lock();
        let resting = matches!(*state, State::Resting(_));
        if resting {
            *state = State::Retired;
        }
        resting
    }

    /// Lets go of it and gives what is set when its task has ended.
    pub(super) fn into_end(self: Arc<Self>) -> Arc<Event> {
        self.ended.clone()
    }
}

/// One stream's share in a connection.
pub(super) struct Share {
    pub(super) connection: Arc<Http2>,
    pub(super) pool: Arc<Core>,
    /// One of the connection's streams, until this is dropped.
    stream: Option<Permit>,
    /// Whether the connection had served before this request came.
    pub(super) reused: bool,
}

impl Share {
    pub(super) fn new(connection: Arc<Http2>, pool: &Arc<Core>, stream: Permit, reused: bool) -> Self {
        Self { connection, pool: pool.clone(), stream: Some(stream), reused }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if let Some(slot) = self.connection.leave() {
            self.pool.rested();
            drop(slot);
        }
        if let Some(stream) = self.stream.take() {
            self.connection.streams.leave(stream);
        }
    }
}

/// Sends a request on a stream of its own; the share moves on into the body.
pub(super) async fn send(share: Share, request: Request<Body>, timeouts: Timeouts) -> Result<Response<Body>, Failure> {
    let (head, body) = request.into_parts();
    let (upload, progress) = Upload::new(body);
    let upload = upload.shared(share.connection.herald.clone());
    let mut stall = Stall::of_head(progress, timeouts);
    let mut heard = share.connection.heard.count();
    let mut sender = share.connection.sender.clone();
    let mut sent = pin!(sender.try_send_request(Request::from_parts(head, upload)));
    let answer = poll_fn(|cx| match sent.as_mut().poll(cx) {
        Poll::Ready(answer) => Poll::Ready(Ok(answer)),
        Poll::Pending => share.connection.poll_stall(&mut stall, &mut heard, cx).map(Err),
    });
    match answer.await {
        Ok(Ok(response)) => Ok(response.map(|incoming| Streaming::start(incoming, share, stall.of_body()))),
        Ok(Err(refused)) => {
            let failure = Failure::of_hyper(refused, share.reused);
            if failure.closed {
                let _ = share.connection.broken.set(());
            }
            Err(stall.upload_failure().map_or(failure, Failure::of))
        }
        Err(error) => Err(Failure::of(error)),
    }
}

/// A body on its way, with its share in the connection it comes on.
pub(crate) struct Streaming {
    incoming: hyper::body::Incoming,
    /// `None` once the body has ended.
    share: Option<Share>,
    stall: Stall,
    /// The connection's count when the present wait began.
    heard: u64,
}

impl Streaming {
    fn start(incoming: hyper::body::Incoming, share: Share, stall: Stall) -> Body {
        let heard = share.connection.heard.count();
        let streaming = Self { incoming, share: Some(share), stall, heard };
        if streaming.incoming.is_end_stream() {
            return Body::empty();
        }
        Body::pooled(super::Incoming::Shared(Box::new(streaming)))
    }

    pub(super) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Some(share) = &self.share else { return Poll::Ready(None) };
        let frame = match Pin::new(&mut self.incoming).poll_frame(cx) {
            Poll::Ready(frame) => {
                let why = |reset| self.stall.upload_failure().unwrap_or_else(|| Error::caused(Kind::Body, reset));
                frame.map(|frame| frame.map_err(why))
            }
            Poll::Pending => match share.connection.poll_stall(&mut self.stall, &mut self.heard, cx) {
                Poll::Ready(error) => Some(Err(error)),
                Poll::Pending => return Poll::Pending,
            },
        };
        self.stall.moved();
        if !matches!(frame, Some(Ok(_))) || self.incoming.is_end_stream() {
            self.finish();
        }
        Poll::Ready(frame)
    }

    pub(super) fn is_end_stream(&self) -> bool {
        self.share.is_none()
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }

    fn finish(&mut self) {
        self.stall.abandon_upload();
        self.share = None;
    }
}

/// hyper resets the stream of a response that is dropped only if it holds no upload: that has to be ended too.
impl Drop for Streaming {
    fn drop(&mut self) {
        self.finish();
    }
}
