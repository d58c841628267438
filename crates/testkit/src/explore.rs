//! Try many seeds, and name the one that fails.

use crate::Sim;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The environment variable that replays one seed.
const REPLAY: &str = "MOTET_SEED";

/// Calls `f` with a [`Sim`] for each seed; a seed that fails is named in the panic.
///
/// Each seed is another order of the ready tasks, so a race that one run in a hundred shows is found by some hundred seeds, and
/// shown again by one. With the environment variable `MOTET_SEED` set, only that seed is run, whatever `seeds` are.
///
/// ```
/// use motet_executor::{spawn, yield_now};
/// use motet_test::explore;
/// use std::{panic::catch_unwind, sync::{Arc, Mutex}};
///
/// async fn add_one(sum: Arc<Mutex<u32>>) {
///     let seen = *sum.lock().unwrap();
///     yield_now().await;                          // whoever comes here in between is forgotten
///     *sum.lock().unwrap() = seen + 1;
/// }
///
/// let found = catch_unwind(|| {
///     explore(0..100, |sim| sim.run(async {
///         let sum = Arc::new(Mutex::new(0));
///         let tasks = [spawn(add_one(sum.clone())), spawn(add_one(sum.clone()))];
///         for task in tasks {
///             task.await.unwrap();
///         }
///         assert_eq!(*sum.lock().unwrap(), 2, "an update was lost");
///     }));
/// });
/// let message = found.unwrap_err().downcast::<String>().unwrap();
/// assert!(message.contains("MOTET_SEED=") && message.contains("an update was lost"), "{message}");
/// ```
///
/// # Panics
///
/// With the first failing seed and the message of its panic; and if `MOTET_SEED` is no whole number below 2^64.
#[track_caller]
pub fn explore<T>(seeds: impl IntoIterator<Item = u64>, f: impl Fn(&Sim) -> T) {
    let failure = match replayed() {
        Some(seed) => fails(seed, &f),
        None => seeds.into_iter().find_map(|seed| fails(seed, &f)),
    };
    if let Some(Failure { seed, message }) = failure {
        panic!("seed {seed} fails: {message}\nto run it alone: {REPLAY}={seed}");
    }
}

/// A seed, and what it panicked with.
struct Failure {
    seed: u64,
    message: String,
}

fn fails<T>(seed: u64, f: &impl Fn(&Sim) -> T) -> Option<Failure> {
    // What `f` gives is dropped in here: that may panic too.
    let run = || drop(f(&Sim::new(seed)));
    let payload = catch_unwind(AssertUnwindSafe(run)).err()?;
    Some(Failure { seed, message: message(&*payload) })
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("(no text)").to_owned()
}

/// The one seed that is asked for.
#[track_caller]
fn replayed() -> Option<u64> {
    let value = std::env::var_os(REPLAY)?;
    match value.to_str().map(str::trim).map(str::parse) {
        Some(Ok(seed)) => Some(seed),
        _ => panic!("{REPLAY} is {value:?}: set it to the whole number that a failing `explore` named, or unset it"),
    }
}
