//! The facade's behaviours: what `run` leaves behind, what a runtime wires together, what it does not start.

mod builder;
mod ending;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "http")]
mod http2;
#[cfg(feature = "io")]
mod nested;
#[cfg(target_os = "linux")]
mod quiet;
mod seams;
#[cfg(all(unix, feature = "signal"))]
mod signal;
mod sim;
mod wired;
