//! The referee: rivals and Motet in one process, in turn.
