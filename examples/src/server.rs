//! An HTTP/1.1 server on a free port of loopback: hyper's protocol over Motet's sockets and tasks.

use crate::routes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use motet::io::{TcpListener, TcpStream};
use motet::{Task, TaskError};
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

/// A server that runs until it is dropped or closed.
pub struct Server {
    http: SocketAddr,
    resetting: SocketAddr,
    tasks: [Task<io::Result<Infallible>>; 2],
}

impl Server {
    /// Starts it on the ambient runtime.
    ///
    /// # Errors
    ///
    /// If no port of loopback can be had.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the ports are free again.
    pub async fn start() -> io::Result<Self> {
        let (http, resetting) = (listen().await?, listen().await?);
        Ok(Self {
            http: http.local_addr()?,
            resetting: resetting.local_addr()?,
            tasks: [motet::spawn(serve(http)), motet::spawn(reset(resetting))],
        })
    }

    /// The address of a path: `url("/json/1")`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.http)
    }

    /// An address whose server resets every connection once the request is there.
    #[must_use]
    pub fn resetting_url(&self, path: &str) -> String {
        format!("http://{}{path}", self.resetting)
    }

    /// Stops listening, and closes what is open.
    ///
    /// # Errors
    ///
    /// If the server had failed by itself.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: the server stops all the same.
    pub async fn close(self) -> io::Result<()> {
        for task in self.tasks {
            task.cancel();
            match task.await {
                Err(TaskError::Cancelled(_)) => {}
                Ok(Err(failed)) => return Err(failed),
                Err(panicked) => return Err(panicked.into()),
            }
        }
        Ok(())
    }
}

async fn listen() -> io::Result<TcpListener> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await
}

/// One task a connection, in a group: when the server is cancelled, so are its connections.
async fn serve(listener: TcpListener) -> io::Result<Infallible> {
    let connections = motet::task_group(|group| async move {
        loop {
            let (stream, _peer) = listener.accept().await?;
            group.spawn(async {
                // A connection that its client breaks off is the client's business.
                let _closed = converse(stream).await;
                Ok(())
            });
        }
    });
    connections.await.map_err(|failed: motet::GroupError<io::Error>| match failed.into_first() {
        Some(error) => error,
        None => io::ErrorKind::Interrupted.into(),
    })
}

async fn converse(stream: TcpStream) -> hyper::Result<()> {
    let answer = service_fn(|request| async { Ok::<_, Infallible>(routes::answer(request).await) });
    http1::Builder::new().serve_connection(stream, answer).await
}

/// Closes each connection with the request unread, which TCP answers with a reset.
async fn reset(listener: TcpListener) -> io::Result<Infallible> {
    loop {
        let (stream, _peer) = listener.accept().await?;
        let mut first = [0; 1];
        let _there = stream.peek(&mut first).await;
    }
}
