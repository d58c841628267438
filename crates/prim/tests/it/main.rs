//! What the door and the wait list promise, one behaviour a test.

#[cfg(feature = "asymmetric")]
mod asymmetric;
mod batch;
mod drops;
mod foreign;
mod gate;
mod lazy;
mod line;
mod parking;
mod pile_up;
mod traits;
