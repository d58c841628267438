//! stand-in
pub(crate) struct Nest(bool);
impl Nest {
    pub(crate) const fn new() -> Self { Self(true) }
    pub(crate) fn enter<R>(&mut self, f: impl FnOnce() -> R) -> R { f() }
    pub(crate) fn is_empty(&self) -> bool { self.0 }
    pub(crate) fn poll_drain(&mut self, _cx: &mut std::task::Context<'_>) -> std::task::Poll<()> { std::task::Poll::Ready(()) }
}
impl Drop for Nest { fn drop(&mut self) {} }
/// Drops something in a frame of its own: what it hands over is a tree of its own, and runs beside that of its siblings.
pub(crate) fn alone(drop: impl FnOnce()) {
    Nest::new().enter(drop);
}
