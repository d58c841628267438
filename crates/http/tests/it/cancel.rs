//! Requests and responses that are dropped: whatever they held is free again.

use crate::server::{Answer, Server, ok, stuck_after};
use futures::executor::block_on;
use futures::future::select;
use http_body_util::BodyExt;
use hyper::{Request, body::Incoming};
use motet_http::{Client, ClientBuilder, Error, Limits};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use tokio::sync::Notify;

/// Runs the future, but drops it at its n-th pending poll; `None` then.
fn dropped_at<F: Future>(n: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut polls = 0;
    block_on(poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if polls == n => Poll::Ready(None),
        Poll::Pending => {
            polls += 1;
            Poll::Pending
        }
    }))
}

fn one_connection() -> ClientBuilder {
    Client::builder().limits(Limits { max_connections: 1, max_per_host: Some(1), ..Limits::default() })
}

async fn exchange(client: &Client, server: &Server) -> Result<usize, Error> {
    let mut length = 0;
    let mut response = client.post(server.url("/")).body(vec![1; 300_000]).await?;
    while let Some(chunk) = response.chunk().await? {
        length += chunk.len();
    }
    Ok(length)
}

/// Whatever is dropped and when, the one connection that there may be is there for the next request.
fn frees_its_place_at_every_await(server: &Server, client: &Client) {
    let dropped = (0..16).filter(|&n| {
        let dropped = dropped_at(n, exchange(client, server)).is_none();
        let next = block_on(exchange(client, server)).expect("the place is free");
        assert_eq!(next, 500_000, "after the drop at await {n}");
        dropped
    });
    assert!(dropped.count() >= 1, "there was nothing to drop");
}

async fn echoing(request: Request<Incoming>) -> Answer {
    let _ = request.into_body().collect().await;
    ok(vec![2; 500_000])
}

#[test]
fn an_http1_exchange_frees_its_place_at_every_await() {
    let server = Server::http(echoing);
    frees_its_place_at_every_await(&server, &one_connection().build().unwrap());
}

#[test]
fn an_http1_exchange_over_tls_frees_its_place_at_every_await() {
    let server = Server::tls(&["http/1.1"], 1, echoing);
    let client = one_connection().add_root_certificate(server.certificate.clone().unwrap()).build().unwrap();
    frees_its_place_at_every_await(&server, &client);
}

#[test]
fn an_http2_exchange_frees_its_stream_at_every_await() {
    let server = Server::https(echoing);
    let client = one_connection().max_streams(1).add_root_certificate(server.certificate.clone().unwrap());
    frees_its_place_at_every_await(&server, &client.build().unwrap());
}

#[test]
fn cancelling_a_request_closes_its_http1_connection() {
    let arrived = Arc::new(Notify::new());
    let here = arrived.clone();
    let server = Server::http(move |_| {
        here.notify_one();
        std::future::pending()
    });
    let request = Client::new().get(server.url("/")).send();
    drop(block_on(select(request, pin!(arrived.notified()))));
    server.wait_for(|seen| seen.accepted == 1 && seen.open == 0);
}

#[test]
fn dropping_a_body_midway_closes_its_http1_connection() {
    let server = Server::http(|_| async { stuck_after("first") });
    let mut response = block_on(Client::new().get(server.url("/")).send()).unwrap();
    assert_eq!(block_on(response.chunk()).unwrap().unwrap(), "first");
    drop(response);
    server.wait_for(|seen| seen.accepted == 1 && seen.open == 0);
}

#[test]
fn a_cancelled_chunk_loses_nothing() {
    let server = Server::http(|_| async { ok(vec![3; 400_000]) });
    let mut response = block_on(Client::new().get(server.url("/")).send()).unwrap();
    let mut length = 0;
    loop {
        // Every wait is given up once before it is waited out.
        let chunk = match dropped_at(0, response.chunk()) {
            Some(chunk) => chunk,
            None => block_on(response.chunk()),
        };
        let Some(chunk) = chunk.unwrap() else { break };
        length += chunk.len();
    }
    assert_eq!(length, 400_000);
}
