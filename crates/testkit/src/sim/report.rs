//! What a deadlock tells, and what is told of tasks that panicked.

use motet_executor::{PanicPayload, TaskId, TaskInfo, TaskPanic, TaskState};
use std::fmt;
use std::panic::Location;
use std::time::Duration;

/// Nothing is ready, nothing is armed, and these tasks wait.
pub(super) struct Deadlock {
    pub(super) seed: u64,
    pub(super) elapsed: Duration,
    pub(super) tasks: Vec<TaskInfo>,
    pub(super) panics: Vec<Panicked>,
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
        let Self { seed, elapsed, tasks, panics } = self;
        let mut report = format!(
            "deadlock at {elapsed:?} of virtual time, seed {seed}: nothing is ready, no timer is armed, and {who_waits}\n"
        );
        for task in tasks {
            let line = Line { task, is_main: Some(task.id) == main };
            report.push_str(&format!("  {line}\n"));
        }
        if !panics.is_empty() {
            report.push_str("Before that:\n");
            panics.iter().for_each(|panicked| report.push_str(&format!("  {panicked}\n")));
        }
        report.push_str(
            "If another thread is to wake one of them, keep a `Sim::hold_clock` meanwhile; \
             a timer that was made outside of the run is on the real clock, and wakes nobody here.",
        );
        report
    }
}

/// A task that panicked, and that nobody awaits.
pub(super) struct Panicked {
    id: TaskId,
    name: Option<String>,
    location: &'static Location<'static>,
    message: String,
}

impl Panicked {
    pub(super) fn new(
        id: TaskId,
        name: Option<&str>,
        location: &'static Location<'static>,
        payload: &PanicPayload,
    ) -> Self {
        let message = payload.message().unwrap_or("(no text)").to_owned();
        Self { id, name: name.map(str::to_owned), location, message }
    }

    pub(super) fn of_task(panic: &TaskPanic<'_>) -> Self {
        Self::new(panic.id(), panic.name(), panic.location(), panic.payload())
    }
}

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, name, location, message } = self;
        match name {
            Some(name) => write!(f, "task {id} '{name}', spawned at {location}, panicked: {message}"),
            None => write!(f, "task {id}, spawned at {location}, panicked: {message}"),
        }
    }
}

/// The report on a run in which these panicked, and nothing else went wrong.
pub(super) fn of_panics(panics: &[Panicked], seed: u64) -> String {
    let mut report = match panics.len() {
        1 => format!("a task panicked, and nobody awaited it; seed {seed}\n"),
        many => format!("{many} tasks panicked, and nobody awaited them; seed {seed}\n"),
    };
    panics.iter().for_each(|panicked| report.push_str(&format!("  {panicked}\n")));
    report.push_str("Await the task; or, if it may panic, take that during the run: `Sim::take_panics`.");
    report
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
