//! The servers that the tests talk to: hyper's on tokio, or raw sockets where a server has to misbehave.

mod bridge;
pub(crate) mod frames;
mod tasks;

pub(crate) use tasks::Tasks;

use bridge::Bridge;
use futures::future::select;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Empty, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response};
use motet_http::Certificate;
use rcgen::CertifiedKey;
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, LazyLock};
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// The servers' runtime: one for all tests, and nothing of the client's.
pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().expect("tokio starts")
});

/// A body of a server's response.
pub(crate) type Answer = Response<UnsyncBoxBody<Bytes, io::Error>>;

/// A server until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    scheme: &'static str,
    connections: watch::Receiver<Connections>,
    accepting: JoinHandle<()>,
    kill: Arc<Notify>,
    frozen: watch::Sender<bool>,
    pub(crate) certificate: Option<Certificate>,
}

/// The connections that a server has seen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Connections {
    pub(crate) accepted: usize,
    pub(crate) open: usize,
    pub(crate) most_open: usize,
}

/// One open connection in the books.
struct Entry(Arc<watch::Sender<Connections>>);

impl Entry {
    fn new(books: &Arc<watch::Sender<Connections>>) -> Self {
        books.send_modify(|seen| {
            seen.accepted += 1;
            seen.open += 1;
            seen.most_open = seen.most_open.max(seen.open);
        });
        Self(books.clone())
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.0.send_modify(|seen| seen.open -= 1);
    }
}

impl Server {
    /// HTTP/1.1 over plain TCP.
    pub(crate) fn http<F, Fut>(answer: F) -> Self
    where
        F: Fn(Request<Incoming>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        Self::start("http", None, move |tcp| http1(tcp, answer.clone()))
    }

    /// HTTP/1.1 and HTTP/2 over TLS, as ALPN decides.
    pub(crate) fn https<F, Fut>(answer: F) -> Self
    where
        F: Fn(Request<Incoming>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        Self::tls(&["h2", "http/1.1"], 250, answer)
    }

    /// The same with a choice of protocols, and so many streams a connection.
    pub(crate) fn tls<F, Fut>(protocols: &[&str], streams: u32, answer: F) -> Self
    where
        F: Fn(Request<Incoming>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = Answer> + Send + 'static,
    {
        Self::tls_raw(protocols, move |stream| {
            let answer = answer.clone();
            async move {
                if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
                    http2(stream, streams, answer).await;
                } else {
                    http1(stream, answer).await;
                }
            }
        })
    }

    /// Whatever this makes of a connection behind TLS.
    pub(crate) fn tls_raw<F, Fut>(protocols: &[&str], serve: F) -> Self
    where
        F: Fn(TlsStream<TcpStream>) -> Fut + Clone + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(names).expect("a certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring speaks TLS")
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], signing_key.serialize_der().try_into().expect("a key"))
            .expect("the key is the certificate's");
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let certificate = Certificate::from_der(cert.der().to_vec());
        Self::start("https", Some(certificate), move |tcp| {
            let (acceptor, serve) = (acceptor.clone(), serve.clone());
            async move {
                if let Ok(stream) = acceptor.accept(tcp).await {
                    serve(stream).await;
                }
            }
        })
    }

    /// Whatever this makes of a connection.
    pub(crate) fn raw<F, Fut>(serve: F) -> Self
    where
        F: Fn(TcpStream) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        Self::start("http", None, serve)
    }

    fn start<F, Fut>(scheme: &'static str, certificate: Option<Certificate>, serve: F) -> Self
    where
        F: Fn(TcpStream) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        let listener = RUNTIME.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port is free");
        let address = listener.local_addr().expect("it is bound");
        let (books, connections) = watch::channel(Connections::default());
        let books = Arc::new(books);
        let kill = Arc::new(Notify::new());
        let killed = kill.clone();
        let (frozen, freezing) = watch::channel(false);
        let accepting = RUNTIME.spawn(async move {
            let mut serving = tokio::task::JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                let entry = Entry::new(&books);
                let (served, killed) = (unless_frozen(serve(tcp), freezing.clone()), killed.clone());
                serving.spawn(async move {
                    {
                        let killed = killed.notified();
                        select(pin!(served), pin!(killed)).await;
                    }
                    // The socket was closed above: the books never say so too early.
                    drop(entry);
                });
            }
        });
        Self { address, scheme, connections, accepting, kill, frozen, certificate }
    }

    /// An address of this server.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// The same by the host's name.
    pub(crate) fn named_url(&self, path: &str) -> String {
        format!("{}://localhost:{}{path}", self.scheme, self.address.port())
    }

    /// From now on its connections stay open and hear nothing.
    pub(crate) fn freeze(&self) {
        self.frozen.send_replace(true);
    }

    /// New connections are served again.
    pub(crate) fn thaw(&self) {
        self.frozen.send_replace(false);
    }

    /// Closes all connections, and the port.
    pub(crate) fn stop(&mut self) {
        self.accepting.abort();
        let _ = RUNTIME.block_on(&mut self.accepting);
        self.wait_for(|seen| seen.open == 0);
    }

    /// Closes all connections that are open now.
    pub(crate) fn kill_connections(&self) {
        self.kill.notify_waiters();
        self.wait_for(|seen| seen.open == 0);
    }

    pub(crate) fn connections(&self) -> Connections {
        *self.connections.borrow()
    }

    /// Waits until the books look like this; fails if they never do.
    pub(crate) fn wait_for(&self, look: impl FnMut(&Connections) -> bool) -> Connections {
        let mut connections = self.connections.clone();
        RUNTIME.block_on(async {
            let seen = timeout(Duration::from_secs(20), connections.wait_for(look)).await;
            *seen.unwrap_or_else(|_| panic!("the books still say {:?}", self.connections())).expect("the server runs")
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// The future, polled no more once this says so.
async fn unless_frozen<F: Future<Output = ()>>(served: F, frozen: watch::Receiver<bool>) {
    let mut served = pin!(served);
    poll_fn(|cx| if *frozen.borrow() { Poll::Pending } else { served.as_mut().poll(cx) }).await;
}

async fn http1<IO, F, Fut>(io: IO, answer: F)
where
    IO: AsyncRead + AsyncWrite + Unpin,
    F: Fn(Request<Incoming>) -> Fut,
    Fut: Future<Output = Answer>,
{
    let service = service_fn(|request| {
        let answer = answer(request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    // How a connection ends is the client's affair, and what the test looks at.
    let _ = http1::Builder::new().serve_connection(Bridge(io), service).await;
}

#[derive(Clone)]
struct ServerTasks;

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for ServerTasks {
    fn execute(&self, task: F) {
        RUNTIME.spawn(task);
    }
}

async fn http2<IO, F, Fut>(io: IO, streams: u32, answer: F)
where
    IO: AsyncRead + AsyncWrite + Unpin,
    F: Fn(Request<Incoming>) -> Fut + Clone,
    Fut: Future<Output = Answer> + Send + 'static,
{
    let service = service_fn(|request| {
        let answer = answer(request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let _ =
        http2::Builder::new(ServerTasks).max_concurrent_streams(streams).serve_connection(Bridge(io), service).await;
}

/// A body of bytes.
pub(crate) fn full(bytes: impl Into<Bytes>) -> UnsyncBoxBody<Bytes, io::Error> {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// A response of bytes.
pub(crate) fn ok(bytes: impl Into<Bytes>) -> Answer {
    Response::new(full(bytes))
}

/// A response without a body.
pub(crate) fn status(status: u16) -> Answer {
    let body = Empty::new().map_err(|never| match never {}).boxed_unsync();
    Response::builder().status(status).body(body).expect("a status")
}

/// A response that says one thing and then nothing more.
pub(crate) fn stuck_after(bytes: &'static str) -> Answer {
    let first = futures::stream::iter([Ok(Frame::data(Bytes::from_static(bytes.as_bytes())))]);
    let frames = futures::StreamExt::chain(first, futures::stream::pending());
    Response::new(StreamBody::new(frames).boxed_unsync())
}

/// A handler that answers everything with this text.
pub(crate) fn says(
    text: &'static str,
) -> impl Fn(Request<Incoming>) -> std::future::Ready<Answer> + Clone + Send + Sync {
    move |_| std::future::ready(ok(text))
}
