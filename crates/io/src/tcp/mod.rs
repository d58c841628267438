//! TCP: [`TcpStream`], [`TcpListener`], and how a connection is made ([`connect`]).

mod connect;
mod listener;
mod options;
mod stream;

pub use self::listener::TcpListener;
pub use self::stream::TcpStream;
