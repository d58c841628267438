//! The options of a UDP socket, and its conversions.

use super::UdpSocket;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

impl UdpSocket {
    /// The address that it is bound to.
    ///
    /// # Errors
    ///
    /// Failures of the system.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().local_addr()
    }

    /// The peer that it is connected to.
    ///
    /// # Errors
    ///
    /// [`NotConnected`](io::ErrorKind::NotConnected) if it is not.
    pub fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.io.get_ref().peer_addr()
    }

    /// Whether it may send to broadcast addresses.
    ///
    /// # Errors
    ///
    /// Failures of the system.
    pub fn broadcast(&self) -> io::Result<bool> {
        self.io.get_ref().broadcast()
    }

    /// Sets whether it may send to broadcast addresses. It may not, unless told so.
    ///
    /// # Errors
    ///
    /// Failures of the system.
    pub fn set_broadcast(&self, on: bool) -> io::Result<()> {
        self.io.get_ref().set_broadcast(on)
    }

    /// The time to live of the datagrams that it sends, in hops.
    ///
    /// # Errors
    ///
    /// Failures of the system.
    pub fn ttl(&self) -> io::Result<u32> {
        self.io.get_ref().ttl()
    }

    /// Sets the time to live of the datagrams that it sends, in hops.
    ///
    /// # Errors
    ///
    /// A value that the system does not accept.
    pub fn set_ttl(&self, hops: u32) -> io::Result<()> {
        self.io.get_ref().set_ttl(hops)
    }

    /// Sets whether its own multicasts come back to this machine (IPv4).
    ///
    /// # Errors
    ///
    /// Failures of the system.
    pub fn set_multicast_loop_v4(&self, on: bool) -> io::Result<()> {
        self.io.get_ref().set_multicast_loop_v4(on)
    }

    /// Sets whether its own multicasts come back to this machine (IPv6).
    ///
    /// # Errors
    ///
    /// Failures of the system.
    pub fn set_multicast_loop_v6(&self, on: bool) -> io::Result<()> {
        self.io.get_ref().set_multicast_loop_v6(on)
    }

    /// Sets the time to live of its multicasts, in hops (IPv4).
    ///
    /// # Errors
    ///
    /// A value that the system does not accept.
    pub fn set_multicast_ttl_v4(&self, hops: u32) -> io::Result<()> {
        self.io.get_ref().set_multicast_ttl_v4(hops)
    }

    /// Joins a multicast group at the interface with that address; the unspecified address lets the system choose.
    ///
    /// # Errors
    ///
    /// No multicast address, no such interface.
    pub fn join_multicast_v4(&self, group: &Ipv4Addr, interface: &Ipv4Addr) -> io::Result<()> {
        self.io.get_ref().join_multicast_v4(group, interface)
    }

    /// Joins a multicast group at the interface with that index; zero lets the system choose.
    ///
    /// # Errors
    ///
    /// No multicast address, no such interface.
    pub fn join_multicast_v6(&self, group: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.io.get_ref().join_multicast_v6(group, interface)
    }

    /// Leaves a multicast group.
    ///
    /// # Errors
    ///
    /// It is not in that group.
    pub fn leave_multicast_v4(&self, group: &Ipv4Addr, interface: &Ipv4Addr) -> io::Result<()> {
        self.io.get_ref().leave_multicast_v4(group, interface)
    }

    /// Leaves a multicast group.
    ///
    /// # Errors
    ///
    /// It is not in that group.
    pub fn leave_multicast_v6(&self, group: &Ipv6Addr, interface: u32) -> io::Result<()> {
        self.io.get_ref().leave_multicast_v6(group, interface)
    }

    /// An error that the socket has kept, if there is one; it is forgotten thereby.
    ///
    /// # Errors
    ///
    /// Failures of the system.
    pub fn take_error(&self) -> io::Result<Option<io::Error>> {
        self.io.get_ref().take_error()
    }
}

impl TryFrom<std::net::UdpSocket> for UdpSocket {
    type Error = io::Error;

    fn try_from(socket: std::net::UdpSocket) -> io::Result<Self> {
        Self::from_std(socket)
    }
}

impl fmt::Debug for UdpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.io.get_ref().fmt(f)
    }
}
