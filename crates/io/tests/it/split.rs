//! The two halves of a stream.

use crate::scene::{block_on, finish, pair, stall};
use futures::{AsyncReadExt, AsyncWriteExt};
use motet_test::Stepped;

#[test]
fn halves_work_in_two_tasks_and_reunite() {
    let (client, mut server) = pair();
    let (mut reader, mut writer) = client.into_split();
    let writing = std::thread::spawn(move || {
        block_on(writer.write_all(&[7; 1 << 20])).unwrap();
        writer
    });
    let mut received = vec![0; 1 << 20];
    block_on(server.read_exact(&mut received)).unwrap();
    let writer = writing.join().unwrap();
    assert!(reader.is_pair_of(&writer));
    block_on(async {
        server.write_all(b"x").await.unwrap();
        reader.read_exact(&mut [0]).await.unwrap();
    });
    let client = reader.reunite(writer).unwrap();
    drop(server);
    assert_eq!(block_on(client.read(&mut [0; 8])).unwrap(), 0, "reuniting shut nothing: the stream ends by its peer");
}

#[test]
fn halves_of_two_streams_do_not_reunite() {
    let ((a, _a), (b, _b)) = (pair(), pair());
    let ((reader, a_writer), (b_reader, writer)) = (a.into_split(), b.into_split());
    let error = reader.reunite(writer).unwrap_err();
    assert!(error.reader.is_pair_of(&a_writer));
    assert!(b_reader.reunite(error.writer).is_ok());
}

#[test]
fn a_dropped_write_half_tells_the_peer() {
    let (client, server) = pair();
    let (mut reader, writer) = client.into_split();
    drop(writer);
    assert_eq!(block_on(server.read(&mut [0; 8])).unwrap(), 0);
    server.try_write(b"x").unwrap();
    assert_eq!(block_on(reader.read(&mut [0; 8])).unwrap(), 1);
}

#[test]
fn a_forgotten_write_half_tells_the_peer_nothing() {
    let (client, server) = pair();
    let (reader, writer) = client.into_split();
    let mut buf = [0; 8];
    let mut read = Stepped::new(server.read(&mut buf));
    stall(&mut read);
    writer.forget();
    stall(&mut read);
    drop(reader);
    assert_eq!(finish(read).unwrap(), 0);
}

#[test]
fn a_reader_in_one_task_does_not_take_the_wake_of_a_writer_in_another() {
    let (client, server) = pair();
    let (mut reader, mut writer) = client.into_split();
    let chunk = vec![0; 1 << 16];
    while writer.as_ref().try_write(&chunk).is_ok() {}
    let mut byte = [0];
    let mut read = Stepped::new(reader.read(&mut byte));
    let mut write = Stepped::new(AsyncWriteExt::write(&mut writer, &chunk));
    stall(&mut read);
    stall(&mut write);
    let drained = std::thread::spawn(move || {
        let mut server = server;
        server.try_write(b"x").unwrap();
        block_on(server.read_to_end(&mut Vec::new())).unwrap()
    });
    assert_eq!(finish(read).unwrap(), 1);
    assert!(finish(write).unwrap() > 0);
    drop(writer);
    assert!(drained.join().unwrap() > 0);
}

#[test]
fn borrowed_halves_read_and_write_at_once() {
    let (mut client, mut server) = pair();
    let echo = std::thread::spawn(move || {
        block_on(async {
            let mut buf = vec![0; 1 << 21];
            server.read_exact(&mut buf).await.unwrap();
            server.write_all(&buf).await.unwrap();
        });
    });
    let (mut reader, mut writer) = client.split_mut();
    let (sent, mut received) = (vec![9; 1 << 21], vec![0; 1 << 21]);
    block_on(async {
        let (written, read) = futures::join!(writer.write_all(&sent), reader.read_exact(&mut received));
        written.and(read).unwrap();
    });
    assert!(sent == received);
    echo.join().unwrap();
}
