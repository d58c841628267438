//! An HTTP/2 server frame by frame, for what no well-behaved one says (RFC 9113).

use std::io;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const ACK: u8 = 1;

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut frame = u32::try_from(payload.len()).unwrap().to_be_bytes()[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// A response without a body: 200, which HPACK has in its table, with the flags of an end of headers and stream.
pub(crate) fn answer(stream: u32) -> Vec<u8> {
    frame(HEADERS, 0x5, stream, &[0x88])
}

/// The head of a response whose body follows.
pub(crate) fn head(stream: u32) -> Vec<u8> {
    frame(HEADERS, 0x4, stream, &[0x88])
}

/// A piece of a body without a byte in it.
pub(crate) fn empty_piece(stream: u32) -> Vec<u8> {
    frame(DATA, 0, stream, &[])
}

/// The stream is over, for this reason.
pub(crate) fn reset(stream: u32, code: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, stream, &code.to_be_bytes())
}

/// The connection ends without an error, and nothing after this stream was looked at.
pub(crate) fn go_away(last_stream: u32) -> Vec<u8> {
    let mut payload = last_stream.to_be_bytes().to_vec();
    payload.extend(0_u32.to_be_bytes());
    frame(GOAWAY, 0, 0, &payload)
}

/// Serves a connection to its end: what it says to each stream's request.
pub(crate) async fn serve<IO>(mut io: IO, mut says: impl FnMut(u32) -> Vec<u8>) -> io::Result<()>
where
    IO: AsyncRead + AsyncWrite + Unpin,
{
    io.read_exact(&mut [0; 24]).await?;
    io.write_all(&frame(SETTINGS, 0, 0, &[])).await?;
    loop {
        let mut head = [0; 9];
        io.read_exact(&mut head).await?;
        let [a, b, c, kind, flags, id @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        io.read_exact(&mut payload).await?;
        let reply = match kind {
            HEADERS => says(u32::from_be_bytes(id)),
            SETTINGS if flags & ACK == 0 => frame(SETTINGS, ACK, 0, &[]),
            PING if flags & ACK == 0 => frame(PING, ACK, 0, &payload),
            _ => continue,
        };
        io.write_all(&reply).await?;
        io.flush().await?;
    }
}
