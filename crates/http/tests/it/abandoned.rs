//! Uploads over HTTP/2 whose response nobody wants any more: they stop, wherever they are.

use crate::server::{RUNTIME, Server, ok, stuck_after};
use futures::executor::block_on;
use futures::stream;
use http_body_util::BodyExt;
use hyper::{Request, body::Incoming};
use motet_http::{Body, Client, Error};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

/// What became of an upload at the server.
#[derive(Debug)]
struct Outcome {
    bytes: usize,
    reset: bool,
}

/// A server whose responses hang. It reads an upload to `/whole` first; to `/up` once the response is on its way, and it was
/// told to if the upload does not end by itself.
fn hanging() -> (Server, mpsc::Sender<()>, mpsc::Receiver<Outcome>) {
    let (go, told) = mpsc::channel::<()>();
    let (tell, outcome) = mpsc::channel();
    let told = Arc::new(Mutex::new(told));
    let server = Server::https(move |request: Request<Incoming>| {
        let (told, tell) = (told.clone(), tell.clone());
        async move {
            let path = request.uri().path().to_owned();
            if path == "/whole" {
                return ok(request.into_body().collect().await.unwrap().to_bytes());
            }
            if path == "/up" {
                RUNTIME.spawn(async move {
                    let go = tokio::task::spawn_blocking(move || told.lock().unwrap().recv());
                    let _ = go.await;
                    let mut body = request.into_body();
                    let mut bytes = 0;
                    let reset = loop {
                        match body.frame().await {
                            Some(Ok(frame)) => bytes += frame.into_data().map_or(0, |data| data.len()),
                            end => break end.is_some(),
                        }
                    };
                    let _ = tell.send(Outcome { bytes, reset });
                });
            }
            stuck_after("x")
        }
    });
    (server, go, outcome)
}

fn abandon_one(body: Body) {
    let (server, go, outcome) = hanging();
    let client = Client::builder().add_root_certificate(server.certificate.clone().unwrap()).build().unwrap();
    let other = block_on(client.get(server.url("/")).send()).unwrap();
    let response = block_on(client.put(server.url("/up")).body(body).send()).unwrap();
    drop(response);
    go.send(()).unwrap();
    let end = outcome.recv_timeout(Duration::from_secs(20)).expect("the upload goes on for ever");
    assert!(end.reset && end.bytes < 3_000_000, "it went on: {end:?}");
    // Nothing else on the connection is touched.
    let large = vec![7; 1_000_000];
    let back = block_on(async { client.put(server.url("/whole")).body(large.clone()).await?.bytes().await }).unwrap();
    assert!(back == large);
    drop(other);
    assert_eq!(server.connections().accepted, 1);
}

#[test]
fn an_upload_that_the_server_does_not_take_is_reset() {
    abandon_one(vec![0; 20_000_000].into());
}

#[test]
fn an_upload_without_end_is_reset() {
    let pieces = stream::iter(std::iter::repeat_with(|| Ok::<_, Error>(vec![0; 10_000])));
    abandon_one(Body::from_stream(pieces));
}

#[test]
fn an_upload_whose_stream_has_nothing_to_send_is_reset() {
    abandon_one(Body::from_stream(stream::pending::<Result<&str, Error>>()));
}
