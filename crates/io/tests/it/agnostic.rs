//! The same program under tokio, smol, a bare `block_on`, and a seat that a test drives by hand.

use crate::seat::drive;
use futures::{AsyncReadExt, AsyncWriteExt};
use motet_io::{Seat, TcpListener, TcpStream, lookup_host};
use std::io;

/// Looks up a name, connects, and echoes some messages of several sizes, both ends in one task.
async fn echo() -> io::Result<usize> {
    assert!(lookup_host(("localhost", 1)).await?.iter().all(|addr| addr.ip().is_loopback()));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let addr = listener.local_addr()?;
    let server = async {
        let (mut stream, _) = listener.accept().await?;
        let mut buf = [0; 1000];
        loop {
            match stream.read(&mut buf).await? {
                0 => return stream.close().await,
                count => stream.write_all(&buf[..count]).await?,
            }
        }
    };
    let client = async {
        let mut stream = TcpStream::connect(addr).await?;
        let mut total = 0;
        for size in [1, 999, 1000, 1001, 300_000] {
            let sent: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
            let mut received = vec![0; size];
            let (mut reader, mut writer) = stream.split_mut();
            let (written, read) = futures::join!(writer.write_all(&sent), reader.read_exact(&mut received));
            written.and(read)?;
            assert_eq!(sent, received);
            total += size;
        }
        stream.close().await?;
        assert_eq!(stream.read(&mut [0]).await?, 0);
        Ok(total)
    };
    let (served, echoed) = futures::join!(server, client);
    served.and(echoed)
}

#[test]
fn echoes_under_futures() {
    assert_eq!(futures::executor::block_on(echo()).unwrap(), 303_001);
}

#[test]
fn echoes_under_smol() {
    assert_eq!(smol::block_on(echo()).unwrap(), 303_001);
}

#[test]
fn echoes_under_tokio() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert_eq!(runtime.block_on(echo()).unwrap(), 303_001);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    assert_eq!(runtime.block_on(runtime.spawn(echo())).unwrap().unwrap(), 303_001);
}

#[test]
fn echoes_in_a_seat() {
    assert_eq!(drive(&mut Seat::new(), echo()).unwrap(), 303_001);
}

#[test]
fn echoes_in_many_seats_at_once() {
    let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(|| drive(&mut Seat::new(), echo()))).collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap().unwrap(), 303_001);
    }
}

#[test]
fn executors_share_one_connection() {
    let (ours, theirs) = (Seat::new(), TcpListener::bind("127.0.0.1:0"));
    let listener = futures::executor::block_on(theirs).unwrap();
    let addr = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        smol::block_on(async {
            let (mut stream, _) = listener.accept().await?;
            let mut message = [0; 5];
            stream.read_exact(&mut message).await?;
            stream.write_all(&message).await
        })
    });
    let mut seat = ours;
    let reply = drive(&mut seat, async {
        let mut stream = TcpStream::connect(addr).await?;
        stream.write_all(b"hello").await?;
        let mut reply = [0; 5];
        stream.read_exact(&mut reply).await?;
        io::Result::Ok(reply)
    });
    assert_eq!(&reply.unwrap(), b"hello");
    server.join().unwrap().unwrap();
}
