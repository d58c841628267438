//! asyncio for Rust: `run`, `gather`, `wait`, timeouts, cancellation with cleanup, locks, queues, generators, an HTTP client.
//!
//! This is the facade for an application: one dependency, everything wired. Each part is a crate of its own that works under any
//! executor; a library should rather take those it needs, and `impl Spawn` and `impl Timer` from whoever calls it.
//!
//! ```
//! use std::time::Duration;
//!
//! async fn fetch_url(url: &str) -> String {
//!     motet::sleep(Duration::from_millis(10)).await;
//!     format!("Data from {url}")
//! }
//!
//! let results = motet::run(async {
//!     let all = motet::gather(["url_1", "url_2"].map(fetch_url));
//!     motet::timeout(Duration::from_secs(5), all).await
//! });
//! assert_eq!(results.unwrap(), ["Data from url_1", "Data from url_2"]);
//! ```
//!
//! | in asyncio | here | cancel safety |
//! | --- | --- | --- |
//! | `run`, `Runner` | [`run`](run()), [`Runtime`] and its options, [`Builder`] | – |
//! | `create_task`, `Task.cancel` | [`spawn`], [`Task`], [`task`] for a name | dropping the `Task` cancels it |
//! | `current_task`, `get_running_loop` | [`current_task`], [`current`] | – |
//! | `gather`, `wait`, `as_completed` | [`gather`], [`try_gather`], [`wait`], [`as_completed`] | dropped with their children; `wait` leaves them in the set |
//! | `timeout`, `wait_for` | [`TimeoutScope`], [`timeout`], [`wait_for`] | the cleanup of what is dropped is awaited |
//! | `TaskGroup` | [`task_group`] | dropped: the children are cancelled |
//! | `async with` | [`cancel::guard`], [`cancel::with`] | the exit is run to its end all the same |
//! | `shield` | [`shield`] | the work goes on |
//! | `async for`, `yield` | [`prelude`], with the methods of [`StreamExt`](futures_util::StreamExt), [`stream::stream`] | – |
//! | `Lock`, `Semaphore`, `Event` | [`sync`] | a dropped waiter passes its turn on |
//! | `Queue` | [`channel::Queue`] | nothing is lost |
//! | `to_thread` | [`to_thread`] | what has started runs on |
//! | one thread, no `Send` | [`LocalExecutor`] | dropping the `Task` cancels it |
//! | `set_exception_handler` | [`Builder::on_panic`], [`cancel::set_on_unheard`] | – |
//! | `add_signal_handler` | `signal` | a `listen`er remembers; `ctrl_c` does not |
//! | `open_connection` | `io` | no byte is lost |
//! | aiohttp, httpx | `http` | the connection is closed |
//!
//! [`from_asyncio`] sets each construct beside its Rust form, with code that runs.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! | --- | --- | --- |
//! | `io` | yes | `io`: TCP, UDP and Unix sockets, name lookup; idle workers wait in the reactor |
//! | `signal` | yes | `signal`: `ctrl_c`, `terminate`, `listen` (on Unix; turns on `io`) |
//! | `http` | no | `http`: the HTTP client (turns on `io`; its tree is large) |
#![forbid(unsafe_code)]

mod ambient;
mod builder;
mod driver;
pub mod from_asyncio;
#[cfg(feature = "io")]
pub mod io;
#[cfg(not(feature = "io"))]
mod parked;
pub mod prelude;
mod run;
mod runtime;
#[cfg(all(unix, feature = "signal"))]
pub mod signal;
pub mod time;

pub use ambient::{task, task_group, to_thread};
pub use builder::Builder;
pub use run::run;
pub use runtime::Runtime;

pub use motet_combinators::{
    AllCompleted, AsCompleted, Closed, Done, Elapsed, EmptySet, FirstCompleted, FirstError, GroupError, GroupTask, Key,
    LocalScope, LocalTask, Panicked, ScopeEnded, Select2, Select3, Select4, Select5, Select6, TaskGroup, TimeoutScope,
    WaitSet, When, as_completed, borrow_scope, cancel_after, deadline, gather, join, map_bounded, race, race_ok,
    select, shield, timeout, timeout as wait_for, timeout_at, timeout_with, try_gather, try_join, try_shield,
    try_timeout, wait,
};
pub use motet_executor::{
    Executor, FlatTask, LocalExecutor, LocalTaskBuilder, Metrics, PanicPayload, Task, TaskBuilder, TaskError,
    TaskHandle, TaskId, TaskInfo, TaskPanic, TaskState, WorkerMetrics, current, current_task, spawn, spawn_blocking,
    yield_now,
};
pub use motet_timer::{interval, sleep, sleep_until};

pub use motet_cancel as cancel;
pub use motet_channel as channel;
#[cfg(feature = "http")]
pub use motet_http as http;
pub use motet_stream as stream;
pub use motet_sync as sync;
