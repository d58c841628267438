//! httpx and aiohttp: one client, many requests at once.

use motet::http::{Client, Error};
use motet_examples::{Server, USER_LATENCY};
use serde::Deserialize;
use std::time::Instant;

/// The part of the answer that we want; a body that lacks it is an error, not a surprise later on.
#[derive(Deserialize)]
struct User {
    login: String,
}

/// The whole exchange: a response holds its connection until it is read, so nothing else is waited for in between.
async fn fetch_user(client: &Client, name: &str) -> Result<User, Error> {
    let response = client.get(format!("/users/{name}")).await?;
    println!("{}", response.status().as_u16());
    response.json().await
}

async fn fetch_users(client: &Client) -> Result<Vec<User>, Error> {
    // Dropped at any await, a request closes its connection; the first error drops the other request.
    motet::try_gather(["python", "django"].map(|name| fetch_user(client, name))).await
}

fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    motet::run(async {
        // Stands in for the network: a server on a free port of this machine.
        let server = Server::start().await?;

        // The client is the connection pool: make one and clone it. Its limits and timeouts are strict, and have defaults.
        let client = Client::builder().base_url(server.url("/"))?.build()?;
        let start = Instant::now();
        let users = fetch_users(&client).await?;
        let elapsed = start.elapsed();
        client.close().await;
        server.close().await?;

        let logins: Vec<_> = users.iter().map(|user| user.login.as_str()).collect();
        assert_eq!(logins, ["python", "django"]);
        assert!(elapsed >= USER_LATENCY, "the server takes so long for each");
        assert!(elapsed < 2 * USER_LATENCY, "but both were asked at once: {elapsed:?}");
        Ok(())
    })
}
