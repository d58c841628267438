//! The beds in a model, where time does not pass: a nap is over when others have had a turn.

pub(super) fn sleep_until(_address: usize, mut look: impl FnMut() -> bool) {
    while !look() {
        crate::thread::yield_now();
    }
}

pub(super) fn call(_address: usize) {}
