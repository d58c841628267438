//! Time: [`motet_timer`], whole. Inside a runtime [`now`] is its clock's time, and [`sleep`](sleep()) waits by it.

pub use motet_timer::*;
