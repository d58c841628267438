//! How much memory the process holds, as the system counts it.

use std::fs;

/// The resident set in bytes; `None` where the system does not tell.
#[must_use]
pub fn bytes() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let kibibytes: u64 =
        status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}
