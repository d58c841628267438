//! HTTP/2 responses that nobody reads hold up no others on their connection.

use crate::server::{Answer, Server, ok};
use futures::executor::block_on;
use futures::{StreamExt, stream};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::{Request, Response};
use motet_http::Client;
use std::io;
use std::sync::mpsc;
use std::time::Duration;

const MEGABYTE: usize = 1 << 20;

/// A body without an end that tells when a megabyte of it is on its way.
fn endless(tell: mpsc::Sender<()>) -> Answer {
    const PIECE: usize = 16 * 1024;
    let pieces = stream::iter(1_usize..).map(move |number| {
        if number * PIECE == MEGABYTE {
            let _ = tell.send(());
        }
        Ok::<_, io::Error>(Frame::data(Bytes::from_static(&[0; PIECE])))
    });
    Response::new(StreamBody::new(pieces).boxed_unsync())
}

#[test]
fn bodies_that_nobody_reads_starve_no_other() {
    let (tell, on_their_way) = mpsc::channel();
    let server = Server::https(move |request: Request<Incoming>| {
        let tell = tell.clone();
        async move { if request.uri().path() == "/" { ok("hello") } else { endless(tell) } }
    });
    let client = Client::builder().add_root_certificate(server.certificate.clone().unwrap()).build().unwrap();
    let unread: Vec<_> = (0..12).map(|_| block_on(client.get(server.url("/endless")).send()).unwrap()).collect();
    for _ in &unread {
        on_their_way.recv_timeout(Duration::from_secs(20)).expect("each has a megabyte of room");
    }
    assert_eq!(block_on(async { client.get(server.url("/")).await?.text().await }).unwrap(), "hello");
    assert_eq!(server.connections().accepted, 1);
}
