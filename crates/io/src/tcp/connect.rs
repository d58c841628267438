//! Connecting to whichever of several addresses answers first: Happy Eyeballs, version 2 (RFC 8305).
//!
//! ```text
//!   addresses, families in turn:  v6  v4  v6  v4
//!                                  │   │
//!   start ─ attempt 1 ─────────────┘   │        the next one starts when the stagger is over,
//!           └─ stagger, or a failure ──┘        or as soon as one under way fails
//! ```
//!
//! The first that is connected wins, and the others are closed. The attempts are plain values that one future polls: to drop
//! it is to close them all.

use super::TcpStream;
use crate::Async;
use crate::names::no_address;
use crate::source::Direction;
use crate::stream::whether_it_stands;
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

/// How long an attempt has before the next one starts beside it: what RFC 8305 recommends.
pub(super) const STAGGER: Duration = Duration::from_millis(250);

type Io = Async<mio::net::TcpStream>;

/// Races the addresses, a new one each time that `stagger()` is over or an attempt fails.
pub(super) async fn race<D: Future>(addrs: Vec<SocketAddr>, stagger: impl FnMut() -> D) -> io::Result<TcpStream> {
    let mut race = Race { queue: interlace(addrs), attempts: Vec::new(), stagger, failure: no_address() };
    let mut delay = pin!(None);
    poll_fn(|cx| race.poll(cx, delay.as_mut())).await
}

struct Race<F> {
    queue: VecDeque<SocketAddr>,
    attempts: Vec<Io>,
    stagger: F,
    /// Why the latest attempt failed.
    failure: io::Error,
}

impl<D: Future, F: FnMut() -> D> Race<F> {
    fn poll(&mut self, cx: &mut Context<'_>, mut delay: Pin<&mut Option<D>>) -> Poll<io::Result<TcpStream>> {
        loop {
            let before = self.attempts.len();
            if let Some(winner) = self.winner(cx) {
                return Poll::Ready(Ok(winner));
            }
            let failed = self.attempts.len() < before;
            if self.queue.is_empty() {
                return if self.attempts.is_empty() { Poll::Ready(Err(self.failed())) } else { Poll::Pending };
            }
            let over = delay.as_mut().as_pin_mut().is_none_or(|delay| delay.poll(cx).is_ready());
            if !(failed || over || self.attempts.is_empty()) {
                return Poll::Pending;
            }
            delay.set(None);
            if self.start_next() && !self.queue.is_empty() {
                delay.set(Some((self.stagger)()));
            }
        }
    }

    /// The first attempt that is connected; drops those that failed.
    fn winner(&mut self, cx: &mut Context<'_>) -> Option<TcpStream> {
        let mut index = 0;
        while index < self.attempts.len() {
            match poll_connected(&self.attempts[index], cx) {
                Poll::Pending => index += 1,
                Poll::Ready(Ok(())) => return Some(TcpStream { io: self.attempts.swap_remove(index) }),
                Poll::Ready(Err(error)) => {
                    self.failure = error;
                    self.attempts.remove(index);
                }
            }
        }
        None
    }

    /// Starts the next attempt; false if it failed at once.
    fn start_next(&mut self) -> bool {
        let Some(addr) = self.queue.pop_front() else { return false };
        match mio::net::TcpStream::connect(addr).and_then(Io::new) {
            Ok(attempt) => {
                self.attempts.push(attempt);
                true
            }
            Err(error) => {
                self.failure = error;
                false
            }
        }
    }

    fn failed(&mut self) -> io::Error {
        std::mem::replace(&mut self.failure, no_address())
    }
}

/// Tries first, as every operation does: on a local network the connection may stand already.
fn poll_connected(io: &Io, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
    let stream = io.get_ref();
    io.source().poll_io(Direction::Write, cx, || whether_it_stands(stream.peer_addr(), || stream.take_error()))
}

/// The families in turn, the family of the first address first; the order within a family stays (RFC 8305, section 4).
fn interlace(addrs: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let six_first = addrs.first().is_some_and(SocketAddr::is_ipv6);
    let (first, second): (VecDeque<_>, VecDeque<_>) = addrs.into_iter().partition(|addr| addr.is_ipv6() == six_first);
    let (mut first, mut second) = (first.into_iter(), second.into_iter());
    let mut order = VecDeque::new();
    loop {
        let (a, b) = (first.next(), second.next());
        if a.is_none() && b.is_none() {
            return order;
        }
        order.extend(a.into_iter().chain(b));
    }
}

#[cfg(test)]
mod tests {
    use super::interlace;

    #[test]
    fn families_take_turns_and_keep_their_order() {
        let given = ["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1", "2.2.2.2:1"];
        let order = interlace(given.iter().map(|addr| addr.parse().unwrap()).collect());
        let order: Vec<_> = order.iter().map(ToString::to_string).collect();
        assert_eq!(order, ["[::1]:1", "1.1.1.1:1", "[::2]:1", "2.2.2.2:1", "[::3]:1"]);
    }

    #[test]
    fn the_family_that_the_system_prefers_goes_first() {
        let given = ["1.1.1.1:1", "2.2.2.2:1", "[::1]:1"];
        let order = interlace(given.iter().map(|addr| addr.parse().unwrap()).collect());
        let order: Vec<_> = order.iter().map(ToString::to_string).collect();
        assert_eq!(order, ["1.1.1.1:1", "[::1]:1", "2.2.2.2:1"]);
    }
}
