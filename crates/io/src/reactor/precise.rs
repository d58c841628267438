//! Limits kept to the microsecond where the poller itself counts in milliseconds.
//!
//! epoll takes its limit in whole milliseconds, and mio rounds up, so that a timer of 300 microseconds would fire after a
//! thousand. `ppoll` counts in nanoseconds, and an epoll instance can be polled like any other descriptor. So:
//!
//! | limit | wait | system calls |
//! | --- | --- | --- |
//! | none, or zero | epoll | 1 |
//! | a millisecond or more | epoll, for the whole milliseconds in it; the caller comes back for the rest | 1 |
//! | less | `ppoll` on epoll; epoll collects the events, if there are any | 1, or 2 with events |
//!
//! So only a timer that is due within the millisecond costs a system call more. Elsewhere the poller counts finely enough (kqueue), or there is no better clock.

use mio::Poll;
use std::time::Duration;

/// Waits for what the poller is too coarse for. Gives the limit that is left for the poller; `None` if the limit is over and
/// nothing has happened.
#[cfg(not(target_os = "linux"))]
pub(super) fn wait(_: &Poll, limit: Option<Duration>) -> Option<Option<Duration>> {
    Some(limit)
}

#[cfg(target_os = "linux")]
pub(super) use self::linux::wait;

#[cfg(target_os = "linux")]
mod linux {
    use super::{Duration, Poll};
    use std::os::fd::AsRawFd;
    use std::ptr;

    /// Below this the poller's clock has no word for a limit.
    const SHORT: Duration = Duration::from_millis(1);

    /// Which wait a limit asks for.
    #[derive(Debug, PartialEq, Eq)]
    enum Plan {
        Coarse(Option<Duration>),
        Fine(Duration),
    }

    impl Plan {
        fn of(limit: Option<Duration>) -> Self {
            match limit {
                None | Some(Duration::ZERO) => Self::Coarse(limit),
                Some(short) if short < SHORT => Self::Fine(short),
                Some(long) => {
                    // Not rounded up, as mio would: the caller is back early, and asks for what is left.
                    let whole = u64::try_from(long.as_millis()).unwrap_or(u64::MAX);
                    Self::Coarse(Some(Duration::from_millis(whole)))
                }
            }
        }
    }

    /// Waits for what the poller is too coarse for. Gives the limit that is left for the poller; `None` if the limit is
    /// over and nothing has happened.
    pub(in crate::reactor) fn wait(poll: &Poll, limit: Option<Duration>) -> Option<Option<Duration>> {
        match Plan::of(limit) {
            Plan::Coarse(limit) => Some(limit),
            Plan::Fine(limit) => has_events(poll, limit).then_some(Some(Duration::ZERO)),
        }
    }

    /// Waits until the poller has events, or for `limit`, which is less than a second; whether it has any.
    fn has_events(poll: &Poll, limit: Duration) -> bool {
        let mut epoll = libc::pollfd { fd: poll.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        let limit = libc::timespec { tv_sec: 0, tv_nsec: limit.subsec_nanos() as _ };
        // SAFETY: one `pollfd` is there, as the count says, and it and the limit outlive the call; a null mask leaves the
        // signals as they are. The descriptor is open as long as `poll` is borrowed.
        let ready = unsafe { libc::ppoll(&mut epoll, 1, &limit, ptr::null()) };
        // Negative if a signal came: no events, and the caller looks around and comes back.
        ready > 0
    }

    #[cfg(test)]
    #[cfg(not(motet_loom))]
    mod tests {
        use super::*;

        #[test]
        fn limits_below_a_millisecond_are_fine_and_longer_ones_are_not_rounded_up() {
            let [micro, milli] = [Duration::from_micros, Duration::from_millis];
            assert_eq!(Plan::of(None), Plan::Coarse(None));
            assert_eq!(Plan::of(Some(Duration::ZERO)), Plan::Coarse(Some(Duration::ZERO)));
            assert_eq!(Plan::of(Some(micro(300))), Plan::Fine(micro(300)));
            assert_eq!(Plan::of(Some(micro(999))), Plan::Fine(micro(999)));
            assert_eq!(Plan::of(Some(milli(1))), Plan::Coarse(Some(milli(1))));
            assert_eq!(Plan::of(Some(micro(10_999))), Plan::Coarse(Some(milli(10))));
            assert_eq!(Plan::of(Some(Duration::MAX)), Plan::Coarse(Some(milli(u64::MAX))));
        }

        #[test]
        fn events_end_a_fine_wait_and_its_limit_does() {
            let mut poll = Poll::new().unwrap();
            assert_eq!(wait(&poll, Some(Duration::from_micros(1))), None);
            let waker = mio::Waker::new(poll.registry(), mio::Token(0)).unwrap();
            waker.wake().unwrap();
            let left = wait(&poll, Some(SHORT - Duration::from_nanos(1)));
            assert_eq!(left, Some(Some(Duration::ZERO)));
            poll.poll(&mut mio::Events::with_capacity(1), left.unwrap()).unwrap();
            assert_eq!(wait(&poll, Some(Duration::from_micros(1))), None, "the event was collected");
        }
    }
}
