//! Instants as nanoseconds since one epoch of the process, saturating at both ends.
//!
//! The wheel counts in nanoseconds of 62 bits, which is 146 years. The epoch lies as far as forty of them in the past, so
//! that a deadline keeps its value whether it has passed or is a century away; what lies beyond is [`NEVER`], and what
//! lies before is zero.
#![forbid(unsafe_code)]

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The last nanosecond that a wheel knows: a deadline there is never reached.
pub(crate) const NEVER: u64 = (1 << 62) - 1;

const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Where the nanoseconds are counted from: as far back as the platform's clock can say, up to forty years.
#[inline]
fn epoch() -> Instant {
    static EPOCH: OnceLock<Instant> = OnceLock::new();
    *EPOCH.get_or_init(|| {
        let now = Instant::now();
        let mut back = YEAR * 40;
        loop {
            match now.checked_sub(back) {
                Some(epoch) => return epoch,
                None => back /= 2,
            }
        }
    })
}

/// The real time.
#[inline]
pub(crate) fn now() -> u64 {
    nanos(Instant::now())
}

/// An instant in nanoseconds since the epoch, from zero to [`NEVER`].
#[inline]
pub(crate) fn nanos(instant: Instant) -> u64 {
    span(instant.saturating_duration_since(epoch()))
}

/// A duration in nanoseconds, up to [`NEVER`].
#[inline]
pub(crate) fn span(duration: Duration) -> u64 {
    const SECOND: u64 = 1_000_000_000;
    if duration.as_secs() >= NEVER / SECOND {
        return NEVER;
    }
    duration.as_secs() * SECOND + u64::from(duration.subsec_nanos())
}

/// So long after that nanosecond, up to [`NEVER`].
#[inline]
pub(crate) fn after(nanos: u64, duration: Duration) -> u64 {
    (nanos + span(duration)).min(NEVER)
}

/// The instant that is so many nanoseconds after the epoch.
pub(crate) fn instant(nanos: u64) -> Instant {
    saturating_add(epoch(), Duration::from_nanos(nanos))
}

/// `instant + duration`, or an instant that no clock will reach: a hundred years away, where the platform can say it.
pub(crate) fn saturating_add(instant: Instant, duration: Duration) -> Instant {
    [duration, YEAR * 150, YEAR * 30, YEAR].iter().find_map(|&d| instant.checked_add(d)).unwrap_or(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_survive_the_way_there_and_back() {
        let now = Instant::now();
        for there in [now, now + Duration::from_secs(1), now + YEAR * 100, now.checked_sub(YEAR).unwrap_or(now)] {
            assert_eq!(instant(nanos(there)), there);
        }
    }

    #[test]
    fn both_ends_saturate() {
        let start = epoch();
        assert_eq!(nanos(start), 0);
        assert_eq!(start.checked_sub(Duration::from_nanos(1)).map_or(0, nanos), 0);
        assert_eq!(span(Duration::MAX), NEVER);
        assert_eq!(after(NEVER, Duration::MAX), NEVER);
        assert_eq!(after(1, Duration::from_nanos(2)), 3);
        assert!(saturating_add(start, Duration::MAX) > start + Duration::from_secs(1 << 32));
        assert_eq!(nanos(saturating_add(start, Duration::MAX)), NEVER);
    }
}
