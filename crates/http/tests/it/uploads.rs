//! Uploads over HTTP/2 that go wrong in the caller's own code: only their request fails, and knows why.

use crate::server::{Server, ok, stuck_after};
use futures::executor::block_on;
use futures::stream;
use http_body_util::BodyExt;
use hyper::body::{Frame, SizeHint};
use hyper::{Request, body::Incoming};
use motet_http::{Body, Bytes, Client, Error};
use std::io;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll};

/// Where a body panics.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    First,
    Second,
    EndOfStream,
    SizeHint,
    Drop,
}

struct Faulty {
    at: At,
    pieces: usize,
}

impl Faulty {
    fn look(&self, at: At) {
        if self.at == at {
            resume_unwind(Box::new("the caller's own fault"));
        }
    }
}

impl http_body::Body for Faulty {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        self.pieces += 1;
        match self.pieces {
            // Over at once, it is dropped by the task that takes all the connection's requests.
            1 if self.at == At::Drop => return Poll::Ready(None),
            1 => self.look(At::First),
            2 => self.look(At::Second),
            _ => return Poll::Ready(None),
        }
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"piece")))))
    }

    fn is_end_stream(&self) -> bool {
        // The client itself looks before it sends.
        if self.pieces > 0 {
            self.look(At::EndOfStream);
        }
        false
    }

    fn size_hint(&self) -> SizeHint {
        if self.pieces > 0 {
            self.look(At::SizeHint);
        }
        SizeHint::new()
    }
}

impl Drop for Faulty {
    fn drop(&mut self) {
        if self.at == At::Drop && self.pieces > 0 {
            resume_unwind(Box::new("the caller's own fault"));
        }
    }
}

/// A server that takes uploads and gives them back, and a client with a response of it on the way.
fn scene() -> (Server, Client) {
    let server = Server::https(|request: Request<Incoming>| async move {
        if request.uri().path() == "/stuck" {
            return stuck_after("x");
        }
        match request.into_body().collect().await {
            Ok(body) => ok(body.to_bytes()),
            Err(_) => crate::server::status(500),
        }
    });
    let client = Client::builder().add_root_certificate(server.certificate.clone().unwrap()).build().unwrap();
    (server, client)
}

fn fails(body: Body) -> Error {
    let (server, client) = scene();
    let mut other = block_on(client.get(server.url("/stuck")).send()).unwrap();
    assert_eq!(block_on(other.chunk()).unwrap().unwrap(), "x");
    let error = block_on(client.put(server.url("/")).body(body).send()).unwrap_err();
    let text = async { client.put(server.url("/")).body("hello").await?.text().await };
    assert_eq!(block_on(text).unwrap(), "hello");
    assert_eq!(server.connections().accepted, 1, "the connection was lost: {error}");
    drop(other);
    error
}

#[test]
fn a_body_that_panics_fails_its_own_request_alone() {
    for at in [At::First, At::Second, At::EndOfStream] {
        let error = fails(Body::wrap(Faulty { at, pieces: 0 }));
        assert!(error.to_string().contains("panicked"), "{error}");
    }
}

#[test]
fn a_body_whose_drop_panics_costs_nothing() {
    let (server, client) = scene();
    for (at, sent) in [(At::Drop, ""), (At::SizeHint, "piecepiece")] {
        let body = Body::wrap(Faulty { at, pieces: 0 });
        let text = block_on(async { client.put(server.url("/")).body(body).await?.text().await });
        assert_eq!(text.unwrap(), sent);
    }
    assert_eq!(server.connections().accepted, 1);
}

#[test]
fn a_stream_that_fails_tells_its_request_why() {
    for fine in [0, 1] {
        let pieces =
            (0..=fine).map(move |n| if n < fine { Ok("fine") } else { Err(io::Error::other("the disk is gone")) });
        let error = fails(Body::from_stream(stream::iter(pieces)));
        assert!(error.to_string().contains("the disk is gone"), "{error}");
    }
}
