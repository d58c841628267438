//! An HTTP client for any executor: strict limits, per-phase timeouts, verified TLS.
