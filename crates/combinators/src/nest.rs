//! Frames of our own: what children hand over as they are polled or dropped.

pub(crate) use motet_cancel::frame::{Nest, alone};
