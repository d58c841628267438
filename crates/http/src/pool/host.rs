//! Whom a connection leads to.

use crate::error::{Error, Kind};
use http::Uri;
use http::uri::{Authority, Scheme};

/// Scheme, host and port: connections with the same key serve the same requests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct HostKey {
    pub(super) https: bool,
    authority: Authority,
}

impl HostKey {
    pub(super) fn of(uri: &Uri) -> Result<Self, Error> {
        match (uri.scheme(), uri.authority()) {
            (Some(scheme), Some(authority)) if !authority.host().is_empty() => {
                Ok(Self { https: *scheme == Scheme::HTTPS, authority: authority.clone() })
            }
            _ => Err(Error::caused(Kind::Build, "the address has no scheme and host")),
        }
    }

    /// The host as name lookup and TLS want it: an IPv6 address without its brackets.
    pub(super) fn host(&self) -> &str {
        let host = self.authority.host();
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    pub(super) fn port(&self) -> u16 {
        self.authority.port_u16().unwrap_or(if self.https { 443 } else { 80 })
    }

    /// The value of a `Host` header.
    pub(super) fn header(&self) -> &str {
        self.authority.as_str()
    }
}
