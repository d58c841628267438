//! Each phase's timeout, on virtual time.

use crate::server::{Server, Tasks, ok, says, stuck_after};
use futures::channel::oneshot;
use futures::executor::block_on;
use futures::{FutureExt, StreamExt, stream};
use http_body_util::BodyExt;
use hyper::{Request, body::Incoming};
use motet_http::{Body, Client, Error, Phase, Timeouts};
use motet_timer::{Timers, VirtualClock};
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::mpsc;
use std::task::Poll;
use std::time::Duration;
use tokio::io::AsyncReadExt;

const SECOND: Duration = Duration::from_secs(1);

/// Polls the future until it is pending and this holds.
fn run_until<F: Future + Unpin>(future: &mut F, mut done: impl FnMut() -> bool) {
    block_on(poll_fn(|cx| {
        assert!(future.poll_unpin(cx).is_pending(), "it was to wait");
        if done() {
            return Poll::Ready(());
        }
        // What is waited for happens elsewhere and wakes nobody here.
        cx.waker().wake_by_ref();
        Poll::Pending
    }));
}

/// A server that reads so many bytes at most, tells so, and never says anything.
fn mute(bytes: usize) -> (Server, mpsc::Receiver<()>) {
    let (arrived, seen) = mpsc::channel();
    let server = Server::raw(move |mut tcp| {
        let arrived = arrived.clone();
        async move {
            let _ = tcp.read(&mut vec![0; bytes]).await;
            arrived.send(()).unwrap();
            pending::<()>().await;
        }
    });
    (server, seen)
}

/// Lets time pass second by second until the future is ready; gives its output and how long that was.
fn pass_time<F: Future + Unpin>(clock: &VirtualClock, future: &mut F) -> (F::Output, u32) {
    for seconds in 1..100 {
        clock.advance(SECOND);
        if let Some(output) = future.now_or_never() {
            return (output, seconds);
        }
    }
    panic!("it waits for ever")
}

/// A server that tells when a request is there, and answers it never.
fn silent() -> (Server, mpsc::Receiver<()>) {
    let (tell, arrived) = mpsc::channel();
    let server = Server::http(move |_| {
        tell.send(()).unwrap();
        pending()
    });
    (server, arrived)
}

#[test]
fn a_server_that_does_not_answer_runs_into_the_read_timeout() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let (server, arrived) = silent();
    let mut request = Client::new().get(server.url("/")).send();
    run_until(&mut request, || arrived.try_recv().is_ok());
    let (result, seconds) = pass_time(&clock, &mut request);
    let error = result.unwrap_err();
    assert_eq!((error.phase(), seconds), (Some(Phase::Read), 5));
    assert!(error.to_string().contains("limit 5s"), "{error}");
    server.wait_for(|seen| seen.open == 0);
}

#[test]
fn a_body_that_stops_runs_into_the_read_timeout() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    for server in [Server::http(|_| async { stuck_after("x") }), Server::https(|_| async { stuck_after("x") })] {
        let client = Client::builder().danger_accept_invalid_certs(true).build().unwrap();
        let mut response = block_on(client.get(server.url("/")).send()).unwrap();
        assert_eq!(block_on(response.chunk()).unwrap().unwrap(), "x");
        let mut chunk = pin!(response.chunk());
        run_until(&mut chunk, || true);
        let (result, seconds) = pass_time(&clock, &mut chunk);
        assert_eq!((result.unwrap_err().phase(), seconds), (Some(Phase::Read), 5));
    }
}

#[test]
fn the_time_in_which_nobody_reads_does_not_count() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let server = Server::http(|_| async { ok(vec![1; 1_000_000]) });
    let response = block_on(Client::new().get(server.url("/")).send()).unwrap();
    clock.advance(SECOND * 3600);
    assert_eq!(block_on(response.bytes()).unwrap().len(), 1_000_000);
}

#[test]
fn a_server_that_does_not_take_the_upload_runs_into_the_write_timeout() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let (server, seen) = mute(10);
    let mut request = Client::new().put(server.url("/")).body(vec![0; 50_000_000]).send();
    run_until(&mut request, || seen.try_recv().is_ok());
    let (result, _) = pass_time(&clock, &mut request);
    assert_eq!(result.unwrap_err().phase(), Some(Phase::Write));
    server.wait_for(|seen| seen.open == 1);
}

#[test]
fn an_upload_that_waits_for_its_own_stream_is_nobodys_fault() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    for server in [Server::http(echo), Server::https(echo)] {
        let tasks = Tasks::default();
        let client = Client::builder().danger_accept_invalid_certs(true).spawner(tasks.clone()).build().unwrap();
        let (send, piece) = oneshot::channel::<&str>();
        let (asked, asks) = mpsc::channel();
        let body = Body::from_stream(stream::once(async move {
            asked.send(()).unwrap();
            piece.await.map_err(Error::other)
        }));
        let request = async { client.put(server.url("/")).body(body).await?.text().await };
        let mut request = Box::pin(tasks.beside(request));
        run_until(&mut request, || asks.try_recv().is_ok());
        // Less than it takes HTTP/2 to miss the answer to a ping.
        for _ in 0..9 {
            clock.advance(SECOND);
            assert!(request.as_mut().now_or_never().is_none(), "it was to wait");
        }
        send.send("at last").unwrap();
        assert_eq!(block_on(request).unwrap(), "at last");
    }
}

async fn echo(request: Request<Incoming>) -> crate::server::Answer {
    ok(request.into_body().collect().await.unwrap().to_bytes())
}

#[test]
fn the_connect_timeout_covers_the_tls_handshake() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    // Takes the connection and the hello, and says nothing.
    let (server, seen) = mute(1024);
    let mut request = Client::new().get(server.url("/").replace("http:", "https:")).send();
    clock.advance(SECOND * 2);
    run_until(&mut request, || seen.try_recv().is_ok());
    let (result, seconds) = pass_time(&clock, &mut request);
    let error = result.unwrap_err();
    assert_eq!((error.phase(), seconds), (Some(Phase::Connect), 5));
    assert!(error.is_connect() && error.is_timeout() && !error.is_tls(), "{error}");
}

#[test]
fn who_waits_for_anothers_handshake_connects_too() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let (server, seen) = mute(1024);
    // A limit to the wait for the pool has nothing to do with it: no limit of connections is reached.
    let timeouts = Timeouts { pool: Some(SECOND), ..Timeouts::default() };
    let client = Client::builder().timeouts(timeouts).build().unwrap();
    let url = server.url("/").replace("http:", "https:");
    let mut first = client.get(&url).send();
    run_until(&mut first, || seen.try_recv().is_ok());
    clock.advance(SECOND * 2);
    let mut second = client.get(&url).send();
    run_until(&mut second, || true);
    let (result, seconds) = pass_time(&clock, &mut second);
    assert_eq!((result.unwrap_err().phase(), seconds), (Some(Phase::Connect), 5));
    assert_eq!(first.now_or_never().unwrap().unwrap_err().phase(), Some(Phase::Connect));
}

#[test]
fn the_total_timeout_counts_from_the_send_and_through_redirects() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let (tell, arrived) = mpsc::channel();
    let server = Server::http(move |request: Request<Incoming>| {
        let tell = tell.clone();
        async move {
            if request.uri().path() == "/there" {
                tell.send(()).unwrap();
                return pending().await;
            }
            hyper::Response::builder().status(302).header("location", "/there").body(crate::server::full("")).unwrap()
        }
    });
    let client = Client::builder().timeouts(Timeouts::none()).build().unwrap();
    let mut request = client.get(server.url("/")).timeout(SECOND * 30).send();
    run_until(&mut request, || arrived.try_recv().is_ok());
    let (result, seconds) = pass_time(&clock, &mut request);
    assert_eq!((result.unwrap_err().phase(), seconds), (Some(Phase::Total), 30));
    server.wait_for(|seen| seen.open == 0);
}

#[test]
fn the_total_timeout_ends_a_body_of_which_there_is_always_more() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let endless = || Body::from_stream(stream::repeat_with(|| Ok::<_, Error>("on and ")));
    let client = crate::client::mock(move |_| async move { Ok(http::Response::new(endless())) }).build().unwrap();
    let mut response = block_on(client.get("http://example.com/").timeout(SECOND * 3).send()).unwrap();
    let mut seconds = 0;
    let error = loop {
        match block_on(response.chunk()) {
            Ok(_) => clock.advance(SECOND),
            Err(error) => break error,
        }
        seconds += 1;
    };
    assert_eq!((error.phase(), seconds), (Some(Phase::Total), 3));
}

#[test]
fn the_total_timeout_ends_a_body_of_pieces_without_a_byte() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let client = crate::client::mock(move |_| {
        let clock = clock.clone();
        let pieces = stream::iter(1..).map(move |second| {
            assert!(second <= 3, "its time is over");
            clock.advance(SECOND);
            Ok::<_, Error>("")
        });
        async move { Ok(http::Response::new(Body::from_stream(pieces))) }
    });
    let client = client.build().unwrap();
    let mut response = block_on(client.get("http://example.com/").timeout(SECOND * 3).send()).unwrap();
    assert_eq!(block_on(response.chunk()).unwrap_err().phase(), Some(Phase::Total));
}

#[test]
fn without_timeouts_a_request_waits() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let (server, arrived) = silent();
    let client = Client::builder().timeouts(Timeouts::none()).build().unwrap();
    let mut request = client.get(server.url("/")).send();
    run_until(&mut request, || arrived.try_recv().is_ok());
    clock.advance(SECOND * 3600 * 24);
    assert!((&mut request).now_or_never().is_none());
    assert_eq!(timers.next_deadline(), None, "and arms no timer");
}

#[test]
fn a_limit_past_all_time_is_none() {
    let server = Server::http(says("hello"));
    let client = Client::builder().timeouts(Timeouts::each(Duration::MAX)).build().unwrap();
    let text = async { client.get(server.url("/")).timeout(Duration::MAX).await?.text().await };
    assert_eq!(block_on(text).unwrap(), "hello");
}

#[test]
fn an_upload_of_known_length_is_over_with_its_last_byte() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let (server, arrived) = silent();
    let mut request = Client::new().put(server.url("/")).header("content-length", "4").body(halves()).send();
    run_until(&mut request, || arrived.try_recv().is_ok());
    let (result, _) = pass_time(&clock, &mut request);
    assert_eq!(result.unwrap_err().phase(), Some(Phase::Read));
}

/// Four bytes in two pieces.
fn halves() -> Body {
    Body::from_stream(stream::iter(["ha", "lf"].map(Ok::<_, Error>)))
}
