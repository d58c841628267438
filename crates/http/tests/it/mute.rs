//! HTTP/2 connections that fall silent: who gets no answer over one leaves it to nobody else. On virtual time.

use crate::server::{Server, says, status};
use futures::executor::block_on;
use hyper::{Request, body::Incoming};
use motet_http::{Client, Error, Phase};
use motet_test::Stepped;
use motet_timer::Timers;
use std::future::pending;
use std::sync::mpsc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

async fn text(client: &Client, url: String) -> Result<String, Error> {
    client.get(url).await?.text().await
}

fn trusting(server: &Server) -> Client {
    Client::builder().add_root_certificate(server.certificate.clone().expect("a TLS server")).build().unwrap()
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
    let client = trusting(&server);
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
    let client = trusting(&server);
    let mut response = block_on(client.get(server.url("/stuck")).send()).unwrap();
    assert_eq!(block_on(response.chunk()).unwrap().unwrap(), "x");
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
    let client = trusting(&server);
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
    let certificate = server.certificate.clone().expect("a TLS server");
    let client = Client::builder().add_root_certificate(certificate).max_streams(1).build().unwrap();
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
