//! A request's connection, and the response's body on it: of its own, or shared.

use super::Core;
use super::form::{Failure, absolute_form, origin_form};
use super::h1::{self, Http1};
use super::h2::{self, Share};
use super::host::HostKey;
use super::lease::{Lease, Slot};
use crate::Timeouts;
use crate::body::Body;
use crate::error::Error;
use bytes::Bytes;
use futures_util::future::{Either, ready};
use http::{Request, Response};
use http_body::{Frame, SizeHint};
use std::sync::Arc;
use std::task::{Context, Poll};

/// A connection for one request.
pub(super) enum Seat {
    Own(Box<Lease>),
    Shared(Share),
}

/// The body of a response, with what it holds of the pool.
pub(crate) enum Incoming {
    Own(Box<h1::Reading>),
    Shared(Box<h2::Streaming>),
}

impl Seat {
    pub(super) fn own(connection: Http1, slot: Slot, key: &HostKey, pool: &Arc<Core>) -> Self {
        Self::Own(Box::new(Lease { connection, slot, key: key.clone(), pool: pool.clone() }))
    }

    pub(super) fn is_reused(&self) -> bool {
        match self {
            Self::Own(lease) => lease.connection.was_used(),
            Self::Shared(share) => share.reused,
        }
    }

    pub(super) fn is_shared(&self) -> bool {
        matches!(self, Self::Shared(_))
    }

    pub(super) fn send(
        self,
        mut request: Request<Body>,
        timeouts: Timeouts,
    ) -> impl Future<Output = Result<Response<Body>, Failure>> {
        let formed = match &self {
            Self::Own(lease) => origin_form(&mut request, &lease.key),
            Self::Shared(_) => absolute_form(&mut request),
        };
        match (formed, self) {
            (Err(error), _) => Either::Right(Either::Left(ready(Err(Failure::of(error))))),
            (Ok(()), Self::Own(lease)) => Either::Left(h1::send(lease, request, timeouts)),
            (Ok(()), Self::Shared(share)) => Either::Right(Either::Right(Box::pin(h2::send(share, request, timeouts)))),
        }
    }
}

impl Incoming {
    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match self {
            Self::Own(reading) => reading.poll_frame(cx),
            Self::Shared(streaming) => streaming.poll_frame(cx),
        }
    }

    pub(crate) fn is_end_stream(&self) -> bool {
        match self {
            Self::Own(reading) => reading.is_end_stream(),
            Self::Shared(streaming) => streaming.is_end_stream(),
        }
    }

    pub(crate) fn size_hint(&self) -> SizeHint {
        match self {
            Self::Own(reading) => reading.size_hint(),
            Self::Shared(streaming) => streaming.size_hint(),
        }
    }
}
