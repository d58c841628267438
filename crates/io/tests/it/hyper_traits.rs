//! hyper's I/O traits: a client and a server of hyper's on our streams.

use crate::scene::{block_on, pair};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use hyper::{Request, Response, body::Incoming};
use std::convert::Infallible;

async fn reverse(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut body = request.into_body().collect().await.expect("the request arrives").to_bytes().to_vec();
    body.reverse();
    Ok(Response::new(Full::from(body)))
}

#[test]
fn requests_and_responses_pass() {
    let (client, server) = pair();
    block_on(async {
        let serve = hyper::server::conn::http1::Builder::new().serve_connection(server, service_fn(reverse));
        let ask = async {
            let (mut sender, connection) = hyper::client::conn::http1::handshake(client).await.unwrap();
            let ask = async move {
                for size in [0, 1, 100_000, 1 << 20] {
                    let sent: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
                    let request =
                        Request::post("/").header("host", "test").body(Full::<Bytes>::from(sent.clone())).unwrap();
                    let response = sender.send_request(request).await.unwrap();
                    let mut received = response.into_body().collect().await.unwrap().to_bytes().to_vec();
                    received.reverse();
                    assert!(received == sent);
                }
            };
            futures::join!(ask, connection).1.unwrap();
        };
        futures::join!(serve, ask).0.unwrap();
    });
}

#[test]
fn vectored_writes_are_forwarded() {
    let (client, _server) = pair();
    assert!(hyper::rt::Write::is_write_vectored(&client));
    let (_reader, writer) = client.into_split();
    assert!(hyper::rt::Write::is_write_vectored(&writer));
}
