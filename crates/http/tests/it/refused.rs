//! HTTP/2 requests that the server says it has not looked at: they are sent again, once.

use crate::server::{Server, frames};
use futures::executor::block_on;
use motet_http::{Client, Error, Method};

const INTERNAL_ERROR: u32 = 2;
const REFUSED_STREAM: u32 = 7;

/// A server that says this to the requests of each connection.
fn saying(says: impl Fn(u32) -> Vec<u8> + Copy + Send + Sync + 'static) -> (Server, Client) {
    let server = Server::tls_raw(&["h2"], move |stream| async move {
        // It ends when the client leaves.
        let _ = frames::serve(stream, says).await;
    });
    let client = Client::builder().add_root_certificate(server.certificate.clone().unwrap()).build().unwrap();
    (server, client)
}

/// The outcome of the second request on a connection.
fn second(server: &Server, client: &Client, method: Method) -> Result<u16, Error> {
    assert_eq!(block_on(client.get(server.url("/")).send()).unwrap().status(), 200);
    let response = block_on(client.request(method, server.url("/")).send())?;
    Ok(response.status().as_u16())
}

#[test]
fn a_request_that_crosses_the_servers_goodbye_goes_to_a_new_connection() {
    for method in [Method::GET, Method::POST] {
        let (server, client) = saying(|stream| if stream == 1 { frames::answer(stream) } else { frames::go_away(1) });
        assert_eq!(second(&server, &client, method).unwrap(), 200);
        assert_eq!(server.connections().accepted, 2);
    }
}

#[test]
fn a_stream_that_is_refused_is_tried_again_on_its_connection() {
    for method in [Method::GET, Method::POST] {
        let (server, client) =
            saying(|stream| if stream == 3 { frames::reset(stream, REFUSED_STREAM) } else { frames::answer(stream) });
        assert_eq!(second(&server, &client, method).unwrap(), 200);
        assert_eq!(server.connections().accepted, 1);
    }
}

#[test]
fn a_stream_that_is_refused_twice_is_an_error() {
    let (server, client) =
        saying(|stream| if stream == 1 { frames::answer(stream) } else { frames::reset(stream, REFUSED_STREAM) });
    assert!(second(&server, &client, Method::GET).unwrap_err().is_exchange());
}

#[test]
fn a_stream_that_fails_at_the_server_is_not_tried_again() {
    let (server, client) =
        saying(|stream| if stream == 3 { frames::reset(stream, INTERNAL_ERROR) } else { frames::answer(stream) });
    assert!(second(&server, &client, Method::GET).unwrap_err().is_exchange());
    assert_eq!(server.connections().accepted, 1);
}
