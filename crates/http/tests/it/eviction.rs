//! A full pool: what leaves, so that the request whose turn it is gets its socket.

use crate::server::{Server, Tasks, ok, says, stuck_after};
use futures::executor::block_on;
use futures::future::join;
use hyper::{Request, body::Incoming};
use motet_http::{Client, ClientBuilder, Limits};
use motet_test::Stepped;
use std::future::poll_fn;
use std::time::Duration;

/// A client with one connection, that nobody sweeps away.
fn of_one(https: &Server) -> ClientBuilder {
    Client::builder().add_root_certificate(https.certificate.clone().expect("a TLS server")).limits(Limits {
        max_connections: 1,
        idle_expiry: Duration::from_secs(3600),
        ..Limits::default()
    })
}

async fn text(client: &Client, url: String) -> String {
    client.get(url).await.unwrap().text().await.unwrap()
}

#[test]
fn a_request_that_waits_to_share_a_connection_does_not_keep_it_from_leaving() {
    let shared = Server::https(|request: Request<Incoming>| async move {
        if request.uri().path() == "/stuck" { stuck_after("x") } else { ok("shared") }
    });
    let other = Server::http(says("other"));
    let client = of_one(&shared).build().unwrap();
    let holder = block_on(client.get(shared.url("/stuck")).send()).unwrap();
    let mut first = Stepped::new(text(&client, other.url("/")));
    assert!(first.poll().is_pending());
    // The connection rests, the first has the turn and does not know it yet; the second finds the connection.
    drop(holder);
    let mut second = Stepped::new(text(&client, shared.url("/")));
    assert!(second.poll().is_pending());
    let both = join(poll_fn(|cx| first.as_mut().poll(cx)), poll_fn(|cx| second.as_mut().poll(cx)));
    assert_eq!(block_on(both), ("other".to_owned(), "shared".to_owned()));
}

#[test]
fn a_connection_that_has_ended_is_not_all_that_leaves() {
    let shared = Server::https(says("shared"));
    let (idle, other) = (Server::http(says("idle")), Server::http(says("other")));
    let tasks = Tasks::default();
    let client = of_one(&shared).spawner(tasks.clone()).build().unwrap();
    // The connection's tasks end with this, and its socket is closed; nobody has told the pool.
    assert_eq!(block_on(tasks.beside(text(&client, shared.url("/")))), "shared");
    assert_eq!(block_on(text(&client, idle.url("/"))), "idle");
    assert_eq!(block_on(text(&client, other.url("/"))), "other");
}

#[test]
fn a_shared_connection_that_rests_counts_among_the_idle() {
    let (shared, own) = (Server::https(says("shared")), Server::http(says("own")));
    let limits = |max_idle| Limits { max_idle, idle_expiry: Duration::from_secs(3600), ..Limits::default() };
    let client = of_one(&shared).limits(limits(0)).build().unwrap();
    assert_eq!(block_on(text(&client, shared.url("/"))), "shared");
    shared.wait_for(|seen| seen.open == 0);
    let client = of_one(&shared).limits(limits(1)).build().unwrap();
    for round in 1..3 {
        assert_eq!(block_on(text(&client, shared.url("/"))), "shared");
        own.wait_for(|seen| seen.open == 0);
        assert_eq!(block_on(text(&client, own.url("/"))), "own");
        shared.wait_for(|seen| (seen.accepted, seen.open) == (round + 1, 0));
    }
}
