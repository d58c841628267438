//! When an operation is tried. (What short counts spare, the source's own tests count.)

use crate::scene::{block_on, finish, pair, stall};
use motet_test::Stepped;
use std::io::ErrorKind;
use std::task::Poll;

#[test]
fn an_operation_is_tried_before_it_waits() {
    let (client, server) = pair();
    client.try_write(b"x").unwrap();
    let mut buf = [0; 8];
    // On loopback the byte is there when `write` returns. No event was needed.
    assert!(matches!(Stepped::new(server.read(&mut buf)).poll(), Poll::Ready(Ok(1))));
}

#[test]
fn what_comes_after_a_short_read_is_not_missed() {
    let (client, server) = pair();
    client.try_write(b"x").unwrap();
    assert_eq!(block_on(server.read(&mut [0; 8])).unwrap(), 1);
    assert_eq!(server.try_read(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
    let mut buf = [0; 8];
    let mut read = Stepped::new(server.read(&mut buf));
    stall(&mut read);
    client.try_write(b"y").unwrap();
    assert_eq!(finish(read).unwrap(), 1);
}

#[test]
fn a_full_read_is_followed_by_another() {
    let (client, server) = pair();
    client.try_write(b"abcd").unwrap();
    let mut buf = [0; 2];
    for expected in [b"ab", b"cd"] {
        assert!(matches!(Stepped::new(server.read(&mut buf)).poll(), Poll::Ready(Ok(2))));
        assert_eq!(&buf, expected);
    }
}

#[cfg(unix)]
#[test]
fn an_operation_that_would_block_is_tried_once_an_event() {
    use motet_io::Async;
    use std::cell::Cell;
    use std::io::{Read, Write};

    let (sender, receiver) = mio::unix::pipe::new().unwrap();
    let (sender, receiver) = (Async::new(sender).unwrap(), Async::new(receiver).unwrap());
    let tries = Cell::new(0);
    let read = || {
        receiver.read_with(|mut pipe| {
            tries.set(tries.get() + 1);
            pipe.read(&mut [0; 8])
        })
    };
    let mut waits = Stepped::new(read());
    stall(&mut waits);
    for _ in 0..5 {
        stall(&mut waits);
    }
    assert_eq!(tries.get(), 1, "it is known that there is nothing");
    assert_eq!(sender.try_write_with(|mut pipe| pipe.write(b"x")).unwrap(), 1);
    assert_eq!(finish(waits).unwrap(), 1);
    assert_eq!(tries.get(), 2);
}
