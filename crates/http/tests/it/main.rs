//! The behaviours of motet-http: without a network through a mock, and against a real hyper server on loopback.

mod body;
mod client;
mod redirects;
mod server;

mod abandoned;
mod agnostic;
mod cancel;
mod desync;
mod eviction;
mod faults;
mod hostile;
mod http2;
mod mute;
mod pool;
mod refused;
mod timeouts;
mod tls;
mod unread;
mod uploads;
mod wire;
