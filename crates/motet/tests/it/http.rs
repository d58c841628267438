//! The client and the server beside it, on one runtime.

use motet::http::Client;
use motet::io::TcpListener;
use motet::prelude::*;

#[test]
fn the_client_talks_to_a_server_of_the_same_runtime() {
    let body = motet::run(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let serving = motet::spawn(async move {
            let (mut stream, _peer) = listener.accept().await?;
            let mut request = [0; 1024];
            let _some = stream.read(&mut request).await?;
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello").await?;
            let _until_the_client_closes = stream.read(&mut request).await;
            std::io::Result::Ok(())
        });
        let client = Client::new();
        let response = client.get(format!("http://{address}/")).await?;
        let body = response.text().await?;
        client.close().await;
        drop(serving);
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(body)
    });
    assert_eq!(body.expect("it is answered"), "hello");
}
