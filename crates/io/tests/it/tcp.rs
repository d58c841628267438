//! Reading, writing and accepting.

use crate::scene::{block_on, finish, listener, pair, stall, until};
use futures::future::join_all;
use futures::{AsyncReadExt, AsyncWriteExt};
use motet_io::{TcpListener, TcpStream};
use motet_test::Stepped;
use std::io::{ErrorKind, IoSlice, IoSliceMut};
use std::net::Shutdown;

#[test]
fn bytes_arrive_in_order_through_full_buffers() {
    const TOTAL: usize = 8 << 20;
    let (mut client, mut server) = pair();
    let pattern = |at: usize| (at % 253) as u8;
    let writer = std::thread::spawn(move || {
        block_on(async {
            let data: Vec<u8> = (0..TOTAL).map(pattern).collect();
            client.write_all(&data).await.unwrap();
            client.close().await.unwrap();
            let mut echoed = Vec::new();
            client.read_to_end(&mut echoed).await.unwrap();
            assert!(echoed == data, "the echo is what was sent");
        });
    });
    block_on(async {
        let mut data = Vec::new();
        server.read_to_end(&mut data).await.unwrap();
        assert_eq!(data.len(), TOTAL);
        server.write_all(&data).await.unwrap();
        server.close().await.unwrap();
    });
    writer.join().unwrap();
}

#[test]
fn the_end_of_a_stream_is_read_again_and_again() {
    let (client, server) = pair();
    client.try_write(b"x").unwrap();
    drop(client);
    block_on(async {
        let mut buf = [0; 8];
        assert_eq!(server.read(&mut buf).await.unwrap(), 1);
        for _ in 0..3 {
            assert_eq!(server.read(&mut buf).await.unwrap(), 0);
        }
    });
}

#[test]
fn an_end_that_comes_together_with_bytes_is_not_forgotten() {
    // The reader learns of both by one event, and reads the bytes by a short read.
    let (client, server) = pair();
    let mut buf = [0; 8];
    let mut read = Stepped::new(server.read(&mut buf));
    stall(&mut read);
    client.try_write(b"x").unwrap();
    drop(client);
    assert_eq!(finish(read).unwrap(), 1);
    assert_eq!(block_on(server.read(&mut buf)).unwrap(), 0);
}

#[test]
fn one_end_can_close_and_still_read() {
    let (mut client, server) = pair();
    block_on(async {
        client.close().await.unwrap();
        assert_eq!(server.read(&mut [0; 8]).await.unwrap(), 0);
        assert_eq!(server.write(b"late").await.unwrap(), 4);
        assert_eq!(client.read(&mut [0; 8]).await.unwrap(), 4);
    });
}

#[test]
fn an_empty_buffer_reads_nothing_and_waits_for_nothing() {
    let (client, server) = pair();
    assert_eq!(block_on(TcpStream::read(&server, &mut [])).unwrap(), 0);
    client.try_write(b"x").unwrap();
    assert_eq!(block_on(server.read(&mut [0; 8])).unwrap(), 1);
}

#[test]
fn peek_leaves_the_bytes() {
    let (client, server) = pair();
    client.try_write(b"abc").unwrap();
    let mut buf = [0; 8];
    block_on(async {
        assert_eq!(server.peek(&mut buf).await.unwrap(), 3);
        assert_eq!(server.peek(&mut buf).await.unwrap(), 3);
        assert_eq!(server.read(&mut buf).await.unwrap(), 3);
        assert_eq!(&buf[..3], b"abc");
    });
}

#[test]
fn vectored_calls_use_every_slice() {
    let (client, server) = pair();
    block_on(async {
        let slices = [IoSlice::new(b"ab"), IoSlice::new(b""), IoSlice::new(b"cde")];
        assert_eq!(client.write_vectored(&slices).await.unwrap(), 5);
        let (mut a, mut b) = ([0; 3], [0; 9]);
        let mut received = 0;
        while received < 5 {
            received += server.read_vectored(&mut [IoSliceMut::new(&mut a), IoSliceMut::new(&mut b)]).await.unwrap();
        }
        assert_eq!((&a, &b[..2]), (b"abc", &b"de"[..]));
    });
}

#[test]
fn try_read_says_that_it_would_block() {
    let (client, server) = pair();
    let mut buf = [0; 8];
    assert_eq!(server.try_read(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
    client.try_write(b"x").unwrap();
    block_on(server.readable());
    assert_eq!(server.try_read(&mut buf).unwrap(), 1);
}

#[test]
fn a_writer_waits_for_room_and_goes_on() {
    let (client, server) = pair();
    let chunk = vec![7; 1 << 16];
    let mut written = 0;
    while let Ok(count) = client.try_write(&chunk) {
        written += count;
    }
    let mut write = Stepped::new(client.write(&chunk));
    stall(&mut write);
    let mut read = 0;
    block_on(async {
        let mut buf = vec![0; 1 << 20];
        while read < written {
            read += server.read(&mut buf).await.unwrap();
        }
    });
    assert!(finish(write).unwrap() > 0);
}

#[test]
fn several_tasks_accept_from_one_listener() {
    let (listener, addr) = listener();
    let mut accepts: Vec<_> = (0..3).map(|_| Stepped::new(listener.accept())).collect();
    accepts.iter_mut().for_each(stall);
    let clients = block_on(join_all((0..3).map(|_| TcpStream::connect(addr))));
    let peers: Vec<_> = accepts.into_iter().map(|accept| finish(accept).unwrap().1).collect();
    for client in clients {
        assert!(peers.contains(&client.unwrap().local_addr().unwrap()), "each connection was accepted once");
    }
}

#[test]
fn several_tasks_read_one_stream() {
    let (client, server) = pair();
    let read = || async {
        let mut byte = [0];
        server.read(&mut byte).await.unwrap();
        byte[0]
    };
    let mut reads: Vec<_> = (0..3).map(|_| Stepped::new(read())).collect();
    reads.iter_mut().for_each(stall);
    client.try_write(b"abc").unwrap();
    let mut bytes: Vec<_> = reads.into_iter().map(finish).collect();
    bytes.sort_unstable();
    assert_eq!(bytes, b"abc");
}

#[test]
fn a_task_that_waits_as_another_wakes_up_is_woken_by_its_own_waker() {
    let (client, server) = pair();
    let mut buf = [0; 8];
    let mut read = Stepped::new(server.read(&mut buf));
    stall(&mut read);
    assert!(read.poll_with_new_waker().is_pending());
    client.try_write(b"x").unwrap();
    until(|| read.is_woken());
    assert!(read.poll().is_ready());
}

#[test]
fn shutdown_wakes_a_reader_of_the_same_socket() {
    let (client, _server) = pair();
    let mut buf = [0; 8];
    let mut read = Stepped::new(client.read(&mut buf));
    stall(&mut read);
    client.shutdown(Shutdown::Both).unwrap();
    assert_eq!(finish(read).unwrap(), 0);
}

#[test]
fn options_are_the_sockets_own() {
    let (client, server) = pair();
    client.set_nodelay(true).unwrap();
    client.set_ttl(17).unwrap();
    assert!(client.nodelay().unwrap());
    assert_eq!(client.ttl().unwrap(), 17);
    assert_eq!(client.local_addr().unwrap(), server.peer_addr().unwrap());
    assert!(client.take_error().unwrap().is_none());
}

#[test]
fn streams_and_listeners_come_from_the_standard_library_and_go_back() {
    let std_listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = std_listener.local_addr().unwrap();
    let listener = TcpListener::try_from(std_listener).unwrap();
    let listener = TcpListener::from_std(listener.into_std()).unwrap();
    let client = TcpStream::from_std(std::net::TcpStream::connect(addr).unwrap()).unwrap();
    let (server, _) = block_on(listener.accept()).unwrap();
    // Out of the reactor and in again: the registration left nothing behind.
    let client = TcpStream::from_std(client.into_std()).unwrap();
    client.try_write(b"x").unwrap();
    assert_eq!(block_on(server.read(&mut [0; 8])).unwrap(), 1);
}

#[test]
fn sockets_and_their_futures_move_between_threads() {
    motet_test::assert_send!(TcpStream, TcpListener, motet_io::Seat, motet_io::OwnedReadHalf, motet_io::UdpSocket);
    motet_test::assert_sync!(TcpStream, TcpListener, motet_io::OwnedWriteHalf, motet_io::UdpSocket);
    fn sendable<T: Send>(value: T) -> T {
        value
    }
    drop(sendable(TcpStream::connect(("localhost", 1))));
    drop(sendable(motet_io::lookup_host("localhost:1")));
    let (client, _server) = pair();
    drop(sendable(client.read(&mut [0; 8])));
    let (listener, _) = listener();
    drop(sendable(listener.accept()));
}

#[cfg(target_os = "linux")]
#[test]
fn a_read_that_stops_at_an_urgent_byte_leaves_the_rest_readable() {
    use std::io::Write;

    block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut peer = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        peer.write_all(b"before").unwrap();
        socket2::SockRef::from(&peer).send_out_of_band(b"!").unwrap();
        peer.write_all(b"behind").unwrap();
        // All of it is there, and the reactor has told of it.
        let mut peeked = [0; 64];
        while stream.peek(&mut peeked).await.unwrap() < 6 {}
        let (mut all, mut buf) = (Vec::new(), [0; 64]);
        while all.len() < 12 {
            let count = stream.read(&mut buf).await.unwrap();
            all.extend_from_slice(&buf[..count]);
        }
        assert_eq!(all, b"beforebehind");
    });
}
