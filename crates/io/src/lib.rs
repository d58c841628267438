//! Reactor, TCP sockets and name lookup. Works under any executor.
