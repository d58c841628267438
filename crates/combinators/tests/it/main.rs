//! Behaviours, one module an idea.
//!
//! Which module holds which row of the reference (C1 to C68); each test there names its row. `rows` runs what it has under Motet's executor,
//! under tokio and in virtual time; the others are stepped by hand, poll by poll.
//!
//! | rows | what | stepped in | under three executors |
//! | --- | --- | --- | --- |
//! | C1–C3, C10, C11 | gather | `gather`, `cleanup` | `rows::gathers` |
//! | C4–C8 | a gather of tasks, cancelled | `tasks`, `cleanup` | `rows::gathers` |
//! | C9, C21 | the same task twice | `compile_fail` in the docs of `gather` | – |
//! | C12–C20 | wait | `wait` | `rows::waits` |
//! | C22–C26 | as_completed | `as_completed` | `rows::waits` |
//! | C27, C28, C34 | a task that has finished, never started, finishes in that tick | `tasks`, `timeout` | – (a matter of one poll) |
//! | C29–C33, C35 | a limit on a task | `tasks`, `timeout`, `cleanup` | `rows::limits` |
//! | C36–C38, C40 | shield | `tasks` | `rows::limits` |
//! | C39 | a shielded error that nobody awaits | `tasks` | – (the hook is the process's) |
//! | C41–C43, C45, C46, C48, C50, C51 | timeout scopes | `timeout_scope` | `rows::limits` |
//! | C44, C47, C49 | two deadlines in one poll, a cancel taken back, an error in that moment | `timeout_scope` | – (a matter of one poll) |
//! | C52–C54, C56, C57, C59–C61, C63 | task groups | `group` | `rows::groups` |
//! | C55, C58, C62 | panics, and errors for the hook | `group` | – |
//! | C64, C65, C67 | cancelling a task | `tasks` | `rows::groups` |
//! | C66 | a cancel in the poll that completes | `tasks` | – (a matter of one poll) |
//! | C68 | an eagerly started task that has completed | `tasks`; the executor's own tests | – |

mod agnostic;
mod allocations;
mod as_completed;
mod chaos;
mod cleanup;
mod few;
mod gather;
mod group;
mod local_scope;
mod map_bounded;
mod rows;
mod spawned;
mod support;
mod tasks;
mod timeout;
mod timeout_scope;
mod wait;
