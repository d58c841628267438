//! What a peer that is gone looks like.

use crate::scene::{block_on, finish, listener, pair, stall};
use motet_io::{TcpListener, TcpStream};
use motet_test::Stepped;
use socket2::SockRef;
use std::io::ErrorKind;
use std::time::Duration;

#[test]
fn a_refused_connection_is_an_error_of_that_kind() {
    let (listener, addr) = listener();
    drop(listener);
    assert_eq!(block_on(TcpStream::connect(addr)).unwrap_err().kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn a_reset_wakes_the_reader_with_an_error_of_that_kind() {
    let (client, server) = pair();
    let mut buf = [0; 8];
    let mut read = Stepped::new(server.read(&mut buf));
    stall(&mut read);
    // With no time to linger, to close is to reset.
    SockRef::from(&client).set_linger(Some(Duration::ZERO)).unwrap();
    drop(client);
    assert_eq!(finish(read).unwrap_err().kind(), ErrorKind::ConnectionReset);
    assert_eq!(block_on(server.read(&mut [0; 8])).unwrap(), 0, "an error is told once");
}

#[test]
fn a_writer_to_a_dead_peer_gets_an_error() {
    let (client, server) = pair();
    SockRef::from(&client).set_linger(Some(Duration::ZERO)).unwrap();
    drop(client);
    let error = block_on(async {
        loop {
            if let Err(error) = server.write(&[0; 1 << 16]).await {
                return error;
            }
        }
    });
    assert!(matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset), "{error}");
}

#[test]
fn a_writer_that_waits_for_room_learns_that_the_peer_is_gone() {
    let (client, server) = pair();
    let chunk = vec![0; 1 << 16];
    while server.try_write(&chunk).is_ok() {}
    let mut write = Stepped::new(server.write(&chunk));
    stall(&mut write);
    drop(client);
    let error = finish(write).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset), "{error}");
}

#[test]
fn an_address_in_use_is_an_error_of_that_kind() {
    let (_listener, addr) = listener();
    assert_eq!(block_on(TcpListener::bind(addr)).unwrap_err().kind(), ErrorKind::AddrInUse);
}

#[test]
fn bad_addresses_say_what_is_wrong() {
    for (bad, hint) in
        [("localhost", "host:port"), ("localhost:http", "0 to 65535"), (":80", "empty"), ("a/b:80", "neither")]
    {
        let error = block_on(TcpStream::connect(bad)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.to_string().contains(hint), "{error}");
    }
}
