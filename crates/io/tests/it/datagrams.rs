//! UDP.

use crate::scene::{block_on, finish, stall};
use motet_io::UdpSocket;
use motet_test::Stepped;
use std::io::ErrorKind;

fn pair() -> (UdpSocket, UdpSocket) {
    let bind = || block_on(UdpSocket::bind("127.0.0.1:0")).unwrap();
    (bind(), bind())
}

#[test]
fn datagrams_keep_their_bounds() {
    let (a, b) = pair();
    block_on(async {
        a.connect(b.local_addr().unwrap()).await.unwrap();
        a.send(b"one").await.unwrap();
        a.send(b"three").await.unwrap();
        let mut buf = [0; 64];
        assert_eq!(b.peek_from(&mut buf).await.unwrap().0, 3);
        assert_eq!(b.recv_from(&mut buf).await.unwrap(), (3, a.local_addr().unwrap()));
        assert_eq!(b.recv_from(&mut buf).await.unwrap().0, 5);
    });
}

#[test]
fn several_tasks_receive_from_one_socket() {
    let (a, b) = pair();
    let receive = || async { b.recv_from(&mut [0; 8]).await.map(|(count, _)| count) };
    let mut waits: Vec<_> = (0..3).map(|_| Stepped::new(receive())).collect();
    waits.iter_mut().for_each(stall);
    let to = b.local_addr().unwrap();
    for datagram in [&b"x"[..], b"xx", b"xxx"] {
        assert_eq!(a.try_send_to(datagram, to).unwrap(), datagram.len());
    }
    let mut counts: Vec<_> = waits.into_iter().map(|wait| finish(wait).unwrap()).collect();
    counts.sort_unstable();
    assert_eq!(counts, [1, 2, 3]);
}

#[test]
fn a_dropped_recv_loses_no_datagram() {
    let (a, b) = pair();
    let mut buf = [0; 8];
    let mut receive = Stepped::new(b.recv_from(&mut buf));
    stall(&mut receive);
    a.try_send_to(b"x", b.local_addr().unwrap()).unwrap();
    drop(receive);
    assert_eq!(block_on(b.recv_from(&mut buf)).unwrap().0, 1);
}

#[test]
fn nothing_there_would_block() {
    let (a, _) = pair();
    assert_eq!(a.try_recv_from(&mut [0; 8]).unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn an_unreachable_port_is_told_once_and_the_socket_goes_on() {
    let (a, b) = pair();
    let nobody = b.local_addr().unwrap();
    drop(b);
    let mut buf = [0; 8];
    block_on(async {
        a.connect(nobody).await.unwrap();
        a.send(b"x").await.unwrap();
        assert_eq!(a.recv(&mut buf).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    });
    let (b, _) = pair();
    block_on(a.connect(b.local_addr().unwrap())).unwrap();
    let mut receive = Stepped::new(a.recv(&mut buf));
    stall(&mut receive);
    assert_eq!(b.try_send_to(b"back", a.local_addr().unwrap()).unwrap(), 4);
    assert_eq!(finish(receive).unwrap(), 4);
}

#[test]
fn a_connected_socket_tries_without_an_address_and_goes_to_the_standard_library_and_back() {
    let (a, b) = pair();
    block_on(a.connect(b.local_addr().unwrap())).unwrap();
    let mut buf = [0; 8];
    assert_eq!(b.try_recv(&mut buf).unwrap_err().kind(), ErrorKind::WouldBlock);
    let a = UdpSocket::from_std(a.into_std()).unwrap();
    assert_eq!(a.try_send(b"four").unwrap(), 4);
    let received = block_on(async {
        loop {
            b.readable().await;
            match b.try_recv(&mut buf) {
                // A false alarm.
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                received => return received,
            }
        }
    });
    assert_eq!(received.unwrap(), 4);
}
