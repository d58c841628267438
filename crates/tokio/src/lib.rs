//! `Spawn` and `Timer` for tokio.
