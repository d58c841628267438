//! Servers that mean harm, and bodies of the caller's own that go wrong: no wait without an end, no secret where it does not belong.

use crate::body::gzip;
use crate::client::mock;
use crate::server::{RUNTIME, Server, Tasks, frames, says, stuck_after};
use futures::channel::oneshot;
use futures::executor::block_on;
use futures::future::select;
use futures::{FutureExt, StreamExt, future, stream};
use http::Response;
use http_body_util::BodyExt;
use hyper::{Request, body::Incoming};
use motet_http::{Body, Bytes, Client, Error, Method, Phase, Timeouts};
use motet_timer::Timers;
use std::future::poll_fn;
use std::panic::resume_unwind;
use std::pin::pin;
use std::sync::mpsc;
use std::task::Poll;
use std::thread;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Notify;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(200);

/// What the future gives, awaited on a thread of its own, so that one that hangs fails the test.
fn ends<F: Future<Output: Send> + Send + 'static>(future: F) -> F::Output {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || tell.send(block_on(future)));
    told.recv_timeout(LONG).expect("it ends")
}

#[test]
fn a_flood_of_interim_responses_runs_into_the_read_timeout() {
    let server = Server::raw(|mut tcp| async move {
        // The request is there: before it, such bytes would be an error of another kind.
        let _ = tcp.read(&mut [0; 1024]).await;
        let flood = "HTTP/1.1 100 Continue\r\n\r\n".repeat(4_000);
        while tcp.write_all(flood.as_bytes()).await.is_ok() {}
    });
    let client = Client::builder().timeouts(Timeouts { read: Some(SHORT), ..Timeouts::none() }).build().unwrap();
    let error = ends(client.get(server.url("/")).send()).unwrap_err();
    assert_eq!(error.phase(), Some(Phase::Read), "{error}");
    server.wait_for(|seen| seen.open == 0);
}

#[test]
fn a_flood_of_empty_pieces_ends_the_connection() {
    let server = Server::tls_raw(&["h2"], |mut stream| async move {
        let asked = Notify::new();
        {
            let serving = frames::serve(&mut stream, |id| {
                asked.notify_one();
                frames::head(id)
            });
            select(pin!(serving), pin!(asked.notified())).await;
        }
        let flood = frames::empty_piece(1).repeat(4_000);
        while stream.write_all(&flood).await.is_ok() {}
    });
    let client = Client::builder().danger_accept_invalid_certs(true);
    let client = client.timeouts(Timeouts { read: Some(SHORT), ..Timeouts::none() }).build().unwrap();
    let error = ends(async move { client.get(server.url("/")).await?.bytes().await }).unwrap_err();
    assert!(error.is_exchange() || error.is_timeout(), "{error}");
}

#[test]
fn a_host_header_of_the_callers_own_stays_with_its_origin() {
    for (location, kept) in [("/end", true), ("http://other.example/end", false)] {
        let client = mock(move |r| async move {
            if r.uri().path() == "/start" {
                return Ok(Response::builder().status(302).header("location", location).body(Body::empty())?);
            }
            Ok(Response::new(format!("{}", r.headers().contains_key("host")).into()))
        });
        let client = client.build().unwrap();
        let request = client.get("http://example.com/start").header("host", "virtual.example");
        let text = block_on(async { request.await?.text().await }).unwrap();
        assert_eq!(text, kept.to_string(), "{location}");
    }
}

#[test]
fn a_password_in_an_address_is_not_printed() {
    let address = "http://me:sesame@example.com/";
    let client = mock(|_| async { Ok(Response::new(Body::empty())) });
    let client = client.base_url(address).unwrap();
    assert!(!format!("{client:?}").contains("sesame"), "{client:?}");
    let client = client.build().unwrap();
    assert!(!format!("{client:?}").contains("sesame"), "{client:?}");
    let request = client.get(address);
    assert!(!format!("{request:?}").contains("sesame"), "{request:?}");
    let errors = [
        block_on(client.get(address).header("x", "a\r\nb").send()).unwrap_err(),
        block_on(client.get("ftp://me:sesame@example.com/").send()).unwrap_err(),
        Client::builder().base_url("ftp://me:sesame@example.com/").unwrap_err(),
    ];
    for error in errors {
        assert!(error.is_builder() && error.url().is_some());
        assert!(!format!("{error} {error:?}").contains("sesame"), "{error} {error:?}");
    }
}

#[test]
fn a_response_dropped_early_resets_its_stream_with_the_upload_in_it() {
    let (tell, upload) = mpsc::channel();
    let server = Server::https(move |request: Request<Incoming>| {
        let tell = tell.clone();
        async move {
            let mut body = request.into_body();
            body.frame().await.unwrap().unwrap();
            RUNTIME.spawn(async move {
                let next = body.frame().await;
                let _ = tell.send(matches!(next, Some(Err(_))));
            });
            stuck_after("first")
        }
    });
    let client = Client::builder().danger_accept_invalid_certs(true).timeouts(Timeouts::none()).build().unwrap();
    let (held, dropped) = oneshot::channel::<()>();
    let pieces = stream::iter([Ok::<_, Error>("piece")]).chain(stream::once(async move {
        let _held = held;
        future::pending().await
    }));
    let mut response = block_on(client.put(server.url("/")).body(Body::from_stream(pieces)).send()).unwrap();
    assert_eq!(block_on(response.chunk()).unwrap().unwrap(), "first");
    drop(response);
    assert_eq!(upload.recv_timeout(LONG), Ok(true), "the stream is reset");
    assert!(ends(dropped).is_err(), "nobody keeps the upload");
    ends(async move { client.close().await });
}

#[test]
fn a_server_that_takes_no_more_of_an_upload_does_not_hold_the_connection() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let server = Server::https(|request: Request<Incoming>| async move {
        // Neither reads the upload nor refuses it.
        RUNTIME.spawn(async move {
            let _unread = request;
            future::pending::<()>().await;
        });
        stuck_after("first")
    });
    let tasks = Tasks::default();
    let client = Client::builder().danger_accept_invalid_certs(true).timeouts(Timeouts::none());
    let client = client.spawner(tasks.clone()).build().unwrap();
    let (tell, closing) = mpsc::channel();
    let mut scene = Box::pin(tasks.beside(async {
        let mut response = client.put(server.url("/")).body(vec![0; 20_000_000]).await.unwrap();
        assert_eq!(response.chunk().await.unwrap().unwrap(), "first");
        drop(response);
        tell.send(()).unwrap();
        client.close().await;
        // The socket is closed too, while the connection's tasks are still polled.
        poll_fn(|_| if server.connections().open == 0 { Poll::Ready(()) } else { Poll::Pending }).await;
    }));
    let deadline = Instant::now() + LONG;
    while closing.try_recv().is_err() {
        assert!(Instant::now() < deadline && scene.as_mut().now_or_never().is_none());
        thread::yield_now();
    }
    // Less than it takes to miss the answer to a ping.
    let mut seconds = 0..5;
    while scene.as_mut().now_or_never().is_none() {
        assert!(Instant::now() < deadline, "it waits for ever");
        if seconds.next().is_some() {
            clock.advance(Duration::from_secs(1));
        }
        thread::yield_now();
    }
}

#[test]
fn a_panic_in_the_upload_of_a_shared_connection_leaves_no_request_waiting() {
    let server = Server::https(|request: Request<Incoming>| async move {
        let _ = request.into_body().collect().await;
        future::pending().await
    });
    let client = Client::builder().danger_accept_invalid_certs(true).timeouts(Timeouts::none()).build().unwrap();
    let (send, sent) = oneshot::channel::<()>();
    let (waits, waiting) = mpsc::channel();
    let body = Body::from_stream(stream::once(async move {
        waits.send(()).unwrap();
        let _ = sent.await;
        resume_unwind(Box::new("the stream's own fault"));
        #[expect(unreachable_code, reason = "it gives the stream its type")]
        Ok::<&str, Error>("")
    }));
    let put = client.put(server.url("/")).body(body).send();
    let (tell, told) = mpsc::channel();
    thread::spawn(move || drop(tell.send(block_on(put).map(drop))));
    waiting.recv_timeout(LONG).unwrap();
    send.send(()).unwrap();
    let error = told.recv_timeout(LONG).expect("it ends").unwrap_err();
    assert!(error.to_string().contains("panicked"), "{error}");
}

#[test]
fn a_panic_in_the_upload_frees_the_place_of_its_connection() {
    let server = Server::http(says("hello"));
    let limits = motet_http::Limits { max_connections: 1, ..Default::default() };
    let client = Client::builder().limits(limits).build().unwrap();
    let body = Body::from_stream(stream::poll_fn(|_| -> Poll<Option<Result<&str, Error>>> {
        resume_unwind(Box::new("the stream's own fault"))
    }));
    let put = client.put(server.url("/")).body(body).send();
    assert!(thread::spawn(move || block_on(put)).join().is_err());
    let text = ends(async move { client.get(server.url("/")).await?.text().await });
    assert_eq!(text.unwrap(), "hello");
}

#[test]
fn compressed_bytes_that_come_to_nothing_are_capped_too() {
    // Stored blocks without a byte in them, none of them the last.
    let empty = Bytes::from([0, 0, 0, 0xff, 0xff].repeat(1_000));
    let client = mock(move |_| {
        let empty = empty.clone();
        async move {
            let head = Bytes::from(gzip(b"")[..10].to_vec());
            let endless = stream::once(async { head }).chain(stream::repeat(empty)).map(Ok::<_, Error>);
            Ok(Response::builder().header("content-encoding", "gzip").body(Body::from_stream(endless))?)
        }
    });
    let client = client.build().unwrap();
    let read = async move { client.get("http://example.com/").await?.bytes().await };
    let error = ends(read).unwrap_err();
    assert!(error.is_body_too_large(), "{error}");
}

#[test]
fn an_empty_body_that_says_it_is_gzip_is_empty() {
    let chunked = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n";
    let server = Server::raw(move |mut tcp| async move {
        let _ = tcp.read(&mut [0; 1024]).await;
        let _ = tcp.write_all(chunked.as_bytes()).await;
    });
    let text = block_on(async { Client::new().get(server.url("/")).await?.text().await });
    assert_eq!(text.unwrap(), "");
}

#[test]
fn a_tunnel_is_refused_with_advice() {
    let request = Client::new().request(Method::CONNECT, "http://127.0.0.1:1/");
    let error = block_on(request.send()).unwrap_err();
    assert!(error.is_builder(), "{error}");
}
