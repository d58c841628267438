//! Exits that send requests over HTTP/2 while the runtime that carries the connection ends.

use motet::Runtime;
use motet::cancel::guard;
use motet::channel::oneshot;
use motet::http::{Certificate, Client};
use motet::io::TcpListener;
use rcgen::CertifiedKey;
use std::future::pending;
use std::sync::{Arc, mpsc};
use tokio_rustls::TlsAcceptor;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// An HTTP/2 server on a runtime of its own.
struct Server {
    runtime: Runtime,
    listener: TcpListener,
    acceptor: TlsAcceptor,
    certificate: Certificate,
}

impl Server {
    fn new() -> Self {
        let runtime = Runtime::builder().threads(2).build().expect("a thread");
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let CertifiedKey { cert, signing_key } =
            rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
        let mut config =
            rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
                .with_safe_default_protocol_versions()
                .expect("ring speaks TLS")
                .with_no_client_auth()
                .with_single_cert(vec![cert.der().clone()], signing_key.serialize_der().try_into().expect("a key"))
                .expect("the key is the certificate's");
        config.alpn_protocols = vec![b"h2".to_vec()];
        let certificate = Certificate::from_der(cert.der().to_vec());
        Self { runtime, listener, acceptor: TlsAcceptor::from(Arc::new(config)), certificate }
    }

    fn url(&self) -> String {
        format!("https://{}/", self.listener.local_addr().expect("it is bound"))
    }

    fn client(&self) -> Client {
        Client::builder().add_root_certificate(self.certificate.clone()).build().expect("a client")
    }

    /// Serves one connection for as long as the runtime is kept. It tells of each request, and answers it once told to.
    fn serve(self, told: mpsc::Sender<oneshot::Sender<()>>) -> Runtime {
        let Self { runtime, listener, acceptor, .. } = self;
        let serving = async move {
            let (tcp, _) = listener.accept().await?;
            let mut connection = h2::server::handshake(acceptor.accept(tcp).await?).await?;
            while let Some(asked) = connection.accept().await {
                let (_request, mut respond) = asked?;
                let (answer, told_to) = oneshot::channel();
                told.send(answer)?;
                let answering = async move {
                    // It is told to by a drop, too.
                    let _ = told_to.await;
                    respond.send_response(http::Response::new(()), true)
                };
                motet::spawn(answering).detach();
            }
            Ok::<_, Failure>(())
        };
        runtime.spawn(serving).detach();
        runtime
    }
}

/// Holds a guard for ever whose exit asks the server for leave, and reports the answer.
async fn asks_for_leave(client: Client, url: String, report: mpsc::Sender<Result<u16, String>>) {
    let _held = guard(report, |report: mpsc::Sender<_>, _outcome| async move {
        let left = client.post(url).body("may I leave").await;
        let _ = report.send(left.map(|response| response.status().as_u16()).map_err(|error| error.to_string()));
    });
    pending::<()>().await;
}

#[test]
fn an_exit_asks_over_http2_while_the_runtime_ends() {
    let server = Server::new();
    let (client, url) = (server.client(), server.url());
    let (tell, requests) = mpsc::channel();
    let _serving = server.serve(tell);
    let answering = std::thread::spawn(move || requests.into_iter().take(2).for_each(drop));
    let (report, reports) = mpsc::channel();
    motet::run(async move {
        assert_eq!(client.get(&url).await.expect("it is answered").status(), 200);
        motet::task().eager().spawn(asks_for_leave(client, url, report)).detach();
    });
    assert_eq!(reports.try_recv(), Ok(Ok(200)), "the exit had its answer before `run` returned");
    answering.join().expect("no panic");
}

#[test]
fn an_exit_that_waits_over_http2_gets_its_answer_though_the_runtime_ends() {
    let server = Server::new();
    let (client, url) = (server.client(), server.url());
    let (tell, requests) = mpsc::channel();
    let _serving = server.serve(tell);
    let (report, reports) = mpsc::channel();
    motet::run(async move {
        let leaving = motet::task().eager().spawn(asks_for_leave(client, url, report));
        leaving.cancel();
        leaving.detach();
        let answer = motet::to_thread(move || requests.recv().expect("the exit asks")).await.expect("no panic");
        // Dropped with its task, when all tasks are cancelled: the connection's own are too.
        motet::spawn(async move {
            pending::<()>().await;
            drop(answer);
        })
        .detach();
    });
    assert_eq!(reports.try_recv(), Ok(Ok(200)), "the exit had its answer before `run` returned");
}
