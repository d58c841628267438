//! What may be given where an address is asked for: addresses, or a name to look up.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

/// What an address argument says: addresses, or a name that has to be looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Addrs {
    /// These addresses.
    Literal(Vec<SocketAddr>),
    /// The addresses of this host, with this port.
    Name {
        /// The name of the host.
        host: String,
        /// The port.
        port: u16,
    },
}

/// Anything that names one or more socket addresses, like [`std::net::ToSocketAddrs`], but without blocking.
///
/// | argument | meaning |
/// | --- | --- |
/// | `SocketAddr`, `(IpAddr, u16)` and their kin | that address |
/// | `"127.0.0.1:80"`, `"[::1]:80"`, `("::1", 80)`, `("[::1]", 80)` | that address; nothing is looked up |
/// | `"example.org:80"`, `("example.org", 80)` | the addresses of that host |
/// | `[SocketAddr]`, `Vec<SocketAddr>` | these addresses, in this order |
///
/// ```
/// use motet_io::{Addrs, ToAddrs};
///
/// assert_eq!(("::1", 80).to_addrs()?, Addrs::Literal(vec!["[::1]:80".parse().unwrap()]));
/// assert_eq!("example.org:80".to_addrs()?, Addrs::Name { host: "example.org".into(), port: 80 });
/// assert_eq!("example.org".to_addrs().unwrap_err().kind(), std::io::ErrorKind::InvalidInput);
/// # std::io::Result::Ok(())
/// ```
pub trait ToAddrs {
    /// What the argument says.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](io::ErrorKind::InvalidInput) if it is no `host:port`.
    fn to_addrs(&self) -> io::Result<Addrs>;
}

macro_rules! literal {
    ($($type:ty),+) => {
        $(impl ToAddrs for $type {
            fn to_addrs(&self) -> io::Result<Addrs> {
                Ok(Addrs::Literal(vec![SocketAddr::from(*self)]))
            }
        })+
    };
}

literal!(SocketAddr, SocketAddrV4, SocketAddrV6, (IpAddr, u16), (Ipv4Addr, u16), (Ipv6Addr, u16));

impl ToAddrs for str {
    fn to_addrs(&self) -> io::Result<Addrs> {
        if let Ok(addr) = self.parse() {
            return Ok(Addrs::Literal(vec![addr]));
        }
        let (host, port) =
            self.rsplit_once(':').ok_or_else(|| invalid(self, "a port is missing: write `host:port`"))?;
        let port = port.parse().map_err(|_| invalid(self, "the port is no number from 0 to 65535"))?;
        (host, port).to_addrs()
    }
}

impl ToAddrs for (&str, u16) {
    fn to_addrs(&self) -> io::Result<Addrs> {
        let (host, port) = *self;
        // As in a URL, an IPv6 address may be in brackets.
        let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
        if let Ok(ip) = bare.parse::<IpAddr>() {
            return Ok(Addrs::Literal(vec![SocketAddr::new(ip, port)]));
        }
        if host.is_empty() {
            return Err(invalid(host, "the name of the host is empty"));
        }
        if host.contains(['\0', ':', '/', '[', ']']) {
            return Err(invalid(host, "this is neither the name of a host nor an address"));
        }
        Ok(Addrs::Name { host: host.to_owned(), port })
    }
}

fn invalid(given: &str, what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, format!("invalid socket address {given:?}: {what}"))
}

impl ToAddrs for String {
    fn to_addrs(&self) -> io::Result<Addrs> {
        self.as_str().to_addrs()
    }
}

impl ToAddrs for (String, u16) {
    fn to_addrs(&self) -> io::Result<Addrs> {
        (self.0.as_str(), self.1).to_addrs()
    }
}

impl ToAddrs for [SocketAddr] {
    fn to_addrs(&self) -> io::Result<Addrs> {
        Ok(Addrs::Literal(self.to_vec()))
    }
}

impl<const N: usize> ToAddrs for [SocketAddr; N] {
    fn to_addrs(&self) -> io::Result<Addrs> {
        self.as_slice().to_addrs()
    }
}

impl ToAddrs for Vec<SocketAddr> {
    fn to_addrs(&self) -> io::Result<Addrs> {
        self.as_slice().to_addrs()
    }
}

impl<T: ToAddrs + ?Sized> ToAddrs for &T {
    fn to_addrs(&self) -> io::Result<Addrs> {
        (**self).to_addrs()
    }
}
