//! Servers that say more than they were asked: nobody is given an answer to something else.

use crate::server::Server;
use futures::executor::block_on;
use motet_http::Client;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// A server that says this to the first request of each connection, and answers the second.
fn saying(first: &'static str) -> Server {
    Server::raw(move |mut tcp| async move {
        for says in [first, "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nsecond"] {
            if !matches!(tcp.read(&mut [0; 4096]).await, Ok(1..)) {
                return;
            }
            tcp.write_all(says.as_bytes()).await.unwrap();
        }
    })
}

fn twice(server: &Server) -> [(u16, String); 2] {
    let client = Client::new();
    [(); 2].map(|()| {
        block_on(async {
            let response = client.get(server.url("/")).await?;
            let status = response.status().as_u16();
            Ok::<_, motet_http::Error>((status, response.text().await?))
        })
        .unwrap()
    })
}

#[test]
fn what_follows_a_response_is_no_answer_to_the_next_request() {
    let more = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nfirstHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil";
    let chunked = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n0\r\nx: y\r\n\r\nHTTP/1.1 200 OK\r\n\r\nevil";
    for says in [more, chunked] {
        let server = saying(says);
        assert_eq!(twice(&server), [(200, "first".into()), (200, "first".into())]);
        assert_eq!(server.connections().accepted, 2);
    }
}

#[test]
fn a_body_where_none_may_be_is_no_answer_to_the_next_request() {
    let server = saying("HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil");
    assert_eq!(twice(&server), [(204, String::new()), (204, String::new())]);
    assert_eq!(server.connections().accepted, 2);
}

#[test]
fn a_connection_that_changes_its_protocol_serves_no_other_request() {
    let server = saying("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: evil\r\n\r\n");
    let client = Client::new();
    let answers = [(); 2].map(|()| block_on(client.get(server.url("/")).send()).map(|answer| answer.status().as_u16()));
    assert!(answers.iter().all(|answer| matches!(answer, Ok(101) | Err(_))), "{answers:?}");
    assert_eq!(server.connections().accepted, 2);
}
