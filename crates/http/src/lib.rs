//! An HTTP client for any executor: strict limits, per-phase timeouts, verified TLS.
//!
//! The counterpart of Python's httpx: a [`Client`] keeps connections, its methods begin requests, awaiting a request gives a
//! [`Response`]. The protocols are hyper's, TLS is rustls', sockets and timers are Motet's, so that it runs under Motet, tokio,
//! smol and a bare `block_on` alike, and no runtime is in its dependencies.
//!
//! | type | when |
//! | --- | --- |
//! | [`Client`] | always: one for the program, cloned where it is needed |
//! | [`ClientBuilder`] | for a base address, limits, timeouts, headers, certificates |
//! | [`RequestBuilder`] | a request until it is awaited: query, headers, JSON, body |
//! | [`Response`] | status and headers at once; the body whole, by the chunk, or as a stream |
//! | [`Body`] | to send bytes or a stream |
//! | [`Limits`], [`Timeouts`], [`Redirects`] | how much, how long, how far |
//! | [`Transport`], [`MockTransport`] | in place of the network: in tests, mostly |
//! | [`Error`] | one type, asked by `is_timeout()`, `is_connect()` and the like |
//!
//! An HTTP/1.1 connection is polled by the request that uses it, without a task; an HTTP/2 connection, which requests share,
//! runs on the [spawner](ClientBuilder::spawner) of the builder, else on the [ambient](set_ambient_spawner) executor, else on a
//! thread of the client's own; and there it goes on if that executor ends while the connection is in use, or kept.
//!
//! *Fairness*: requests that wait for a connection get one in the order in which they asked. *Cancel safety*: dropping a
//! request or its response at any point frees its connection at once: HTTP/1.1 closes it, HTTP/2 resets its stream.
//! *Allocation*: a request allocates its future, its headers and its response's body; waiting for a connection allocates
//! nothing.
//!
//! What other clients have and this one has not: proxies (the environment's `HTTP_PROXY` and its kin are not read either), a
//! store of cookies, multipart forms, compressions other than gzip, client certificates, upgrades (WebSockets), HTTP/3. A
//! [`Transport`] of your own is the place for the first two.
//!
//! ```
//! use http::Response;
//! use motet_http::{Body, Client, MockTransport};
//!
//! # futures::executor::block_on(async {
//! // Without `transport` this is the network.
//! let mock = MockTransport::new(|_| async { Ok(Response::new(Body::from(r#"["cantus", "altus"]"#))) });
//! let client = Client::builder().transport(mock).build()?;
//!
//! let response = client.get("https://example.com/voices").query(&[("limit", 2)]).await?;
//! response.raise_for_status()?;
//! let voices: Vec<String> = response.json().await?;
//! assert_eq!(voices, ["cantus", "altus"]);
//! # Ok::<(), motet_http::Error>(()) }).unwrap();
//! ```
#![forbid(unsafe_code)]

mod body;
mod client;
mod clock;
mod config;
mod contain;
mod error;
mod pool;
mod redirect;
mod request;
mod response;
mod spawn;
mod tls;
mod transport;

pub use body::Body;
pub use client::{Client, ClientBuilder};
pub use config::{Limits, Timeouts};
pub use error::{Error, Phase};
pub use redirect::Redirects;
pub use request::{RequestBuilder, Sending};
pub use response::{Chunks, Response};
pub use spawn::set_ambient_spawner;
pub use tls::Certificate;
pub use transport::{MockTransport, Transport};

pub use bytes::Bytes;
pub use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, StatusCode, Version, header};
pub use url::Url;
