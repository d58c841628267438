//! Behaviours of sockets, names and seats. Loopback only.

mod agnostic;
mod connect;
mod seat;
mod split;
mod tcp;
