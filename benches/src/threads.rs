//! What the threads of this process have done, as the system counts it.

use std::fs;
use std::path::Path;
use std::time::Duration;

/// What threads have used.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    /// How often they gave up the processor by themselves: one that sleeps gives it up once for each time it wakes.
    pub switches: u64,
    /// For how long they were on a processor.
    pub cpu: Duration,
}

/// The number of the thread that calls this; zero where the system has none.
#[must_use]
pub fn current() -> u64 {
    let link = fs::read_link("/proc/thread-self").unwrap_or_default();
    link.file_name().and_then(|name| name.to_str()?.parse().ok()).unwrap_or(0)
}

/// What all threads that live have used together, but for one; nothing where the system does not tell.
#[must_use]
pub fn usage_but_of(thread: u64) -> Usage {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let others = tasks.filter(|task| task.file_name().to_str() != Some(&thread.to_string()));
    others.map(|task| usage(&task.path())).fold(Usage::default(), |sum, usage| Usage {
        switches: sum.switches + usage.switches,
        cpu: sum.cpu + usage.cpu,
    })
}

fn usage(task: &Path) -> Usage {
    let read = |file| fs::read_to_string(task.join(file)).unwrap_or_default();
    let status = read("status");
    let switches = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    let schedstat = read("schedstat");
    let nanos = schedstat.split_whitespace().next();
    Usage {
        switches: switches.and_then(|count| count.trim().parse().ok()).unwrap_or(0),
        cpu: Duration::from_nanos(nanos.and_then(|nanos| nanos.parse().ok()).unwrap_or(0)),
    }
}
