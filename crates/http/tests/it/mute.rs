//! HTTP/2 connections that fall silent: who gets no answer over one leaves it to nobody else. On virtual time.

use crate::server::{Answer, Server, ok, says, status};
use futures::executor::block_on;
use futures::{StreamExt, stream};
use http_body_util::{BodyExt, StreamBody};
use hyper::Request;
use hyper::body::{Bytes, Frame, Incoming};
use motet_http::{Client, ClientBuilder, Error, Limits, Phase, Timeouts};
use motet_test::Stepped;
use motet_timer::Timers;
use std::future::pending;
use std::sync::{Arc, mpsc};
use std::task::{Context, Poll, Waker};
use std::time::Duration;
use tokio::sync::Notify;

const SECOND: Duration = Duration::from_secs(1);

async fn text(client: &Client, url: String) -> Result<String, Error> {
    client.get(url).await?.text().await
}

fn over(server: &Server) -> ClientBuilder {
    Client::builder().add_root_certificate(server.certificate.clone().expect("a TLS server"))
}

/// Lets the rest of the read timeout pass, which ends the request.
fn run_out<F: Future<Output = Result<T, Error>>, T>(request: &mut Stepped<F>, pass: impl FnOnce()) {
    assert!(request.poll().is_pending());
    pass();
    let Poll::Ready(Err(error)) = request.poll() else { panic!("its time is over") };
    assert_eq!(error.phase(), Some(Phase::Read), "{error}");
}

#[test]
fn a_connection_that_told_nothing_for_the_whole_read_timeout_gets_no_new_requests() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let server = Server::https(says("hello"));
    let client = over(&server).build().unwrap();
    assert_eq!(block_on(text(&client, server.url("/"))).unwrap(), "hello");
    server.freeze();
    run_out(&mut Stepped::new(client.get(server.url("/")).send()), || clock.advance(SECOND * 5));
    server.thaw();
    assert_eq!(block_on(text(&client, server.url("/"))).unwrap(), "hello");
    assert_eq!(server.connections().accepted, 2);
}

#[test]
fn a_body_that_nothing_follows_on_the_whole_connection_ends_it_too() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let server = Server::https(|request: Request<Incoming>| async move {
        if request.uri().path() == "/" { crate::server::ok("hello") } else { crate::server::stuck_after("x") }
    });
    let client = over(&server).build().unwrap();
    let mut response = block_on(client.get(server.url("/stuck")).send()).unwrap();
    assert_eq!(block_on(response.chunk()).unwrap().unwrap(), "x");
    run_out(&mut Stepped::new(response.chunk()), || clock.advance(SECOND * 5));
    assert_eq!(block_on(text(&client, server.url("/"))).unwrap(), "hello");
    assert_eq!(server.connections().accepted, 2);
}

#[test]
fn what_came_before_a_wait_began_says_nothing_of_the_server_since() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let server = Server::https(|request: Request<Incoming>| async move {
        if request.uri().path() == "/" { crate::server::ok("hello") } else { crate::server::stuck_after("x") }
    });
    let client = over(&server).build().unwrap();
    let mut response = block_on(client.get(server.url("/stuck")).send()).unwrap();
    assert_eq!(block_on(response.chunk()).unwrap().unwrap(), "x");
    assert_eq!(block_on(text(&client, server.url("/"))).unwrap(), "hello");
    run_out(&mut Stepped::new(response.chunk()), || clock.advance(SECOND * 5));
    assert_eq!(block_on(text(&client, server.url("/"))).unwrap(), "hello");
    assert_eq!(server.connections().accepted, 2);
}

#[test]
fn a_connection_that_answers_others_is_kept() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let (tell, arrived) = mpsc::channel();
    let server = Server::https(move |request: Request<Incoming>| {
        let tell = tell.clone();
        async move {
            if request.uri().path() != "/" {
                tell.send(()).unwrap();
                pending::<()>().await;
            }
            status(204)
        }
    });
    let client = over(&server).build().unwrap();
    assert_eq!(block_on(text(&client, server.url("/"))).unwrap(), "");
    let mut slow = Stepped::new(client.get(server.url("/slow")).send());
    assert!(slow.poll().is_pending());
    arrived.recv().expect("the server has it");
    assert!(slow.poll().is_pending());
    clock.advance(SECOND * 3);
    assert_eq!(block_on(text(&client, server.url("/"))).unwrap(), "");
    run_out(&mut slow, || clock.advance(SECOND * 2));
    assert_eq!(block_on(text(&client, server.url("/"))).unwrap(), "");
    assert_eq!(server.connections().accepted, 1);
}

#[test]
fn a_request_that_waits_for_a_stream_is_not_sent_over_a_connection_that_fell_silent() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let server = Server::https(says("hello"));
    let client = over(&server).max_streams(1).build().unwrap();
    assert_eq!(block_on(text(&client, server.url("/"))).unwrap(), "hello");
    server.freeze();
    let mut first = Stepped::new(client.get(server.url("/")).send());
    assert!(first.poll().is_pending());
    let mut second = Box::pin(text(&client, server.url("/")));
    assert!(second.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    run_out(&mut first, || clock.advance(SECOND * 5));
    drop(first);
    server.thaw();
    assert_eq!(block_on(second).unwrap(), "hello");
    assert_eq!(server.connections().accepted, 2);
}

/// A server of events, of which the second comes when it is told to, and that never answers what it knows nothing of.
fn newsroom() -> (Server, Arc<Notify>) {
    let news = Arc::new(Notify::new());
    let told = news.clone();
    let events = move |told: Arc<Notify>| {
        let piece = |text: &'static str| Ok::<_, std::io::Error>(Frame::data(Bytes::from_static(text.as_bytes())));
        let later = stream::once(async move {
            told.notified().await;
            piece("late")
        });
        stream::iter([piece("early")]).chain(later).chain(stream::pending())
    };
    let server = Server::https(move |request: Request<Incoming>| {
        let told = told.clone();
        async move {
            match request.uri().path() {
                "/" => ok("hello"),
                "/events" => Answer::new(StreamBody::new(events(told)).boxed_unsync()),
                _ => pending().await,
            }
        }
    });
    (server, news)
}

/// A response that goes on, over a connection that a request ran out of time on.
fn doubted(client: &Client, server: &Server, pass: impl FnOnce()) -> motet_http::Response {
    let mut events = block_on(client.get(server.url("/events")).timeouts(Timeouts::none()).send()).unwrap();
    assert_eq!(block_on(events.chunk()).unwrap().unwrap(), "early");
    run_out(&mut Stepped::new(client.get(server.url("/slow")).send()), pass);
    events
}

#[test]
fn a_connection_in_doubt_goes_on_for_those_who_are_on_it_and_others_get_one_beside_it() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let (server, news) = newsroom();
    let client = over(&server).build().unwrap();
    let mut events = doubted(&client, &server, || clock.advance(SECOND * 5));
    assert_eq!(block_on(text(&client, server.url("/"))).unwrap(), "hello");
    assert_eq!(server.connections().accepted, 2);
    news.notify_one();
    assert_eq!(block_on(events.chunk()).unwrap().unwrap(), "late");
}

#[test]
fn a_connection_whose_server_is_heard_of_again_is_in_no_doubt() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let (server, news) = newsroom();
    let client = over(&server).build().unwrap();
    let mut events = doubted(&client, &server, || clock.advance(SECOND * 5));
    news.notify_one();
    assert_eq!(block_on(events.chunk()).unwrap().unwrap(), "late");
    assert_eq!(block_on(text(&client, server.url("/"))).unwrap(), "hello");
    assert_eq!(server.connections().accepted, 1);
}

#[test]
fn who_waits_for_another_connection_takes_the_one_in_doubt_once_its_server_is_heard_of() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let (server, news) = newsroom();
    // The quiet one has the only connection that there may be.
    let client = over(&server).limits(Limits { max_per_host: Some(1), ..Limits::default() }).build().unwrap();
    let mut events = doubted(&client, &server, || clock.advance(SECOND * 5));
    let mut waiting: Vec<_> = (0..3).map(|_| Stepped::new(client.get(server.url("/")).send())).collect();
    assert!(waiting.iter_mut().all(|request| request.poll().is_pending()));
    news.notify_one();
    assert_eq!(block_on(events.chunk()).unwrap().unwrap(), "late");
    assert!(waiting[0].is_woken());
    for mut request in waiting {
        let response = block_on(std::future::poll_fn(|cx| request.as_mut().poll(cx))).unwrap();
        assert_eq!(block_on(response.text()).unwrap(), "hello");
    }
    assert_eq!(server.connections().accepted, 1);
}
