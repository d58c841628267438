//! The family `executor`: spawning, waking and switching tasks, on pools of two workers, on one thread, and a million at once.
//!
//! | cell | what one operation is |
//! | --- | --- |
//! | `exec/spawn_many_10k` | in a worker: 10,000 detached empty tasks, until the last ran |
//! | `exec/inject_10k` | the same from a foreign thread |
//! | `exec/spawn_join_10k` | spawn an empty task and await it, one after another |
//! | `exec/yield_200x1000` | 200 tasks yield 1000 times each |
//! | `exec/ping_pong_1k` | 1000 pairs exchange two oneshots |
//! | `exec/chained_1k` | each task spawns the next |
//! | `exec/fork_join_2^14` | binary tree of awaited tasks |
//! | `local/spawn_many_10k`, `local/yield_200x1000` | the same on one thread |
//! | `mem/1M_sleepers` | a million tasks sleep five seconds: bytes a task, and the time beyond the sleep |
//! | `fair/wake_beside_hog_p99` | from a wake on another thread to the poll, while one worker sits in polls of 50 ms: the 99th percentile |
//! | `fair/wake_by_hog_p99` | the same, if the wake comes from the very poll of 50 ms |
//! | `fair/injected_among_100k_max` | from a spawn on another thread to the poll, among 100,000 tasks that yield for ever: the longest |
//! | `idle/executor_5s`, `idle/runtime_5s` | nothing for five seconds: voluntary context switches, time on a CPU |
#![forbid(unsafe_code)]

mod fairness;
mod idle;
mod local;
mod pool;
mod sleepers;

use motet_benches::Family;

fn main() {
    if sleepers::is_child() {
        return sleepers::run_child();
    }
    if idle::is_child() {
        return idle::run_child();
    }
    let mut family = Family::new("executor");
    pool::cells(&mut family);
    local::cells(&mut family);
    sleepers::cells(&mut family);
    fairness::cells(&mut family);
    idle::cells(&mut family);
    family.finish().expect("the results can be written");
}
