//! The same client under any executor, and none.

use crate::server::{RUNTIME, Server, says};
use futures::future::{BoxFuture, try_join_all};
use motet_http::{Client, Error};

/// Twenty requests at once, as a future that any executor can take.
fn twenty(server: &Server) -> BoxFuture<'static, Result<Vec<String>, Error>> {
    let client = Client::builder().danger_accept_invalid_certs(true).build().unwrap();
    let url = server.url("/");
    let one = move || {
        let (client, url) = (client.clone(), url.clone());
        async move { client.get(url).await?.text().await }
    };
    Box::pin(async move { try_join_all((0..20).map(|_| one())).await })
}

fn runs(run: impl Fn(BoxFuture<'static, Result<Vec<String>, Error>>) -> Result<Vec<String>, Error>) {
    for server in [Server::http(says("hello")), Server::https(says("hello"))] {
        let texts = run(twenty(&server)).unwrap();
        assert_eq!(texts, ["hello"; 20]);
    }
}

#[test]
fn it_runs_under_a_bare_block_on() {
    runs(futures::executor::block_on);
}

#[test]
fn it_runs_as_a_task_of_motet_and_its_connections_do_too() {
    let executor = motet_executor::Executor::builder().threads(2).build().unwrap();
    runs(|requests| executor.block_on(async { executor.spawn(requests).await.unwrap() }));
    let server = Server::https(says("hello"));
    let client = Client::builder().danger_accept_invalid_certs(true).spawner(executor.clone()).build().unwrap();
    let text = executor.block_on(async { client.get(server.url("/")).await?.text().await });
    assert_eq!(text.unwrap(), "hello");
}

#[test]
fn it_runs_as_a_task_of_tokio() {
    runs(|requests| RUNTIME.block_on(async { tokio::spawn(requests).await.unwrap() }));
    let alone = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runs(|requests| alone.block_on(requests));
}

#[test]
fn it_runs_as_a_task_of_smol() {
    runs(|requests| smol::block_on(smol::spawn(requests)));
}
