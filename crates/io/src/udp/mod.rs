//! UDP: the socket ([`socket`]) and its options ([`options`]).

mod options;
mod socket;

pub use self::socket::UdpSocket;
