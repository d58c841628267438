//! What the examples share: an embedded HTTP server on loopback.
