//! A server that is the same for every rival: hyper on tokio, on a thread of its own.

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::mpsc;
use std::thread;
use tokio::net::TcpListener;

/// Every answer: 250 bytes of JSON.
const BODY_BYTES: usize = 250;

/// Starts the server on a free port of loopback; it runs until the process ends.
///
/// # Errors
///
/// If no port or no thread can be had.
pub fn start() -> io::Result<SocketAddr> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::Builder::new().name("loopback".into()).spawn(move || {
        runtime.block_on(async {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
            let address =
                listener.as_ref().map_err(|error| error.kind()).and_then(|l| l.local_addr().map_err(|e| e.kind()));
            let _asker_is_there = sender.send(address);
            if let Ok(listener) = listener {
                serve(listener).await;
            }
        });
    })?;
    let address = receiver.recv().map_err(io::Error::other)?;
    address.map_err(io::Error::from)
}

async fn serve(listener: TcpListener) {
    let body = Bytes::from(format!(r#"{{"padding":"{}"}}"#, "x".repeat(BODY_BYTES - 14)));
    while let Ok((stream, _peer)) = listener.accept().await {
        let body = body.clone();
        let answer = service_fn(move |_request: Request<Incoming>| {
            let response = Response::builder().header("content-type", "application/json").body(Full::new(body.clone()));
            async move { Ok::<_, Infallible>(response.expect("the headers are constants")) }
        });
        let _no_delay = stream.set_nodelay(true);
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
    }
}
