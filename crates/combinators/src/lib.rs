//! gather, wait, timeout, race, as_completed, task groups. Works on plain futures under any executor.
