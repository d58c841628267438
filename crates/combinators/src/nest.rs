//! Frames of our own: what children hand over as they are polled or dropped.

pub(crate) use motet_cancel::frame::Nest;

/// Drops something in a frame of its own: what it hands over is a tree of its own, and runs beside those of its siblings.
pub(crate) fn alone(drop: impl FnOnce()) {
    Nest::new().enter(drop);
}
