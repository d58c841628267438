//! Names and addresses.

use crate::scene::block_on;
use motet_io::{LookupError, lookup_host};
use motet_test::Stepped;
use std::net::SocketAddr;
use std::task::Poll;

#[test]
fn addresses_in_numbers_are_answered_without_a_thread() {
    for (literal, addr) in [("127.0.0.1:80", "127.0.0.1:80"), ("[::1]:80", "[::1]:80")] {
        let addrs: Vec<SocketAddr> = vec![addr.parse().unwrap()];
        assert!(matches!(Stepped::new(lookup_host(literal)).poll(), Poll::Ready(Ok(got)) if got == addrs));
    }
    for host in ["::1", "[::1]", "127.0.0.1"] {
        assert!(Stepped::new(lookup_host((host, 80))).poll().is_ready());
    }
}

#[test]
fn localhost_is_loopback() {
    let addrs = block_on(lookup_host("localhost:80")).unwrap();
    assert!(!addrs.is_empty());
    assert!(addrs.iter().all(|addr| addr.ip().is_loopback() && addr.port() == 80));
}

#[test]
fn a_host_that_cannot_be_is_a_lookup_error() {
    // RFC 6761: no name ends in `.invalid`; and this one is too long for a label, so that nobody has to be asked.
    let host = format!("{}.invalid", "x".repeat(70));
    let error = block_on(lookup_host((host.as_str(), 80))).unwrap_err();
    assert!(LookupError::is_inside(&error), "{error:?}");
    assert!(error.to_string().contains(&host));
}

#[test]
fn a_dropped_lookup_leaves_the_others_alone() {
    for _ in 0..100 {
        let mut lookup = Stepped::new(lookup_host("localhost:80"));
        // Under way, as a rule; on a busy machine it may be done.
        drop(lookup.poll());
    }
    assert!(block_on(lookup_host("localhost:80")).is_ok());
}
