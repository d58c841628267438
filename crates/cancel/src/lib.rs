//! Scopes: stop work from outside and let it clean up. Works under any executor.
