//! Behaviours of sockets, names and seats. Loopback only.

mod agnostic;
mod cancel;
mod connect;
mod datagrams;
mod errors;
#[cfg(feature = "hyper")]
mod hyper_traits;
mod names;
#[cfg(target_os = "linux")]
mod process;
mod ready;
mod scene;
mod seat;
mod split;
mod tcp;
#[cfg(feature = "tokio")]
mod tokio_traits;
#[cfg(unix)]
mod unix;
