//! The right to a connection, and the connection with it.

use super::Core;
use super::h1::Http1;
use super::host::HostKey;
use super::slots::Permit;
use std::sync::Arc;

/// A place among the connections in use: of the client, and of the host if those are limited.
pub(super) struct Slot {
    pub(super) _host: Option<Permit>,
    pub(super) _client: Permit,
}

/// A connection in use by one request. Dropped, it is closed; either way its places are free again.
pub(super) struct Lease {
    // Dropped in this order: the socket is closed before the slot is free.
    pub(super) connection: Http1,
    pub(super) slot: Slot,
    pub(super) key: HostKey,
    pub(super) pool: Arc<Core>,
}

impl Lease {
    /// Back to the pool, for the next request to that host.
    pub(super) fn give_back(self) {
        let Self { connection, slot, key, pool } = self;
        // First into the ledger, then the slot: whoever gets the slot finds the connection.
        pool.keep(&key, connection);
        drop(slot);
    }
}
