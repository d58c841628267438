//! Every receiver sees every value: both policies.

mod backpressure;
mod drops;
mod hostile;
mod lag;
mod reference;
