//! Behaviours, one module an idea.
//!
//! Which module holds which row of the reference (C1 to C68); each test there names its row. `rows` runs them under Motet's executor,
//! under tokio and in virtual time; the other modules step them by hand, poll by poll.
//!
//! | rows | what | stepped in | under three executors |
//! | --- | --- | --- | --- |
//! | C1–C3, C10, C11 | gather | `gather`, `cleanup` | `rows::gathers` |
//! | C4–C8 | a gather of tasks, cancelled | `tasks`, `cleanup` | `rows::gathers` |
//! | C9, C21 | the same task twice | `compile_fail` in the docs of `gather` | – (no such program exists) |
//! | C12–C20 | wait | `wait` | `rows::waits` |
//! | C22–C26 | as_completed | `as_completed` | `rows::waits` |
//! | C27, C29–C35 | a limit on a task | `tasks`, `timeout`, `cleanup` | `rows::limits` |
//! | C28 | a limit on a task that never started | `tasks`, on Motet's thread and on tokio's | – (with two threads it may start at any moment) |
//! | C36–C40 | shield | `tasks` | `rows::limits` |
//! | C41–C51 | timeout scopes | `timeout_scope` | `rows::limits` |
//! | C52–C63 | task groups | `group` | `rows::groups` |
//! | C64–C68 | cancelling a task | `tasks` | `rows::groups` |
//!
//! That both of C44 report, the case in which its body ends in the very poll of the expiry, and of C49 the one in which time passes while it waits
//! are stepped only: a real clock strikes when it wants to, within a poll too.

mod agnostic;
mod allocations;
mod as_completed;
mod chaos;
mod cleanup;
mod few;
mod gather;
mod group;
mod hostile_wakers;
mod local_scope;
mod map_bounded;
mod rows;
mod spawned;
mod support;
mod tasks;
mod timeout;
mod timeout_scope;
mod wait;
