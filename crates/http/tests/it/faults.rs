//! Servers that misbehave: what comes out, and what is tried again.

use crate::server::{Server, says};
use futures::executor::block_on;
use futures::stream;
use motet_http::{Body, Client, Error, Limits};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// Reads one request's head.
async fn head(tcp: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match tcp.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).unwrap()
}

/// A server that answers each connection's first request with these bytes, and closes.
fn answering(bytes: impl Into<Vec<u8>>) -> Server {
    let bytes = Arc::new(bytes.into());
    Server::raw(move |mut tcp| {
        let bytes = bytes.clone();
        async move {
            head(&mut tcp).await;
            let _ = tcp.write_all(&bytes).await;
        }
    })
}

fn fails(server: &Server) -> Error {
    block_on(async { Client::new().get(server.url("/")).await?.bytes().await }).unwrap_err()
}

#[test]
fn a_connection_closed_or_reset_before_the_answer_is_an_exchange_error() {
    let closed = fails(&answering(""));
    assert!(closed.is_exchange() && !closed.is_timeout() && !closed.is_connect(), "{closed}");
    let server = Server::raw(|mut tcp| async move {
        head(&mut tcp).await;
        tcp.set_zero_linger().unwrap();
    });
    assert!(fails(&server).is_exchange());
    assert_eq!(server.connections().accepted, 1, "a fresh connection is no reason to try again");
}

#[test]
fn what_is_not_http_is_an_exchange_error() {
    for bytes in ["SSH-2.0-OpenSSH_9.6\r\n", "HTTP/9.9 200 OK\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "\0\0\0\0\r\n\r\n"] {
        assert!(fails(&answering(bytes)).is_exchange(), "{bytes}");
    }
}

#[test]
fn a_body_that_breaks_off_is_an_error_and_not_a_short_body() {
    let short = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nshort";
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nshort\r\n";
    let bad_chunk = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZ\r\nshort\r\n";
    for bytes in [short, chunked, bad_chunk] {
        let error = fails(&answering(bytes));
        assert!(error.is_exchange() && error.url().is_some(), "{error}");
    }
}

#[test]
fn a_body_until_the_end_of_the_connection_is_whole() {
    let server = answering("HTTP/1.1 200 OK\r\n\r\nto the end");
    let text = block_on(async { Client::new().get(server.url("/")).await?.text().await });
    assert_eq!(text.unwrap(), "to the end");
}

#[test]
fn the_head_of_a_response_is_bounded() {
    let long = format!("HTTP/1.1 200 OK\r\nx-long: {}\r\ncontent-length: 0\r\n\r\n", "a".repeat(100_000));
    assert!(fails(&answering(long)).is_exchange());
    let many = format!("HTTP/1.1 200 OK\r\n{}content-length: 0\r\n\r\n", "x-many: 1\r\n".repeat(1_000));
    assert!(fails(&answering(many)).is_exchange());
    let server = Server::raw(|mut tcp| async move {
        head(&mut tcp).await;
        let _ = tcp.write_all(b"HTTP/1.1 200 OK\r\n").await;
        while tcp.write_all(b"x-endless: and on\r\n").await.is_ok() {}
    });
    assert!(fails(&server).is_exchange());
}

#[test]
fn a_length_above_the_cap_is_refused_unread() {
    let server = answering("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n");
    assert!(fails(&server).is_body_too_large());
}

#[test]
fn a_port_where_nobody_listens_is_a_connect_error() {
    let mut server = Server::http(says("gone"));
    server.stop();
    let error = block_on(Client::new().get(server.url("/")).send()).unwrap_err();
    assert!(error.is_connect() && !error.is_dns() && !error.is_tls(), "{error}");
}

#[test]
fn a_name_that_nobody_knows_is_a_dns_error() {
    // One label of a name is 63 letters at most: nobody has to be asked.
    let address = format!("http://{}.invalid/", "x".repeat(70));
    let error = block_on(Client::new().get(address).send()).unwrap_err();
    assert!(error.is_dns() && error.is_connect(), "{error}");
}

/// A server that answers the first request of each connection, and closes at the second without a word.
fn forgetful() -> (Server, Arc<Mutex<Vec<String>>>) {
    let requests = Arc::<Mutex<Vec<String>>>::default();
    let books = requests.clone();
    let server = Server::raw(move |mut tcp| {
        let books = books.clone();
        async move {
            for answers in [true, false] {
                let head = head(&mut tcp).await;
                books.lock().unwrap().push(head.split(' ').next().unwrap().to_owned());
                if answers {
                    tcp.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
                }
            }
        }
    });
    (server, requests)
}

#[test]
fn an_idempotent_request_on_a_stale_connection_is_sent_again_once() {
    let (server, requests) = forgetful();
    let client = Client::new();
    for _ in 0..3 {
        let text = block_on(async { client.put(server.url("/")).body("once or twice").await?.text().await });
        assert_eq!(text.unwrap(), "ok");
    }
    // The bodies are read as heads of their own; only what reached the server in full counts here.
    assert!(server.connections().accepted >= 2);
    assert!(requests.lock().unwrap().iter().filter(|method| *method == "PUT").count() >= 3);
}

#[test]
fn a_get_on_a_stale_connection_is_sent_again_on_a_new_one() {
    let (server, requests) = forgetful();
    let client = Client::new();
    for _ in 0..3 {
        assert_eq!(block_on(async { client.get(server.url("/")).await?.text().await }).unwrap(), "ok");
    }
    assert_eq!(requests.lock().unwrap().len(), 5, "the first, and twice each of the others");
    assert_eq!(server.connections().accepted, 3);
}

#[test]
fn an_idle_connection_is_closed_as_soon_as_its_server_ends_it() {
    let end = Arc::new(Notify::new());
    let ending = end.clone();
    let server = Server::raw(move |mut tcp| {
        let ending = ending.clone();
        async move {
            head(&mut tcp).await;
            tcp.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await.unwrap();
            ending.notified().await;
            tcp.shutdown().await.unwrap();
            // The end of the client's half.
            assert_eq!(tcp.read(&mut [0]).await.unwrap(), 0);
        }
    });
    let limits = Limits { idle_expiry: Duration::from_secs(3600), ..Limits::default() };
    let client = Client::builder().limits(limits).build().unwrap();
    block_on(async { client.get(server.url("/")).await?.bytes().await }).unwrap();
    end.notify_one();
    server.wait_for(|seen| seen.accepted == 1 && seen.open == 0);
}

#[test]
fn a_post_that_may_have_arrived_is_not_sent_again() {
    let (server, requests) = forgetful();
    let client = Client::new();
    block_on(async { client.get(server.url("/")).await?.bytes().await }).unwrap();
    let error = block_on(client.post(server.url("/")).send()).unwrap_err();
    assert!(error.is_exchange(), "{error}");
    assert_eq!(*requests.lock().unwrap(), ["GET", "POST"]);
}

#[test]
fn a_streamed_body_is_not_sent_again() {
    let (server, _) = forgetful();
    let client = Client::new();
    block_on(async { client.get(server.url("/")).await?.bytes().await }).unwrap();
    let body = Body::from_stream(stream::iter([Ok::<_, Error>("once")]));
    let error = block_on(client.put(server.url("/")).body(body).send()).unwrap_err();
    assert!(error.is_exchange(), "{error}");
}

#[test]
fn an_early_response_ends_an_upload_that_nobody_takes() {
    let server = Server::raw(|mut tcp| async move {
        head(&mut tcp).await;
        tcp.write_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 8\r\n\r\ntoo much").await.unwrap();
        std::future::pending::<()>().await;
    });
    let client = Client::builder().limits(Limits { max_connections: 1, ..Limits::default() }).build().unwrap();
    for round in 1..3 {
        let response = block_on(client.post(server.url("/")).body(vec![0; 50_000_000]).send()).unwrap();
        assert_eq!(response.status(), 413);
        assert_eq!(block_on(response.text()).unwrap(), "too much");
        // The connection with the upload in it was of no more use; its place was.
        assert_eq!(server.connections().accepted, round);
    }
}

#[test]
fn an_upload_that_fails_fails_the_request() {
    let server = Server::http(says("hello"));
    let body = stream::iter([Ok("fine"), Err(std::io::Error::other("the disk is gone"))]);
    let error = block_on(Client::new().post(server.url("/")).body(Body::from_stream(body)).send()).unwrap_err();
    assert!(error.to_string().contains("the disk is gone"), "{error}");
    server.wait_for(|seen| seen.open == 0);
}
