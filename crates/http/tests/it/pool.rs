//! The pool: strict limits, turns, reuse, expiry.

use crate::server::{Server, ok, says, stuck_after};
use futures::executor::block_on;
use futures::future::join_all;
use hyper::{Request, body::Incoming};
use motet_http::{Client, ClientBuilder, Error, Limits};
use motet_test::Stepped;
use motet_timer::Timers;
use std::future::poll_fn;
use std::time::Duration;

fn limited(limits: Limits) -> ClientBuilder {
    Client::builder().limits(limits)
}

/// A client with so many connections.
fn of(max_connections: usize) -> Client {
    limited(Limits { max_connections, ..Limits::default() }).build().unwrap()
}

async fn text(client: &Client, url: String) -> Result<String, Error> {
    client.get(url).await?.text().await
}

/// Runs a request to its end that was stepped before.
fn finish<F: Future>(mut request: Stepped<F>) -> F::Output {
    block_on(poll_fn(|cx| request.as_mut().poll(cx)))
}

/// A server that answers `/stuck` with one piece and then nothing.
fn sometimes_stuck() -> Server {
    Server::http(|request: Request<Incoming>| async move {
        if request.uri().path() == "/stuck" { stuck_after("x") } else { ok("y") }
    })
}

#[test]
fn there_are_never_more_connections_than_allowed() {
    let server = Server::http(says("hello"));
    let client = of(3);
    let all = (0..60).map(|_| text(&client, server.url("/")));
    assert!(block_on(join_all(all)).into_iter().all(|text| text.is_ok()));
    assert!(server.connections().most_open <= 3, "{:?}", server.connections());
}

#[test]
fn an_idle_connection_leaves_for_another_host() {
    let (one, two) = (Server::http(says("one")), Server::http(says("two")));
    let client = of(1);
    for _ in 0..3 {
        assert_eq!(block_on(text(&client, one.url("/"))).unwrap(), "one");
        assert_eq!(block_on(text(&client, two.url("/"))).unwrap(), "two");
        one.wait_for(|seen| seen.open == 0);
    }
    assert_eq!((one.connections().accepted, two.connections().accepted), (3, 3));
}

#[test]
fn many_hosts_share_few_connections() {
    let servers: Vec<_> = (0..8).map(|_| Server::http(says("hello"))).collect();
    let client = of(2);
    let all = (0..80).map(|i| text(&client, servers[i % 8].url("/")));
    assert!(block_on(join_all(all)).into_iter().all(|text| text.is_ok()));
}

#[test]
fn requests_get_their_connection_in_the_order_they_asked() {
    let server = sometimes_stuck();
    let client = of(1);
    let holder = block_on(client.get(server.url("/stuck")).send()).unwrap();
    let mut waiting: Vec<_> = (0..3).map(|_| Stepped::new(client.get(server.url("/stuck")).send())).collect();
    for request in &mut waiting {
        assert!(request.poll().is_pending());
    }
    drop(holder);
    assert_eq!(waiting.iter().map(Stepped::is_woken).collect::<Vec<_>>(), [true, false, false]);
    let holder = finish(waiting.remove(0)).unwrap();
    drop(holder);
    assert_eq!(waiting.iter().map(Stepped::is_woken).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_request_that_gives_up_its_turn_passes_it_on() {
    let server = sometimes_stuck();
    let client = of(1);
    let holder = block_on(client.get(server.url("/stuck")).send()).unwrap();
    let mut waiting: Vec<_> = (0..3).map(|_| Stepped::new(client.get(server.url("/")).send())).collect();
    for request in &mut waiting {
        assert!(request.poll().is_pending());
    }
    drop(waiting.remove(1));
    drop(holder);
    drop(waiting.remove(0));
    assert!(waiting[0].is_woken(), "the turn was lost with the request that had it");
    assert_eq!(finish(waiting.remove(0)).unwrap().status(), 200);
}

#[test]
fn a_wait_for_a_connection_ends_with_the_pool_timeout() {
    let server = sometimes_stuck();
    let client = of(1);
    let holder = block_on(client.get(server.url("/stuck")).send()).unwrap();
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let mut request = Stepped::new(client.get(server.url("/")).send());
    assert!(request.poll().is_pending());
    clock.advance(Duration::from_millis(4_999));
    assert!(!request.is_woken());
    clock.advance(Duration::from_millis(1));
    let std::task::Poll::Ready(Err(error)) = request.poll() else { panic!("the pool timeout is five seconds") };
    assert!(error.is_pool_timeout() && error.is_timeout() && !error.is_connect(), "{error}");
    drop(holder);
    assert_eq!(block_on(text(&client, server.url("/"))).unwrap(), "y");
}

#[test]
fn one_host_cannot_take_all_connections_if_hosts_are_limited() {
    let (one, two) = (sometimes_stuck(), sometimes_stuck());
    let client = limited(Limits { max_connections: 5, max_per_host: Some(1), ..Limits::default() }).build().unwrap();
    let holder = block_on(client.get(one.url("/stuck")).send()).unwrap();
    let mut second = Stepped::new(client.get(one.url("/")).send());
    assert!(second.poll().is_pending());
    assert_eq!(block_on(text(&client, two.url("/"))).unwrap(), "y");
    assert_eq!(one.connections().accepted, 1);
    drop(holder);
    assert!(second.is_woken());
    assert_eq!(finish(second).unwrap().status(), 200);
    assert_eq!(one.connections().accepted, 2);
}

#[test]
fn no_more_connections_idle_than_allowed() {
    let server = Server::http(says("hello"));
    let client = limited(Limits { max_idle: 2, ..Limits::default() }).build().unwrap();
    let held: Vec<_> = (0..6).map(|_| client.get(server.url("/")).send()).collect();
    let responses = block_on(join_all(held));
    drop(responses);
    let seen = server.wait_for(|seen| seen.open <= 2);
    assert_eq!((seen.open, seen.accepted), (2, 6));
}

#[test]
fn idle_connections_expire_without_being_asked_for() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let server = Server::http(says("hello"));
    let client = Client::new();
    let all = (0..3).map(|_| text(&client, server.url("/")));
    block_on(join_all(all));
    assert_eq!(server.connections().open, server.connections().accepted);
    clock.advance(Duration::from_secs(4));
    assert_eq!(block_on(text(&client, server.url("/"))).unwrap(), "hello");
    clock.advance(Duration::from_secs(1));
    // That one was just used and stays, whatever else there was.
    server.wait_for(|seen| seen.open == 1);
    clock.advance(Duration::from_secs(4));
    server.wait_for(|seen| seen.open == 0);
}

#[test]
fn an_expired_connection_is_not_used_even_if_nobody_swept() {
    let server = Server::http(says("hello"));
    let client = limited(Limits { idle_expiry: Duration::ZERO, ..Limits::default() }).build().unwrap();
    for _ in 0..3 {
        assert_eq!(block_on(text(&client, server.url("/"))).unwrap(), "hello");
    }
    assert_eq!(server.connections().accepted, 3);
}

#[test]
fn a_connection_that_the_server_closed_while_idle_is_not_used() {
    let (server, other) = (Server::http(says("hello")), Server::http(says("hello")));
    let client = Client::new();
    for round in 1..4 {
        // Not even for a request that must not be sent twice.
        assert_eq!(block_on(client.post(server.url("/")).body("x").send()).unwrap().status(), 200);
        assert_eq!(server.connections().accepted, round);
        server.kill_connections();
        // What the reactor tells of another socket, it tells after the end of the first.
        block_on(Client::new().get(other.url("/")).send()).unwrap();
    }
}

#[test]
fn closing_ends_idle_connections_and_requests_that_wait() {
    let server = sometimes_stuck();
    let client = of(2);
    assert_eq!(block_on(text(&client, server.url("/"))).unwrap(), "y");
    let mut held = block_on(client.get(server.url("/stuck")).send()).unwrap();
    let other = block_on(client.get(server.url("/stuck")).send()).unwrap();
    let mut waiting = Stepped::new(client.get(server.url("/")).send());
    assert!(waiting.poll().is_pending());
    block_on(client.close());
    assert!(waiting.is_woken());
    assert!(finish(waiting).unwrap_err().is_closed());
    // What is being read goes on.
    assert_eq!(block_on(held.chunk()).unwrap().unwrap(), "x");
    drop((held, other));
    server.wait_for(|seen| seen.open == 0);
}

#[test]
fn dropping_the_client_closes_its_idle_connections() {
    let server = Server::http(says("hello"));
    let client = Client::new();
    assert_eq!(block_on(text(&client, server.url("/"))).unwrap(), "hello");
    drop(client);
    server.wait_for(|seen| seen.open == 0);
}

#[test]
fn a_response_outlives_its_client() {
    let server = Server::http(says("hello"));
    let response = block_on(Client::new().get(server.url("/")).send()).unwrap();
    assert_eq!(block_on(response.text()).unwrap(), "hello");
    server.wait_for(|seen| seen.open == 0);
}
