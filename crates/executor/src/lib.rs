//! Runs futures on threads: tasks with cancellation, work stealing, a blocking pool, a local executor.
