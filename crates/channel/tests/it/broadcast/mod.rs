//! Every receiver sees every value: both policies.

mod backpressure;
mod drops;
mod lag;
mod reference;
