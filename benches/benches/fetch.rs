//! The main job against the same loop on reqwest and tokio: 2,000 URLs, 100 at once, from one server on loopback.
//!
//! One operation is one URL: request, response, body. Clients and runtimes are made once, so their connections are warm, as they are in
//! a program that fetches for longer than a moment.

use futures::StreamExt as _;
use motet_benches::{Cell, Family, loopback};

const URLS: u32 = 2_000;
const AT_ONCE: usize = 100;

fn main() {
    let name = "http/2000_at_100";
    let mut family = Family::new("fetch");
    if !family.asks_for(name) {
        return;
    }
    let address = loopback::start().expect("a server on loopback");
    let urls: Vec<String> = (0..URLS).map(|i| format!("http://{address}/json/{i}")).collect();

    let runtime = motet::Runtime::builder().threads(2).build().expect("two threads");
    let limits = motet::http::Limits { max_connections: AT_ONCE, max_idle: AT_ONCE, ..Default::default() };
    let client = motet::http::Client::builder().limits(limits).build().expect("a client");
    let ours = || {
        let fetched = runtime.block_on(async {
            let client = &client;
            let each = motet::map_bounded(&urls, AT_ONCE, |url| async move {
                let response = client.get(url).await.expect("a response");
                response.bytes().await.expect("a body").len()
            });
            each.unordered().fold(0, async |sum, bytes| sum + bytes).await
        });
        assert_eq!(fetched, 250 * urls.len());
    };

    let tokio =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("two threads");
    let reqwest = reqwest::Client::new();
    let theirs = || {
        let fetched = tokio.block_on(async {
            let reqwest = &reqwest;
            let each = futures::stream::iter(&urls).map(|url| async move {
                let response = reqwest.get(url).send().await.expect("a response");
                response.bytes().await.expect("a body").len()
            });
            each.buffer_unordered(AT_ONCE).fold(0, async |sum, bytes| sum + bytes).await
        });
        assert_eq!(fetched, 250 * urls.len());
    };

    family.run(Cell::new(name, URLS).rival("motet", ours).rival("reqwest", theirs));
    family.finish().expect("the results can be written");
}
