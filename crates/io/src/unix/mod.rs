//! Unix domain sockets: [`UnixStream`], [`UnixListener`].

mod listener;
mod stream;

pub use self::listener::UnixListener;
pub use self::stream::UnixStream;
