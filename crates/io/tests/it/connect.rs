//! Connecting to one of several addresses.

use crate::scene::{block_on, finish, listener, stall};
use futures::FutureExt;
use futures::channel::oneshot;
use motet_io::TcpStream;
use motet_test::Stepped;
use socket2::{Domain, Socket, Type};
use std::future::pending;
use std::io::ErrorKind;
use std::net::SocketAddr;

/// An address where a connection attempt neither succeeds nor fails for a minute: a listener whose queue is full.
struct Hole {
    addr: SocketAddr,
    _listener: Socket,
    _fillers: Vec<Socket>,
}

impl Hole {
    fn new() -> Self {
        let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        listener.listen(0).unwrap();
        let addr = listener.local_addr().unwrap();
        let filler = || {
            let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
            socket.set_nonblocking(true).unwrap();
            // It is under way; whether it gets into the queue is up to the system.
            let _ = socket.connect(&addr);
            socket
        };
        let fillers = (0..4).map(|_| filler()).collect();
        Self { addr: addr.as_socket().unwrap(), _listener: listener, _fillers: fillers }
    }
}

/// An address where nobody listens.
fn refused() -> SocketAddr {
    let (listener, addr) = listener();
    drop(listener);
    addr
}

#[test]
fn the_next_address_is_tried_when_the_stagger_is_over() {
    let (hole, (_listener, good)) = (Hole::new(), listener());
    let (over, mut stagger) = oneshot::channel::<()>();
    let mut asked = 0;
    let mut connect = Stepped::new(TcpStream::connect_with([hole.addr, good], || {
        asked += 1;
        std::mem::replace(&mut stagger, oneshot::channel().1)
    }));
    stall(&mut connect);
    over.send(()).unwrap();
    assert!(connect.is_woken(), "the end of the stagger wakes the race");
    assert_eq!(finish(connect).unwrap().peer_addr().unwrap(), good);
    assert_eq!(asked, 1, "after the last address there is nothing to stagger");
}

#[test]
fn the_next_address_is_tried_at_once_after_a_failure() {
    let (_listener, good) = listener();
    let stream = block_on(TcpStream::connect_with([refused(), refused(), good], pending::<()>)).unwrap();
    assert_eq!(stream.peer_addr().unwrap(), good);
}

#[test]
fn a_late_failure_starts_the_next_attempt_too() {
    // The first hangs, the second is refused after the stagger, the third is good; no second stagger ever ends.
    let (hole, (_listener, good)) = (Hole::new(), listener());
    let mut ends = vec![futures::future::ready(()).boxed_local()];
    let stagger = move || ends.pop().unwrap_or_else(|| pending().boxed_local());
    let stream = block_on(TcpStream::connect_with([hole.addr, refused(), good], stagger)).unwrap();
    assert_eq!(stream.peer_addr().unwrap(), good);
}

#[test]
fn connect_has_a_stagger_of_its_own() {
    let (hole, (_listener, good)) = (Hole::new(), listener());
    let stream = block_on(TcpStream::connect([hole.addr, good])).unwrap();
    assert_eq!(stream.peer_addr().unwrap(), good);
}

#[test]
fn connect_has_a_stagger_of_its_own_in_a_seat() {
    let (hole, (_listener, good)) = (Hole::new(), listener());
    let stream = crate::seat::drive(&mut motet_io::Seat::new(), TcpStream::connect([hole.addr, good])).unwrap();
    assert_eq!(stream.peer_addr().unwrap(), good);
}

#[test]
fn an_attempt_that_wins_late_wins() {
    // Both good: the first is connected at its first poll already.
    let ((_a, first), (_b, second)) = (listener(), listener());
    let stream = block_on(TcpStream::connect([first, second])).unwrap();
    assert_eq!(stream.peer_addr().unwrap(), first);
}

#[test]
fn the_last_failure_is_reported() {
    let error = block_on(TcpStream::connect([refused(), refused()])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
}

#[test]
fn no_address_is_invalid_input() {
    assert_eq!(block_on(TcpStream::connect([])).unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(block_on(TcpStream::connect_with([], pending::<()>)).unwrap_err().kind(), ErrorKind::InvalidInput);
}

#[test]
fn a_dropped_race_closes_every_attempt() {
    let (hole, (late, addr)) = (Hole::new(), listener());
    let staggers = || futures::future::ready(());
    let mut connect = Stepped::new(TcpStream::connect_with([hole.addr, addr], staggers));
    // Both are under way after the first poll; which of them stands is not told before the next.
    let won = connect.poll();
    drop(connect);
    drop(won);
    let (server, _) = block_on(late.accept()).unwrap();
    assert!(!matches!(block_on(server.read(&mut [0; 8])), Ok(1..)), "closed, or reset");
}

#[test]
fn a_name_is_looked_up_and_each_family_tried() {
    let (_listener, addr) = listener();
    let stream = block_on(TcpStream::connect(("localhost", addr.port()))).unwrap();
    assert_eq!(stream.peer_addr().unwrap(), addr);
    let name = format!("localhost:{}", addr.port());
    assert!(block_on(TcpStream::connect(name.as_str())).is_ok());
}
