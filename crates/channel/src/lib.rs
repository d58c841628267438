//! Queues and channels that lose nothing. Works under any executor.
