//! An HTTP/1.1 connection, polled by the request that uses it.
//!
//! There is no task behind it: the request polls hyper's connection, then its own response, and the response's body does the
//! same. So nothing is sent between tasks, and dropping the request or the body drops the connection with it. While it is
//! idle it is polled by its watch, a waker that looks whether the server closed it.

use super::form::length;
use super::host::HostKey;
use super::lease::Lease;
use super::wire::Wire;
use super::{Core, Failure};
use crate::Timeouts;
use crate::body::{Body, Upload};
use crate::clock::Stall;
use crate::error::{Error, Kind};
use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body as _, Frame, SizeHint};
use hyper::client::conn::{TrySendError, http1};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll, Wake, Waker};

/// Most bytes of the head of a response.
pub(super) const MAX_HEAD: usize = 64 * 1024;

pub(super) struct Http1 {
    sender: http1::SendRequest<Upload>,
    /// `None` once the connection has ended.
    driver: Option<http1::Connection<Wire, Upload>>,
    watch: Arc<Watch>,
    /// Whether a request was sent on it before.
    used: bool,
}

impl Http1 {
    pub(super) async fn handshake(wire: Wire, watch: Watch) -> Result<Self, Error> {
        let handshake = http1::Builder::new().max_header_size(MAX_HEAD).handshake(wire).await;
        let (sender, driver) = handshake.map_err(Error::connect)?;
        Ok(Self { sender, driver: Some(driver), watch: Arc::new(watch), used: false })
    }

    pub(super) fn id(&self) -> u64 {
        self.watch.id
    }

    pub(super) fn watch(&self) -> Arc<Watch> {
        self.watch.clone()
    }

    pub(super) fn was_used(&self) -> bool {
        self.used
    }

    /// Moves the connection on. What comes of it, errors included, hyper tells the response and its body.
    fn poll_driver(&mut self, cx: &mut Context<'_>) {
        if self.driver.as_mut().is_some_and(|driver| Pin::new(driver).poll(cx).is_ready()) {
            self.driver = None;
        }
    }

    /// Lets its watch look at it: whether it can serve another request, from now on and until the watch says otherwise.
    pub(super) fn rests_well(&mut self) -> bool {
        self.watch.take_call();
        let waker = Waker::from(self.watch.clone());
        self.poll_driver(&mut Context::from_waker(&waker));
        self.driver.is_some() && self.sender.is_ready()
    }
}

/// Wakes when something happens on an idle connection.
pub(super) struct Watch {
    pub(super) pool: Weak<Core>,
    pub(super) key: HostKey,
    pub(super) id: u64,
    /// Whether something happened since it last looked: it may, before the connection is where the pool finds it.
    pub(super) called: Mutex<bool>,
}

impl Watch {
    fn call(&self) {
        *self.called.lock().unwrap_or_else(PoisonError::into_inner) = true;
    }

    pub(super) fn take_call(&self) -> bool {
        std::mem::take(&mut *self.called.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Wake for Watch {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.call();
        if let Some(pool) = self.pool.upgrade() {
            pool.look_at(&self.key, self.id);
        }
    }
}

/// Sends a request on a leased connection; the lease moves on into the body.
pub(super) fn send(
    mut lease: Box<Lease>,
    mut request: Request<Body>,
    timeouts: Timeouts,
) -> impl Future<Output = Result<Response<Body>, Failure>> {
    let length = length(&mut request);
    let (head, body) = request.into_parts();
    let (upload, progress) = Upload::new(body);
    let upload = upload.of_length(length);
    let reused = std::mem::replace(&mut lease.connection.used, true);
    // hyper has the request from here on; it is the connection that does the work.
    let sent = lease.connection.sender.try_send_request(Request::from_parts(head, upload));
    Exchange { held: Some((lease, Stall::of_head(progress, timeouts))), reused, sent }
}

pin_project_lite::pin_project! {
    /// A request on its way, with the connection it goes on.
    struct Exchange<F> {
        // The response takes it along.
        held: Option<(Box<Lease>, Stall)>,
        reused: bool,
        #[pin]
        sent: F,
    }
}

type Answer = Result<Response<hyper::body::Incoming>, TrySendError<Request<Upload>>>;

impl<F: Future<Output = Answer>> Future for Exchange<F> {
    type Output = Result<Response<Body>, Failure>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        let (lease, stall) = this.held.as_mut().expect("an exchange is not polled after it is over");
        lease.connection.poll_driver(cx);
        match this.sent.poll(cx) {
            Poll::Ready(Ok(response)) => {
                let (lease, stall) = this.held.take().expect("it was there a line ago");
                Poll::Ready(Ok(response.map(|incoming| Reading::start(incoming, lease, stall.of_body()))))
            }
            Poll::Ready(Err(refused)) => Poll::Ready(Err(Failure::of_hyper(refused, *this.reused))),
            Poll::Pending => stall.poll(cx).map(|timeout| Err(Failure::of(timeout))),
        }
    }
}

/// A body on its way, with the connection it comes on.
pub(crate) struct Reading {
    incoming: hyper::body::Incoming,
    /// `None` once the body has ended: the connection is back in the pool, or closed.
    lease: Option<Box<Lease>>,
    stall: Stall,
}

impl Reading {
    fn start(incoming: hyper::body::Incoming, lease: Box<Lease>, stall: Stall) -> Body {
        let mut reading = Self { incoming, lease: Some(lease), stall };
        if reading.incoming.is_end_stream() {
            reading.finish();
            return Body::empty();
        }
        Body::pooled(super::Incoming::Own(Box::new(reading)))
    }

    pub(super) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Some(lease) = &mut self.lease else { return Poll::Ready(None) };
        let mut frame = Pin::new(&mut self.incoming).poll_frame(cx);
        if frame.is_pending() {
            lease.connection.poll_driver(cx);
            frame = Pin::new(&mut self.incoming).poll_frame(cx);
        }
        match frame {
            Poll::Ready(Some(Ok(frame))) => {
                self.stall.moved();
                if self.incoming.is_end_stream() {
                    self.finish();
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                self.lease = None;
                Poll::Ready(Some(Err(Error::caused(Kind::Body, error))))
            }
            Poll::Ready(None) => {
                self.finish();
                Poll::Ready(None)
            }
            Poll::Pending => self.stall.poll(cx).map(|timeout| {
                self.lease = None;
                Some(Err(timeout))
            }),
        }
    }

    pub(super) fn is_end_stream(&self) -> bool {
        self.lease.is_none()
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }

    /// The response is over: the connection goes back, unless the upload is not.
    fn finish(&mut self) {
        let reusable = self.stall.upload_is_sent();
        if let Some(lease) = self.lease.take().filter(|_| reusable) {
            lease.give_back();
        }
    }
}

/// A body that is dropped early and is all here already, or nearly, costs no connection: it is read off without waiting.
impl Drop for Reading {
    fn drop(&mut self) {
        const MOST_ROUNDS: usize = 16;
        if std::thread::panicking() || !self.stall.upload_is_sent() {
            return;
        }
        let mut cx = Context::from_waker(Waker::noop());
        for _ in 0..MOST_ROUNDS {
            let Some(lease) = &mut self.lease else { return };
            match Pin::new(&mut self.incoming).poll_frame(&mut cx) {
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(Some(Err(_))) => return,
                Poll::Ready(None) => return self.finish(),
                Poll::Pending => lease.connection.poll_driver(&mut cx),
            }
            if self.incoming.is_end_stream() {
                return self.finish();
            }
        }
    }
}
