//! What a future that is dropped leaves behind: nothing.

use crate::scene::{block_on, listener, pair, stall, until};
use futures::{AsyncRead, AsyncReadExt};
use motet_io::TcpStream;
use motet_test::{
    Stepped, WakeCount, drop_at_every_await_between, waker_that_panics_when_dropped, waker_that_panics_when_woken,
};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

#[test]
fn a_dropped_read_has_read_nothing() {
    let report = drop_at_every_await_between(|| {
        let (client, server) = pair();
        let server = std::sync::Arc::new(server);
        let read = {
            let server = server.clone();
            async move {
                let mut buf = [0; 2];
                let count = server.read(&mut buf).await.unwrap();
                buf[..count].to_vec()
            }
        };
        let step = {
            let server = server.clone();
            move |polls: usize| {
                if polls == 1 {
                    // Queued behind the read, and so woken after it.
                    let mut last = Stepped::new(async { server.peek(&mut [0; 8]).await });
                    stall(&mut last);
                    client.try_write(b"abc").unwrap();
                    until(|| last.is_woken());
                } else {
                    drop(client.shutdown(std::net::Shutdown::Write));
                }
            }
        };
        let check = move |end: motet_test::End<Vec<u8>>| {
            let mut all = match end {
                motet_test::End::Completed(bytes) => bytes,
                motet_test::End::Dropped { polls: 0 } => return,
                motet_test::End::Dropped { .. } => Vec::new(),
            };
            let mut buf = [0; 8];
            while all.len() < 3 {
                let count = block_on(server.read(&mut buf)).unwrap();
                assert_ne!(count, 0, "bytes are missing: {all:?}");
                all.extend_from_slice(&buf[..count]);
            }
            assert_eq!(all, b"abc");
        };
        (read, step, check)
    });
    assert!(report.completed);
    assert!(report.drops >= 2);
}

#[test]
fn a_dropped_accept_leaves_the_connection_in_the_queue() {
    let (listener, addr) = listener();
    let mut accept = Stepped::new(listener.accept());
    stall(&mut accept);
    let client = block_on(TcpStream::connect(addr)).unwrap();
    drop(accept);
    let (_, peer) = block_on(listener.accept()).unwrap();
    assert_eq!(peer, client.local_addr().unwrap());
}

#[test]
fn a_dropped_task_is_woken_no_more_and_frees_its_place() {
    let (client, server) = pair();
    let wakes = WakeCount::new();
    {
        let mut buf = [0; 8];
        let mut read = Box::pin(server.read(&mut buf));
        assert!(wakes.poll(read.as_mut()).is_pending());
        assert_eq!(wakes.wakers_alive(1), 1);
    }
    assert_eq!(wakes.wakers_alive(1), 0, "the place in the list is free");
    let mut other = Stepped::new(async { server.peek(&mut [0; 8]).await });
    stall(&mut other);
    client.try_write(b"x").unwrap();
    until(|| other.is_woken());
    assert_eq!(wakes.count(), 0);
}

#[test]
fn others_keep_their_places_when_one_leaves() {
    let (client, server) = pair();
    let wait = || async { server.peek(&mut [0; 8]).await };
    let (mut first, mut second, mut third) = (Stepped::new(wait()), Stepped::new(wait()), Stepped::new(wait()));
    [&mut first, &mut second, &mut third].into_iter().for_each(stall);
    drop(second);
    let mut fourth = Stepped::new(wait());
    stall(&mut fourth);
    drop(first);
    client.try_write(b"x").unwrap();
    until(|| third.is_woken() && fourth.is_woken());
}

#[test]
fn a_socket_that_is_gone_wakes_whoever_polled_it() {
    let (client, server) = pair();
    let wakes = WakeCount::new();
    {
        let mut server = &server;
        let mut buf = [0; 8];
        let read = std::pin::pin!(AsyncReadExt::read(&mut server, &mut buf));
        assert!(wakes.poll(read).is_pending());
    }
    drop(server);
    assert_eq!(wakes.count(), 1);
    drop(client);
}

#[cfg(unix)]
#[test]
fn a_source_taken_out_of_the_reactor_wakes_whoever_polled_it() {
    use motet_io::Async;
    use std::io::Read;
    use std::task::Context;

    let (sender, receiver) = mio::unix::pipe::new().unwrap();
    let receiver = Async::new(receiver).unwrap();
    let wakes = WakeCount::new();
    let waker = wakes.waker();
    let mut cx = Context::from_waker(&waker);
    assert!(receiver.poll_read_with(&mut cx, |mut pipe| pipe.read(&mut [0])).is_pending());
    drop(receiver.into_inner());
    assert_eq!(wakes.count(), 1);
    drop(sender);
}

#[test]
fn a_dropped_connect_closes_its_attempt() {
    let (listener, addr) = listener();
    drop(Stepped::new(TcpStream::connect(addr)).poll());
    let (server, _) = block_on(listener.accept()).unwrap();
    match block_on(server.read(&mut [0; 8])) {
        Ok(count) => assert_eq!(count, 0),
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
    }
}

#[test]
fn a_dropped_write_has_written_nothing() {
    let (client, server) = pair();
    let (filler, late) = (vec![1; 1 << 16], vec![2; 1 << 16]);
    let mut written = 0;
    while let Ok(count) = client.try_write(&filler) {
        written += count;
    }
    let mut write = Stepped::new(client.write(&late));
    stall(&mut write);
    drop(write);
    client.shutdown(std::net::Shutdown::Write).unwrap();
    let mut received = Vec::new();
    let mut server = server;
    block_on(server.read_to_end(&mut received)).unwrap();
    assert_eq!(received.len(), written);
    assert!(received.iter().all(|&byte| byte == 1));
}

/// Polls with a waker whose last clone is kept by what was polled.
fn poll_with<F: Future>(waker: Waker, future: Pin<&mut F>) -> Poll<F::Output> {
    let polled = future.poll(&mut Context::from_waker(&waker));
    drop(waker);
    polled
}

#[test]
fn a_waker_that_panics_unwinds_into_no_poll_and_no_drop() {
    let (_client, mut server) = pair();
    let mut buf = [0; 8];
    let mut read = Box::pin(server.read(&mut buf));
    for waker in [waker_that_panics_when_dropped(), waker_that_panics_when_dropped()] {
        assert!(poll_with(waker, read.as_mut()).is_pending(), "the second displaces the first");
    }
    drop(read);
    for waker in [waker_that_panics_when_dropped(), waker_that_panics_when_woken()] {
        let poll = poll_fn(|cx| AsyncRead::poll_read(Pin::new(&mut server), cx, &mut buf));
        assert!(poll_with(waker, pin!(poll)).is_pending());
    }
    // Whoever is still there is woken, for nothing will happen to it again.
    drop(server);
}
