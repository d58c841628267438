//! `Spawn` and `Timer` for smol.
