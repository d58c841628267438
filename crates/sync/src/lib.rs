//! Locks and signals for tasks, and for threads beside them. Works under any executor.
