//! Whole exchanges over plain TCP: what is said on the wire, and that connections are used again.

use crate::server::{Server, full, ok, says, status};
use bytes::Bytes;
use futures::executor::block_on;
use futures::{TryStreamExt, stream};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming, SizeHint};
use hyper::{Request, Response};
use motet_http::{Body, Client, Error, Version};
use serde::{Deserialize, Serialize};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

#[test]
fn a_get_over_plain_tcp_brings_status_headers_and_body() {
    let server = Server::http(|request: Request<Incoming>| async move {
        let text = format!("{} {}", request.method(), request.uri());
        Response::builder().status(201).header("x-voice", "altus").body(full(text)).unwrap()
    });
    let response = block_on(Client::new().get(server.url("/a?b=c")).send()).unwrap();
    assert_eq!((response.status().as_u16(), response.version()), (201, Version::HTTP_11));
    assert_eq!(response.headers()["x-voice"], "altus");
    assert_eq!(response.content_length(), Some(10));
    assert_eq!(block_on(response.text()).unwrap(), "GET /a?b=c");
}

#[test]
fn json_goes_there_and_back() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Note {
        pitch: u8,
        name: String,
    }
    let server = Server::http(|request: Request<Incoming>| async move {
        assert_eq!(request.headers()["content-type"], "application/json");
        Response::new(full(request.into_body().collect().await.unwrap().to_bytes()))
    });
    let note = Note { pitch: 60, name: "ut".into() };
    let back: Note = block_on(async { Client::new().post(server.url("/")).json(&note).await?.json().await }).unwrap();
    assert_eq!(back, note);
}

#[test]
fn requests_one_after_another_share_a_connection() {
    let server = Server::http(says("hello"));
    let client = Client::new();
    for _ in 0..10 {
        assert_eq!(block_on(async { client.get(server.url("/")).await?.text().await }).unwrap(), "hello");
    }
    assert_eq!(server.connections().accepted, 1);
}

#[test]
fn a_response_without_a_body_frees_its_connection_at_once() {
    let server = Server::http(|_| async { status(204) });
    let client = Client::new();
    let held: Vec<_> = (0..3).map(|_| block_on(client.get(server.url("/")).send()).unwrap()).collect();
    assert_eq!(server.connections().accepted, 1);
    assert!(held.iter().all(|response| response.status() == 204));
}

#[test]
fn a_body_that_is_here_already_may_be_dropped_without_losing_the_connection() {
    let server = Server::http(says("never read"));
    let client = Client::new();
    for _ in 0..5 {
        drop(block_on(client.get(server.url("/")).send()).unwrap());
    }
    assert_eq!(server.connections().accepted, 1);
}

#[test]
fn a_head_request_has_no_body_and_the_length_of_one() {
    let server = Server::http(says("hello"));
    let client = Client::new();
    let response = block_on(client.head(server.url("/")).send()).unwrap();
    assert_eq!(response.headers()["content-length"], "5");
    assert_eq!(block_on(response.bytes()).unwrap(), "");
    block_on(client.get(server.url("/")).send()).unwrap();
    assert_eq!(server.connections().accepted, 1);
}

#[test]
fn a_large_body_comes_whole() {
    let large = Bytes::from((0..3_000_000_u32).map(|i| (i % 251) as u8).collect::<Vec<_>>());
    let served = large.clone();
    let server = Server::http(move |_| std::future::ready(ok(served.clone())));
    let body = block_on(async { Client::new().get(server.url("/")).await?.bytes().await }).unwrap();
    assert!(body == large);
}

#[test]
fn a_large_upload_arrives_whole() {
    let server = Server::http(|request: Request<Incoming>| async move {
        let length = request.headers()["content-length"].clone();
        let body = request.into_body().collect().await.unwrap().to_bytes();
        ok(format!("{} {}", length.to_str().unwrap(), body.iter().map(|&byte| u64::from(byte)).sum::<u64>()))
    });
    let client = Client::new();
    for _ in 0..2 {
        let text =
            block_on(async { client.post(server.url("/")).body(vec![3; 2_000_000]).await?.text().await }).unwrap();
        assert_eq!(text, "2000000 6000000");
    }
    assert_eq!(server.connections().accepted, 1);
}

#[test]
fn a_streamed_upload_goes_in_chunks() {
    let server = Server::http(|request: Request<Incoming>| async move {
        assert_eq!(request.headers()["transfer-encoding"], "chunked");
        Response::new(full(request.into_body().collect().await.unwrap().to_bytes()))
    });
    let body = Body::from_stream(stream::iter(["so ", "it ", "goes"].map(Ok::<_, Error>)));
    let text = block_on(async { Client::new().put(server.url("/")).body(body).await?.text().await }).unwrap();
    assert_eq!(text, "so it goes");
}

#[test]
fn an_upload_of_known_length_keeps_its_connection() {
    let server = Server::http(|request: Request<Incoming>| async move {
        assert_eq!(request.headers()["content-length"], "4");
        ok(request.into_body().collect().await.unwrap().to_bytes())
    });
    let client = Client::new();
    let pieces = || stream::iter(["fo", "ur"].map(Ok::<_, Error>));
    let sized = || StreamBody::new(pieces().map_ok(|piece| Frame::data(Bytes::from(piece))));
    for _ in 0..2 {
        let said = client.put(server.url("/")).header("content-length", "4").body(Body::from_stream(pieces()));
        assert_eq!(block_on(async { said.await?.text().await }).unwrap(), "four");
        let known = client.put(server.url("/")).body(Body::wrap(Limited(sized(), 4)));
        assert_eq!(block_on(async { known.await?.text().await }).unwrap(), "four");
    }
    assert_eq!(server.connections().accepted, 1);
}

#[test]
fn a_streamed_body_is_sent_with_any_method() {
    let server = Server::http(|request: Request<Incoming>| async move {
        ok(request.into_body().collect().await.unwrap().to_bytes())
    });
    let client = Client::new();
    for _ in 0..2 {
        let body = Body::from_stream(stream::iter([Ok::<_, Error>("query")]));
        assert_eq!(block_on(async { client.get(server.url("/")).body(body).await?.text().await }).unwrap(), "query");
    }
    assert_eq!(server.connections().accepted, 1);
}

/// A body that knows its length from the start, but not its end before it was asked once more.
struct Limited<B>(B, u64);

impl<B: hyper::body::Body<Data = Bytes> + Unpin> hyper::body::Body for Limited<B> {
    type Data = Bytes;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, B::Error>>> {
        let frame = Pin::new(&mut self.0).poll_frame(cx);
        if let Poll::Ready(Some(Ok(frame))) = &frame {
            self.1 -= frame.data_ref().map_or(0, Bytes::len) as u64;
        }
        frame
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.1)
    }
}

#[test]
fn the_head_of_a_request_is_what_servers_expect() {
    let (heads, seen) = std::sync::mpsc::channel();
    let server = Server::raw(move |mut tcp| {
        let heads = heads.clone();
        async move {
            let mut head = vec![0; 4096];
            let length = tcp.read(&mut head).await.unwrap();
            heads.send(String::from_utf8(head[..length].to_vec()).unwrap()).unwrap();
            tcp.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await.unwrap();
        }
    });
    let client = Client::builder().user_agent("organ/8").build().unwrap();
    block_on(client.get(server.url("?q=1#fragment")).send()).unwrap();
    let head = seen.recv().unwrap();
    let host = server.url("").replace("http://", "");
    assert!(head.starts_with("GET /?q=1 HTTP/1.1\r\n"), "{head}");
    for line in
        [format!("host: {host}"), "user-agent: organ/8".into(), "accept: */*".into(), "accept-encoding: gzip".into()]
    {
        assert!(head.contains(&format!("\r\n{line}\r\n")), "{line} in {head}");
    }
    block_on(client.post(server.url("/")).send()).unwrap();
    let head = seen.recv().unwrap();
    assert!(head.starts_with("POST / HTTP/1.1\r\n") && head.contains("content-length: 0\r\n"), "{head}");
}

#[test]
fn a_connection_that_the_server_wants_closed_is_not_used_again() {
    let server =
        Server::http(|_| async { Response::builder().header("connection", "close").body(full("bye")).unwrap() });
    let client = Client::new();
    for _ in 0..3 {
        assert_eq!(block_on(async { client.get(server.url("/")).await?.text().await }).unwrap(), "bye");
    }
    assert_eq!(server.connections().accepted, 3);
    server.wait_for(|seen| seen.open == 0);
}

#[test]
fn redirects_share_the_connection_too() {
    let server = Server::http(|request: Request<Incoming>| async move {
        match request.uri().path() {
            "/old" => Response::builder().status(308).header("location", "/new").body(full("moved")).unwrap(),
            _ => ok("new"),
        }
    });
    let client = Client::new();
    let response = block_on(client.get(server.url("/old")).send()).unwrap();
    assert_eq!(response.url().path(), "/new");
    assert_eq!(server.connections().accepted, 1);
}

#[test]
fn a_host_is_looked_up_by_its_name() {
    let server = Server::http(says("hello"));
    let text = block_on(async { Client::new().get(server.named_url("/")).await?.text().await }).unwrap();
    assert_eq!(text, "hello");
}

#[test]
fn gzip_over_the_wire_leaves_the_connection_usable() {
    let server = Server::http(|_| async {
        Response::builder().header("content-encoding", "gzip").body(full(crate::body::gzip(b"magnificat"))).unwrap()
    });
    let client = Client::new();
    for _ in 0..3 {
        assert_eq!(block_on(async { client.get(server.url("/")).await?.text().await }).unwrap(), "magnificat");
    }
    assert_eq!(server.connections().accepted, 1);
}
