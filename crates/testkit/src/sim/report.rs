//! What a deadlock tells.

use motet_executor::{TaskId, TaskInfo, TaskState};
use std::fmt;
use std::time::Duration;

/// Nothing is ready, nothing is armed, and these tasks wait.
pub(super) struct Deadlock {
    pub(super) seed: u64,
    pub(super) elapsed: Duration,
    pub(super) tasks: Vec<TaskInfo>,
}

impl Deadlock {
    /// The report, with the task of this number called "main".
    pub(super) fn of_main(&self, main: TaskId) -> String {
        self.tell("the main future waits", Some(main))
    }

    /// The report on the tasks that were cancelled.
    pub(super) fn of_cleanup(&self) -> String {
        self.tell("the cleanup of cancelled tasks waits", None)
    }

    fn tell(&self, who_waits: &str, main: Option<TaskId>) -> String {
        let Self { seed, elapsed, tasks } = self;
        let mut report = format!(
            "deadlock at {elapsed:?} of virtual time, seed {seed}: nothing is ready, no timer is armed, and {who_waits}\n"
        );
        for task in tasks {
            let line = Line { task, is_main: Some(task.id) == main };
            report.push_str(&format!("  {line}\n"));
        }
        report.push_str(
            "If another thread is to wake one of them, keep a `Sim::hold_clock` meanwhile; \
             a timer that was made outside of the run is on the real clock, and wakes nobody here.",
        );
        report
    }
}

/// One task.
struct Line<'a> {
    task: &'a TaskInfo,
    is_main: bool,
}

impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TaskInfo { id, name, location, state, .. } = self.task;
        match name {
            _ if self.is_main => write!(f, "main, run at {location}")?,
            Some(name) => write!(f, "task {id} '{name}', spawned at {location}")?,
            None => write!(f, "task {id}, spawned at {location}")?,
        }
        match state {
            TaskState::Cancelling => f.write_str(": was cancelled, and waits in its cleanup"),
            _ => f.write_str(": waits to be woken"),
        }
    }
}
