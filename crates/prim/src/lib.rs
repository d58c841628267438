//! The one door to atomics, cells, locks and loom; the FIFO wait list; the wake batch.
