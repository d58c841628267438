//! TLS: verified unless that is switched off, and the protocol that ALPN chose.

use crate::server::{Server, ok, says};
use futures::executor::block_on;
use hyper::{Request, body::Incoming};
use motet_http::{Certificate, Client, ClientBuilder, Version};

fn trusting(server: &Server) -> ClientBuilder {
    Client::builder().add_root_certificate(server.certificate.clone().expect("a TLS server"))
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_rejected() {
    let server = Server::https(says("hello"));
    let other = Server::https(says("hello"));
    for client in [Client::new(), trusting(&other).build().unwrap()] {
        let error = block_on(client.get(server.url("/")).send()).unwrap_err();
        assert!(error.is_tls() && error.is_connect(), "{error}");
    }
}

#[test]
fn a_certificate_that_was_added_is_trusted() {
    let server = Server::https(says("hello"));
    let client = trusting(&server).build().unwrap();
    for url in [server.url("/"), server.named_url("/")] {
        let response = block_on(client.get(url).send()).unwrap();
        assert_eq!(response.version(), Version::HTTP_2);
        assert_eq!(block_on(response.text()).unwrap(), "hello");
    }
}

#[test]
fn a_certificate_for_another_name_is_rejected() {
    let server = Server::https(says("hello"));
    let client = trusting(&server).build().unwrap();
    let url = server.url("/").replace("127.0.0.1", "[::ffff:127.0.0.1]");
    let error = block_on(client.get(url).send()).unwrap_err();
    assert!(error.is_tls(), "{error}");
}

#[test]
fn danger_accepts_any_certificate() {
    let server = Server::https(says("hello"));
    let client = Client::builder().danger_accept_invalid_certs(true).build().unwrap();
    assert_eq!(block_on(async { client.get(server.url("/")).await?.text().await }).unwrap(), "hello");
}

#[test]
fn http_1_is_spoken_where_the_server_or_the_client_wants_it() {
    let old = Server::tls(&["http/1.1"], 1, says("hello"));
    let mute = Server::tls(&[], 1, says("hello"));
    let new = Server::https(says("hello"));
    let clients = [
        (&old, trusting(&old).build().unwrap()),
        (&mute, trusting(&mute).build().unwrap()),
        (&new, trusting(&new).http1_only().build().unwrap()),
    ];
    for (server, client) in clients {
        for _ in 0..3 {
            let response = block_on(client.get(server.url("/")).send()).unwrap();
            assert_eq!(response.version(), Version::HTTP_11);
            assert_eq!(block_on(response.text()).unwrap(), "hello");
        }
        assert_eq!(server.connections().accepted, 1);
    }
}

#[test]
fn a_plain_server_behind_https_is_a_tls_error() {
    let server = Server::http(says("hello"));
    let error = block_on(Client::new().get(server.url("/").replace("http:", "https:")).send()).unwrap_err();
    assert!(error.is_tls(), "{error}");
}

#[test]
fn a_large_body_comes_whole_through_tls() {
    for protocols in [&["h2"][..], &["http/1.1"][..]] {
        let server = Server::tls(protocols, 10, |_: Request<Incoming>| async { ok(vec![7; 2_000_000]) });
        let client = trusting(&server).build().unwrap();
        let body = block_on(async { client.get(server.url("/")).await?.bytes().await }).unwrap();
        assert!(body.len() == 2_000_000 && body.iter().all(|&byte| byte == 7));
    }
}

#[test]
fn a_certificate_that_is_none_is_the_builders_error() {
    let client = Client::builder().add_root_certificate(Certificate::from_der(*b"no certificate")).build();
    assert!(client.unwrap_err().is_builder());
}
