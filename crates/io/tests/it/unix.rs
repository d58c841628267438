//! Unix domain sockets, and `Async` for what has no type of its own.

use crate::scene::{block_on, finish, stall};
use futures::{AsyncReadExt, AsyncWriteExt};
use motet_io::{Async, UnixListener, UnixStream};
use motet_test::Stepped;
use std::io::{ErrorKind, Read, Write};

#[test]
fn streams_connect_through_a_path() {
    let path = std::env::temp_dir().join(format!("motet-io-it-{}", std::process::id()));
    let listener = UnixListener::bind(&path).unwrap();
    let listener = UnixListener::from_std(listener.into_std()).unwrap();
    block_on(async {
        let (client, accepted) = futures::join!(UnixStream::connect(&path), listener.accept());
        let (mut client, (mut server, _)) = (client.unwrap(), accepted.unwrap());
        assert_eq!(client.peer_addr().unwrap().as_pathname(), Some(path.as_path()));
        client.write_all(b"hello").await.unwrap();
        drop(client);
        let mut all = String::new();
        server.read_to_string(&mut all).await.unwrap();
        assert_eq!(all, "hello");
    });
    assert_eq!(UnixListener::bind(&path).unwrap_err().kind(), ErrorKind::AddrInUse);
    drop(listener);
    assert_eq!(block_on(UnixStream::connect(&path)).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(block_on(UnixStream::connect(&path)).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn halves_are_those_of_any_stream() {
    let (a, mut b) = UnixStream::pair().unwrap();
    let (reader, mut writer) = a.into_split();
    block_on(async {
        writer.write_all(b"x").await.unwrap();
        b.read_exact(&mut [0]).await.unwrap();
        let a = reader.reunite(writer).unwrap();
        drop(a);
        assert_eq!(b.read(&mut [0]).await.unwrap(), 0);
    });
}

#[test]
fn bytes_arrive_in_order_through_full_buffers() {
    let (mut a, mut b) = UnixStream::pair().unwrap();
    let data: Vec<u8> = (0..4 << 20).map(|i: usize| (i % 253) as u8).collect();
    let copy = data.clone();
    let writer = std::thread::spawn(move || {
        block_on(a.write_all(&copy)).unwrap();
    });
    let mut received = Vec::new();
    block_on(b.read_to_end(&mut received)).unwrap();
    writer.join().unwrap();
    assert!(received == data);
}

#[test]
fn a_pipe_is_async_too() {
    let (sender, receiver) = mio::unix::pipe::new().unwrap();
    let (sender, receiver) = (Async::new(sender).unwrap(), Async::new(receiver).unwrap());
    let mut buf = [0; 8];
    let mut read = Stepped::new(receiver.read_with(|mut pipe| pipe.read(&mut buf)));
    stall(&mut read);
    assert_eq!(sender.try_write_with(|mut pipe| pipe.write(b"abc")).unwrap(), 3);
    assert_eq!(finish(read).unwrap(), 3);
    drop(sender);
    block_on(receiver.readable());
    assert_eq!(receiver.try_read_with(|mut pipe| pipe.read(&mut buf)).unwrap(), 0);
}

#[test]
fn what_cannot_be_watched_is_refused() {
    let file = std::fs::File::open(std::env::current_exe().unwrap()).unwrap();
    let fd = std::os::fd::AsRawFd::as_raw_fd(&file);
    assert!(Async::new(mio::unix::SourceFd(&fd)).is_err(), "a regular file is always ready, says the system");
}

/// Sends bytes together with a descriptor: a read stops behind them, whatever room it has.
#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
fn send_with_descriptor(stream: &std::os::unix::net::UnixStream, bytes: &[u8]) {
    use std::os::fd::AsRawFd;

    // A `cmsghdr` of SOL_SOCKET and SCM_RIGHTS with one descriptor, filled up to its alignment.
    let mut control = Vec::new();
    control.extend_from_slice(&20_u64.to_ne_bytes());
    [1, 1, stream.as_raw_fd(), 0].iter().for_each(|field: &i32| control.extend_from_slice(&field.to_ne_bytes()));
    let buffers = [std::io::IoSlice::new(bytes)];
    let message = socket2::MsgHdr::new().with_buffers(&buffers).with_control(&control);
    assert_eq!(socket2::SockRef::from(stream).sendmsg(&message, 0).unwrap(), bytes.len());
}

#[cfg(all(target_os = "linux", target_pointer_width = "64"))]
#[test]
fn a_read_that_a_descriptor_cuts_short_leaves_the_rest_readable() {
    let (mut peer, ours) = std::os::unix::net::UnixStream::pair().unwrap();
    let ours = UnixStream::from_std(ours).unwrap();
    send_with_descriptor(&peer, b"a");
    peer.write_all(b"bc").unwrap();
    let mut buf = [0; 8];
    assert_eq!(block_on(ours.read(&mut buf)).unwrap(), 1, "the descriptor ends the read");
    let mut rest = Stepped::new(ours.read(&mut buf));
    assert!(matches!(rest.poll(), std::task::Poll::Ready(Ok(2))), "no event will tell of the rest");
}
