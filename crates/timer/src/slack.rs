//! How late the system may wake a thread whose wait is over.
//!
//! Linux lets each thread's waits run over by 50 µs, its *timer slack*, so that wakes may be bundled. A thread that waits for the
//! next deadline of fine timers does without: most of a short sleep's lateness is that. The slack is the thread's alone,
//! and changes nothing but its waits.

/// The slack that a thread has unless it asks for another, in nanoseconds: coarser timers need no better.
pub(crate) const USUAL: u64 = 50_000;

/// Ends the waits of this thread when they are over, where the system can.
#[cfg(all(target_os = "linux", not(motet_loom)))]
pub(crate) fn take_up() {
    use core::cell::Cell;

    motet_prim::thread_local! {
        static IS_TAKEN_UP: Cell<bool> = const { Cell::new(false) };
    }

    let is_first = IS_TAKEN_UP.try_with(|is_taken_up| !is_taken_up.replace(true));
    if is_first.unwrap_or(false) {
        const NANOSECOND: libc::c_ulong = 1;
        // SAFETY: this operation takes one number, and touches no memory. Should the system refuse, the waits stay as they are.
        let _refused = unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, NANOSECOND) };
    }
}

#[cfg(any(not(target_os = "linux"), motet_loom))]
pub(crate) fn take_up() {}

#[cfg(all(test, target_os = "linux", not(motet_loom)))]
mod tests {
    #[test]
    fn the_slack_is_that_of_the_calling_thread() {
        // SAFETY: this operation takes no arguments, and touches no memory.
        let slack = || unsafe { libc::prctl(libc::PR_GET_TIMERSLACK) };
        std::thread::spawn(move || {
            assert_ne!(slack(), 1);
            super::take_up();
            assert_eq!(slack(), 1);
        })
        .join()
        .unwrap();
    }
}
