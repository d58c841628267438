//! HTTP/2: one connection a host, its streams bounded, its end noticed.

use crate::server::{Connections, RUNTIME, Server, Tasks, ok, says, status, stuck_after};
use futures::FutureExt;
use futures::executor::block_on;
use futures::future::{join_all, select};
use futures::task::{FutureObj, Spawn, SpawnError};
use http_body_util::BodyExt;
use hyper::{Request, body::Incoming};
use motet_http::{Body, Client, ClientBuilder, Error, Limits, Timeouts, Version};
use motet_test::Stepped;
use motet_timer::Timers;
use std::cell::RefCell;
use std::future::poll_fn;
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::{Barrier, Notify};

fn trusting(server: &Server) -> ClientBuilder {
    Client::builder().add_root_certificate(server.certificate.clone().expect("a TLS server"))
}

#[test]
fn requests_at_once_share_one_connection() {
    // Nobody is answered before all have asked: without multiplexing this never ends.
    let all_here = Arc::new(Barrier::new(20));
    let server = Server::https(move |_| {
        let all_here = all_here.clone();
        async move {
            all_here.wait().await;
            ok("together")
        }
    });
    let client = trusting(&server).build().unwrap();
    let asking = (0..20).map(|_| async { client.get(server.url("/")).await?.text().await });
    for text in block_on(join_all(asking)) {
        assert_eq!(text.unwrap(), "together");
    }
    assert_eq!(server.connections().accepted, 1);
}

#[test]
fn a_shared_connection_is_one_connection_of_the_limit() {
    let all_here = Arc::new(Barrier::new(5));
    let server = Server::https(move |_| {
        let all_here = all_here.clone();
        async move {
            all_here.wait().await;
            ok("together")
        }
    });
    let client = trusting(&server).limits(Limits { max_connections: 1, ..Limits::default() }).build().unwrap();
    let asking = (0..5).map(|_| async { client.get(server.url("/")).await?.text().await });
    assert!(block_on(join_all(asking)).into_iter().all(|text| text.is_ok()));
}

#[test]
fn streams_are_bounded_and_the_next_request_waits_for_one() {
    let server = Server::https(|request: Request<Incoming>| async move {
        if request.uri().path() == "/stuck" { stuck_after("x") } else { ok("y") }
    });
    let client = trusting(&server).max_streams(2).build().unwrap();
    let first = block_on(client.get(server.url("/stuck")).send()).unwrap();
    let second = block_on(client.get(server.url("/stuck")).send()).unwrap();
    let pool = Timeouts { pool: Some(Duration::from_millis(20)), ..Timeouts::default() };
    let error = block_on(client.get(server.url("/")).timeouts(pool).send()).unwrap_err();
    assert!(error.is_pool_timeout(), "{error}");
    drop(first);
    assert_eq!(block_on(async { client.get(server.url("/")).await?.text().await }).unwrap(), "y");
    drop(second);
    assert_eq!(server.connections().accepted, 1);
}

#[test]
fn a_cancelled_request_resets_its_stream_and_keeps_the_connection() {
    /// Tells when the server gives up on a request.
    struct Gone(mpsc::Sender<()>);
    impl Drop for Gone {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }
    let arrived = Arc::new(Notify::new());
    let (tell, gone) = mpsc::channel();
    let here = arrived.clone();
    let server = Server::https(move |request: Request<Incoming>| {
        let (here, gone) = (here.clone(), Gone(tell.clone()));
        async move {
            if request.uri().path() == "/" {
                return ok("hello");
            }
            here.notify_one();
            let () = std::future::pending().await;
            drop(gone);
            status(500)
        }
    });
    let client = trusting(&server).build().unwrap();
    let request = client.get(server.url("/never")).send();
    let arrival = arrived.notified();
    futures::pin_mut!(arrival);
    drop(block_on(select(request, arrival)));
    gone.recv().expect("the stream was reset");
    assert_eq!(block_on(async { client.get(server.url("/")).await?.text().await }).unwrap(), "hello");
    assert_eq!(server.connections().accepted, 1);
}

#[test]
fn a_body_dropped_early_resets_its_stream_and_keeps_the_connection() {
    let server = Server::https(|_| async { stuck_after("first") });
    let client = trusting(&server).max_streams(1).build().unwrap();
    for _ in 0..3 {
        let mut response = block_on(client.get(server.url("/")).send()).unwrap();
        assert_eq!(block_on(response.chunk()).unwrap().unwrap(), "first");
    }
    assert_eq!(server.connections().accepted, 1);
}

#[test]
fn a_new_connection_replaces_one_that_died() {
    let server = Server::https(says("hello"));
    let client = trusting(&server).build().unwrap();
    for round in 1..4 {
        assert_eq!(block_on(async { client.get(server.url("/")).await?.text().await }).unwrap(), "hello");
        assert_eq!(server.connections().accepted, round);
        server.kill_connections();
    }
}

#[test]
fn a_connection_whose_server_fell_silent_is_found_by_ping() {
    let (timers, clock) = Timers::virtual_time();
    let _entered = timers.enter();
    let server = Server::https(says("hello"));
    let tasks = Tasks::default();
    let client = trusting(&server).spawner(tasks.clone()).timeouts(Timeouts::none()).build().unwrap();
    let (froze, frozen) = mpsc::channel();
    let both = async {
        client.get(server.url("/")).await?.text().await?;
        server.freeze();
        froze.send(()).unwrap();
        client.get(server.url("/")).await?.text().await
    };
    let mut both = Box::pin(tasks.beside(both));
    block_on(poll_fn(|cx| {
        assert!(both.as_mut().poll(cx).is_pending());
        frozen.try_recv().map_or(Poll::Pending, |()| Poll::Ready(()))
    }));
    let mut seconds = 0;
    let error = loop {
        if let Some(result) = both.as_mut().now_or_never() {
            break result.unwrap_err();
        }
        clock.advance(Duration::from_secs(1));
        seconds += 1;
        assert!(seconds < 60, "nobody asks whether the server lives");
    };
    assert!(error.is_exchange() && !error.is_timeout() && seconds >= 10, "{error} after {seconds} s");
}

#[test]
fn a_server_that_is_gone_is_an_error() {
    let mut server = Server::https(says("hello"));
    let client = trusting(&server).build().unwrap();
    block_on(client.get(server.url("/")).send()).unwrap();
    server.stop();
    let error = block_on(client.get(server.url("/")).send()).unwrap_err();
    assert!(error.is_connect() || error.is_exchange(), "{error}");
}

#[test]
fn the_upload_and_the_trailing_response_share_a_stream() {
    let server = Server::https(|request: Request<Incoming>| async move {
        assert_eq!(request.version(), Version::HTTP_2);
        ok(request.into_body().collect().await.unwrap().to_bytes())
    });
    let client = trusting(&server).build().unwrap();
    let large = vec![b'n'; 1_000_000];
    let body = block_on(async { client.post(server.url("/")).body(large.clone()).await?.bytes().await }).unwrap();
    assert!(body == large);
    let pieces = futures::stream::iter(["so ", "it ", "goes"].map(Ok::<_, Error>));
    let text = async { client.post(server.url("/")).body(Body::from_stream(pieces)).await?.text().await };
    assert_eq!(block_on(text).unwrap(), "so it goes");
}

#[test]
fn the_connection_runs_on_the_spawner_it_was_given() {
    #[derive(Clone)]
    struct Counting(mpsc::Sender<()>);
    impl Spawn for Counting {
        fn spawn_obj(&self, task: FutureObj<'static, ()>) -> Result<(), SpawnError> {
            self.0.send(()).map_err(|_| SpawnError::shutdown())?;
            RUNTIME.spawn(task);
            Ok(())
        }
    }
    let (tell, spawned) = mpsc::channel();
    let server = Server::https(says("hello"));
    let client = trusting(&server).spawner(Counting(tell)).build().unwrap();
    assert_eq!(block_on(async { client.get(server.url("/")).await?.text().await }).unwrap(), "hello");
    assert!(spawned.try_iter().count() >= 1);
}

#[test]
fn the_connection_runs_on_the_ambient_executor_where_there_is_one() {
    thread_local! {
        static HERE: RefCell<Option<Tasks>> = const { RefCell::new(None) };
    }
    // Every other thread has none.
    motet_http::set_ambient_spawner(|| HERE.with_borrow(|here| Some(Box::new(here.clone()?) as Box<dyn Spawn + Send>)));
    let tasks = Tasks::default();
    HERE.set(Some(tasks.clone()));
    let server = Server::https(says("hello"));
    let client = trusting(&server).build().unwrap();
    let mut alone = Box::pin(client.get(server.url("/")).send());
    block_on(poll_fn(|cx| {
        assert!(alone.as_mut().poll(cx).is_pending(), "nobody runs the connection's tasks");
        if tasks.is_empty() { Poll::Pending } else { Poll::Ready(()) }
    }));
    assert_eq!(block_on(tasks.beside(alone)).unwrap().status(), 200);
}

#[test]
fn a_spawner_that_shuts_down_after_it_was_asked_fails_no_request() {
    struct Shut;
    impl Spawn for Shut {
        fn spawn_obj(&self, _: FutureObj<'static, ()>) -> Result<(), SpawnError> {
            Err(SpawnError::shutdown())
        }
    }
    let server = Server::https(says("hello"));
    let client = trusting(&server).spawner(Shut).build().unwrap();
    assert_eq!(block_on(async { client.get(server.url("/")).await?.text().await }).unwrap(), "hello");
}

#[test]
fn a_request_outlives_the_executor_of_its_connection() {
    let (arrived, answer) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (here, go_on) = (arrived.clone(), answer.clone());
    let server = Server::https(move |request: Request<Incoming>| {
        let (here, go_on) = (here.clone(), go_on.clone());
        async move {
            let upload = request.into_body().collect().await.unwrap().to_bytes();
            here.notify_one();
            go_on.notified().await;
            ok(upload)
        }
    });
    let tasks = Tasks::default();
    let client = trusting(&server).spawner(tasks.clone()).build().unwrap();
    // Nobody may send this twice.
    let mut request = client.post(server.url("/")).body("once").send();
    {
        let arrival = std::pin::pin!(arrived.notified());
        block_on(tasks.beside(select(&mut request, arrival)));
    }
    // Its tasks are dropped by now.
    answer.notify_one();
    assert_eq!(block_on(async { request.await?.text().await }).unwrap(), "once");
    drop(client);
    server.wait_for(|seen| seen.accepted == 1 && seen.open == 0);
}

#[test]
fn the_head_of_a_response_is_bounded() {
    let server = Server::https(|_| async {
        let long = "a".repeat(100_000);
        hyper::Response::builder().header("x-long", long).body(crate::server::full("")).unwrap()
    });
    let error = block_on(trusting(&server).build().unwrap().get(server.url("/")).send()).unwrap_err();
    assert!(error.is_exchange(), "{error}");
}

#[test]
fn closing_the_client_says_goodbye_to_the_server() {
    let server = Server::https(says("hello"));
    let client = trusting(&server).build().unwrap();
    assert_eq!(block_on(async { client.get(server.url("/")).await?.text().await }).unwrap(), "hello");
    block_on(client.close());
    let Connections { accepted, open, .. } = server.wait_for(|seen| seen.open == 0);
    assert_eq!((accepted, open), (1, 0));
}

#[test]
fn dropping_the_client_ends_its_connection_too() {
    let server = Server::https(says("hello"));
    let client = trusting(&server).build().unwrap();
    assert_eq!(block_on(async { client.get(server.url("/")).await?.text().await }).unwrap(), "hello");
    drop(client);
    server.wait_for(|seen| seen.open == 0);
}

#[test]
fn an_idle_shared_connection_leaves_for_another_host() {
    let one = Server::https(says("one"));
    let two = Server::https(says("two"));
    let client = trusting(&one)
        .add_root_certificate(two.certificate.clone().unwrap())
        .limits(Limits { max_connections: 1, ..Limits::default() })
        .build()
        .unwrap();
    for (server, says) in [(&one, "one"), (&two, "two"), (&one, "one")] {
        assert_eq!(block_on(async { client.get(server.url("/")).await?.text().await }).unwrap(), says);
    }
    assert_eq!((one.connections().accepted, two.connections().accepted), (2, 1));
}

#[test]
fn requests_wait_at_the_gate_while_the_first_finds_out() {
    let server = Server::https(says("hello"));
    let client = trusting(&server).build().unwrap();
    let mut asking: Vec<_> = (0..5).map(|_| Stepped::new(client.get(server.url("/")).send())).collect();
    for request in &mut asking {
        assert!(request.poll().is_pending());
    }
    // The one at the head is given up: the next takes its place.
    asking.remove(0);
    let rest =
        asking.into_iter().map(|mut request| async move { std::future::poll_fn(|cx| request.as_mut().poll(cx)).await });
    assert!(block_on(join_all(rest)).into_iter().all(|response| response.is_ok()));
    assert!(server.connections().accepted <= 2);
}

#[test]
fn a_server_that_allows_fewer_streams_is_not_given_more() {
    let server = Server::tls(&["h2"], 1, |request: Request<Incoming>| async move {
        if request.uri().path() == "/stuck" { stuck_after("x") } else { ok("y") }
    });
    let client = trusting(&server).build().unwrap();
    let first = block_on(client.get(server.url("/stuck")).send()).unwrap();
    let pool = Timeouts { pool: Some(Duration::from_millis(20)), ..Timeouts::default() };
    let error = block_on(client.get(server.url("/")).timeouts(pool).send()).unwrap_err();
    assert!(error.is_pool_timeout(), "{error}");
    drop(first);
    assert_eq!(block_on(async { client.get(server.url("/")).await?.text().await }).unwrap(), "y");
    assert_eq!(server.connections().accepted, 1);
}

#[test]
fn a_host_of_the_callers_own_is_the_authority() {
    let server = Server::https(|request: Request<Incoming>| async move {
        assert!(!request.headers().contains_key("host"));
        ok(request.uri().authority().unwrap().to_string())
    });
    let client = trusting(&server).build().unwrap();
    let named = async { client.get(server.url("/a?b")).header("host", "motet.example:8443").await?.text().await };
    assert_eq!(block_on(named).unwrap(), "motet.example:8443");
    let error = block_on(client.get(server.url("/")).header("host", "no host").send()).unwrap_err();
    assert!(error.is_builder(), "{error}");
}
