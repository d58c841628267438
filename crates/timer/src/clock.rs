//! Instants as nanoseconds since one epoch of the process, saturating at both ends.
//!
//! The wheel counts in nanoseconds of 62 bits, which is 146 years; what lies beyond is [`NEVER`]. Instants before the
//! epoch (the first use of this crate) are zero: they are long past for every clock here.
#![forbid(unsafe_code)]

use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The last nanosecond that a wheel knows: a deadline there is never reached.
pub(crate) const NEVER: u64 = (1 << 62) - 1;

/// Where the nanoseconds are counted from.
fn epoch() -> Instant {
    static EPOCH: OnceLock<Instant> = OnceLock::new();
    *EPOCH.get_or_init(Instant::now)
}

/// An instant in nanoseconds since the epoch, from zero to [`NEVER`].
pub(crate) fn nanos(instant: Instant) -> u64 {
    span(instant.saturating_duration_since(epoch()))
}

/// A duration in nanoseconds, up to [`NEVER`].
pub(crate) fn span(duration: Duration) -> u64 {
    let whole = duration.as_secs().saturating_mul(1_000_000_000);
    whole.saturating_add(u64::from(duration.subsec_nanos())).min(NEVER)
}

/// The instant that is so many nanoseconds after the epoch.
pub(crate) fn instant(nanos: u64) -> Instant {
    saturating_add(epoch(), Duration::from_nanos(nanos))
}

/// `instant + duration`, or an instant that no clock will reach: a hundred years away, where the platform can say it.
pub(crate) fn saturating_add(instant: Instant, duration: Duration) -> Instant {
    const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
    [duration, YEAR * 150, YEAR * 30, YEAR].iter().find_map(|&d| instant.checked_add(d)).unwrap_or(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_survive_the_way_there_and_back() {
        let now = Instant::now() + Duration::from_secs(1);
        assert_eq!(instant(nanos(now)), now);
    }

    #[test]
    fn both_ends_saturate() {
        let start = epoch();
        assert_eq!(nanos(start), 0);
        assert_eq!(start.checked_sub(Duration::from_nanos(1)).map_or(0, nanos), 0);
        assert_eq!(span(Duration::MAX), NEVER);
        assert!(saturating_add(start, Duration::MAX) > start + Duration::from_secs(1 << 32));
        assert_eq!(nanos(saturating_add(start, Duration::MAX)), NEVER);
    }
}
