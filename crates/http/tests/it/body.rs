//! Reading bodies: whole, in chunks, capped, decompressed.

use crate::client::mock;
use bytes::Bytes;
use futures::executor::block_on;
use futures::stream::{self, TryStreamExt};
use http::Response;
use motet_http::{Body, Client, Error};
use std::io;

fn pieces(of: &'static [&'static str]) -> Client {
    let body = move || Body::from_stream(stream::iter(of.iter().map(|&piece| Ok::<_, io::Error>(piece))));
    mock(move |_| async move { Ok(Response::new(body())) }).max_body(10).build().unwrap()
}

/// gzip of the bytes in stored blocks: valid, and without a compressor (RFC 1951, section 3.2.4).
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let blocks: Vec<&[u8]> = bytes.chunks(65_535).collect();
    for (i, block) in blocks.iter().enumerate() {
        out.push(u8::from(i + 1 == blocks.len()));
        let length = u16::try_from(block.len()).unwrap();
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(*block);
    }
    out.extend(crc32(bytes).to_le_bytes());
    out.extend(u32::try_from(bytes.len()).unwrap().to_le_bytes());
    out
}

/// The checksum of gzip (RFC 1952, section 8).
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 })
    })
}

#[test]
fn chunks_come_as_they_were_sent_and_then_none() {
    let mut response = block_on(pieces(&["do", "", "re"]).get("http://example.com/").send()).unwrap();
    assert_eq!(block_on(response.chunk()).unwrap(), Some(Bytes::from("do")));
    assert_eq!(block_on(response.chunk()).unwrap(), Some(Bytes::from("re")));
    assert_eq!(block_on(response.chunk()).unwrap(), None);
    assert_eq!(block_on(response.chunk()).unwrap(), None);
}

#[test]
fn the_stream_gives_the_same_and_ends() {
    let client = pieces(&["do", "re", "mi"]);
    let all = async { client.get("http://example.com/").await?.stream().try_collect::<Vec<_>>().await };
    assert_eq!(block_on(all).unwrap(), ["do", "re", "mi"]);
}

#[test]
fn a_body_of_the_largest_size_passes_and_one_byte_more_does_not() {
    let fits = pieces(&["12345", "67890"]);
    assert_eq!(block_on(async { fits.get("http://example.com/").await?.text().await }).unwrap(), "1234567890");
    let client = pieces(&["12345", "67890", "1"]);
    let read = async { client.get("http://example.com/").await?.bytes().await };
    assert!(block_on(read).unwrap_err().is_body_too_large());
    let more = async { client.get("http://example.com/").max_body(11).await?.bytes().await };
    assert_eq!(block_on(more).unwrap().len(), 11);
}

#[test]
fn a_streamed_body_is_capped_too_and_over_after_the_error() {
    let mut response = block_on(pieces(&["123456", "7890ab"]).get("http://example.com/").send()).unwrap();
    assert_eq!(block_on(response.chunk()).unwrap(), Some(Bytes::from("123456")));
    assert!(block_on(response.chunk()).unwrap_err().is_body_too_large());
    assert_eq!(block_on(response.chunk()).unwrap(), None);
}

#[test]
fn gzip_is_asked_for_and_undone() {
    let client = mock(|r| async move {
        assert_eq!(r.headers()["accept-encoding"], "gzip");
        let body = gzip(b"magnificat");
        Ok(Response::builder()
            .header("content-encoding", "gzip")
            .header("content-length", body.len())
            .body(body.into())?)
    });
    let response = block_on(client.build().unwrap().get("http://example.com/").send()).unwrap();
    assert!(!response.headers().contains_key("content-encoding") && !response.headers().contains_key("content-length"));
    assert_eq!(response.content_length(), None);
    assert_eq!(block_on(response.text()).unwrap(), "magnificat");
}

#[test]
fn whoever_asks_for_an_encoding_or_a_range_gets_the_bytes_as_they_come() {
    for (header, value) in [("accept-encoding", "gzip"), ("range", "bytes=0-9")] {
        let answer = |_| async { Ok(Response::builder().header("content-encoding", "gzip").body(gzip(b"x").into())?) };
        let client = mock(answer).build().unwrap();
        let response = block_on(client.get("http://example.com/").header(header, value).send()).unwrap();
        assert_eq!(response.headers()["content-encoding"], "gzip");
        assert_eq!(block_on(response.bytes()).unwrap(), gzip(b"x"));
    }
    let client = mock(|r| async move { Ok(Response::new(format!("{:?}", r.headers().get("accept-encoding")).into())) });
    let client = client.gzip(false).build().unwrap();
    assert_eq!(block_on(async { client.get("http://example.com/").await?.text().await }).unwrap(), "None");
}

#[test]
fn the_cap_counts_what_comes_out_of_gzip() {
    let large = vec![b'a'; 100_000];
    let client = mock(move |_| {
        let body = gzip(&large);
        async move { Ok(Response::builder().header("content-encoding", "gzip").body(body.into())?) }
    });
    let client = client.max_body(99_999).build().unwrap();
    let error = block_on(async { client.get("http://example.com/").await?.bytes().await }).unwrap_err();
    assert!(error.is_body_too_large());
    let whole = block_on(async { client.get("http://example.com/").max_body(100_000).await?.bytes().await });
    assert_eq!(whole.unwrap().len(), 100_000);
}

#[test]
fn broken_gzip_is_a_decode_error() {
    let truncated = gzip(b"magnificat")[..15].to_vec();
    for body in [b"no gzip at all".to_vec(), truncated] {
        let client = mock(move |_| {
            let body = body.clone();
            async move { Ok(Response::builder().header("content-encoding", "gzip").body(body.into())?) }
        });
        let client = client.build().unwrap();
        let error = block_on(async { client.get("http://example.com/").await?.bytes().await }).unwrap_err();
        assert!(error.is_decode(), "{error}");
    }
}

#[test]
fn an_error_under_gzip_stays_what_it_was() {
    let client = mock(|_| async {
        let body =
            stream::iter([Ok(Bytes::from(gzip(b"x")[..10].to_vec())), Err(Error::timeout(motet_http::Phase::Read))]);
        Ok(Response::builder().header("content-encoding", "gzip").body(Body::from_stream(body))?)
    });
    let client = client.build().unwrap();
    let error = block_on(async { client.get("http://example.com/").await?.bytes().await }).unwrap_err();
    assert!(error.is_timeout(), "{error}");
}

#[test]
fn bytes_can_be_sent_again_and_streams_cannot() {
    assert_eq!(Body::from("x").try_clone().unwrap().as_bytes(), Some(&b"x"[..]));
    assert!(Body::empty().try_clone().is_some());
    assert!(Body::from_stream(stream::empty::<Result<&str, Error>>()).try_clone().is_none());
}

#[test]
fn gzip_has_an_old_name_and_no_case() {
    for name in ["gzip", "GZip", "x-gzip", " gzip"] {
        let answer = move |_| async move {
            Ok(Response::builder().header("content-encoding", name).body(gzip(b"magnificat").into())?)
        };
        let client = mock(answer).build().unwrap();
        let response = block_on(client.get("http://example.com/").send()).unwrap();
        assert!(!response.headers().contains_key("content-encoding"), "{name}");
        assert_eq!(block_on(response.text()).unwrap(), "magnificat");
    }
}
