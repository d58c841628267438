//! asyncio for Rust: run, gather, wait, timeouts, cancellation with cleanup, locks, queues, generators, an HTTP client.
