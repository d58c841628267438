//! What many tests begin with, and end with.

use motet_io::{TcpListener, TcpStream};
use motet_test::Stepped;
use std::future::Future;
use std::net::SocketAddr;

pub(crate) use futures::executor::block_on;

/// A listener on a port that the system chose.
pub(crate) fn listener() -> (TcpListener, SocketAddr) {
    let listener = block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let addr = listener.local_addr().unwrap();
    (listener, addr)
}

/// The two ends of a connection.
pub(crate) fn pair() -> (TcpStream, TcpStream) {
    let (listener, addr) = listener();
    let (connected, accepted) = block_on(async { futures::join!(TcpStream::connect(addr), listener.accept()) });
    (connected.unwrap(), accepted.unwrap().0)
}

/// Polls once; it has to be pending.
pub(crate) fn stall<F: Future>(future: &mut Stepped<F>) {
    assert!(future.poll().is_pending(), "there is nothing yet that it could have got");
}

/// Polls each time that a wake came, until it is ready. The helper thread wakes it.
pub(crate) fn finish<F: Future>(mut future: Stepped<F>) -> F::Output {
    block_on(std::future::poll_fn(|cx| future.as_mut().poll(cx)))
}

/// Waits for what another thread is about to do: the reactor wakes a moment after the bytes can be seen.
pub(crate) fn until(mut done: impl FnMut() -> bool) {
    while !done() {
        std::thread::yield_now();
    }
}
