//! What the examples share: an embedded HTTP server on loopback, so that every program runs without set-up and without a network.
#![forbid(unsafe_code)]

mod routes;
mod server;

pub use routes::{HUGE_BODY_BYTES, JSON_BODY_BYTES, Request, Response, USER_LATENCY};
pub use server::Server;
