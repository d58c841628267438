//! Names of hosts: what may stand for an address ([`addrs`]), and how names become addresses ([`lookup`]).

mod addrs;
mod lookup;

pub use self::addrs::{Addrs, ToAddrs};
pub use self::lookup::{LookupError, lookup_host};

use std::io;
use std::net::SocketAddr;

/// The first address for which `attempt` succeeds; else the last error.
pub(crate) async fn each_addr<T>(
    addr: impl ToAddrs,
    mut attempt: impl FnMut(SocketAddr) -> io::Result<T>,
) -> io::Result<T> {
    let mut last = no_address();
    for addr in lookup_host(addr).await? {
        match attempt(addr) {
            Ok(done) => return Ok(done),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// There was nothing to try.
pub(crate) fn no_address() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "no address was given")
}
