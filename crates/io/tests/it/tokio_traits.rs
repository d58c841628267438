//! tokio's I/O traits, under another executor than tokio's.

use crate::scene::{block_on, pair};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

#[test]
fn lines_and_copies_work() {
    let (mut client, mut server) = pair();
    block_on(async {
        let echo = async {
            let (mut reader, mut writer) = server.split_mut();
            tokio::io::copy(&mut reader, &mut writer).await.unwrap();
            writer.shutdown().await.unwrap();
        };
        let talk = async {
            client.write_all(b"one\ntwo\n").await.unwrap();
            AsyncWriteExt::shutdown(&mut client).await.unwrap();
            let mut lines = BufReader::new(&client).lines();
            assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("one"));
            assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("two"));
            assert_eq!(lines.next_line().await.unwrap(), None);
        };
        futures::join!(echo, talk);
    });
}

#[test]
fn what_is_filled_already_stays() {
    let (mut client, server) = pair();
    block_on(async {
        client.write_all(b"cd").await.unwrap();
        let (mut reader, _writer) = server.into_split();
        let mut buf = Vec::with_capacity(16);
        buf.extend_from_slice(b"ab");
        assert_eq!(reader.read_buf(&mut buf).await.unwrap(), 2);
        assert_eq!(buf, b"abcd");
    });
}

#[test]
fn vectored_writes_are_forwarded() {
    let (client, _server) = pair();
    assert!(tokio::io::AsyncWrite::is_write_vectored(&client));
    let (_reader, writer) = client.into_split();
    assert!(tokio::io::AsyncWrite::is_write_vectored(&writer));
}
