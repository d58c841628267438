//! Async generators as streams, without a macro. Works under any executor.
