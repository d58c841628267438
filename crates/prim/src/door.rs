//! The parts of the door that are macros, and the entry to the model checker.

/// Defines a `const fn`; under loom a plain `fn`, since loom's atomics, cells and locks are made at run time.
///
/// Wrap the one constructor that builds such fields; call it from `static`s and other `const fn`s outside of models.
///
/// ```
/// use motet_prim::atomic::{AtomicUsize, Ordering};
///
/// pub struct Counter(AtomicUsize);
///
/// impl Counter {
///     motet_prim::const_fn! {
///         /// A counter at zero.
///         pub const fn new() -> Self {
///             Self(AtomicUsize::new(0))
///         }
///     }
/// }
///
/// # #[cfg(not(motet_loom))]
/// static COUNTER: Counter = Counter::new();
/// # #[cfg(not(motet_loom))]
/// assert_eq!(COUNTER.0.load(Ordering::Relaxed), 0);
/// ```
#[cfg(not(motet_loom))]
#[macro_export]
macro_rules! const_fn {
    ($(#[$attribute:meta])* $visibility:vis const fn $($rest:tt)*) => {
        $(#[$attribute])* $visibility const fn $($rest)*
    };
}

/// Defines a plain `fn` where a `const fn` stands outside loom.
#[cfg(motet_loom)]
#[macro_export]
macro_rules! const_fn {
    ($(#[$attribute:meta])* $visibility:vis const fn $($rest:tt)*) => {
        $(#[$attribute])* $visibility fn $($rest)*
    };
}

/// Declares thread-local variables with constant initial values; in a model, one for each of its threads.
///
/// Use `with` and `try_with` only: loom's key has no `get` and `set`.
///
/// ```
/// use std::cell::Cell;
///
/// motet_prim::thread_local! {
///     static DEPTH: Cell<usize> = const { Cell::new(0) };
/// }
///
/// DEPTH.with(|depth| depth.set(depth.get() + 1));
/// assert_eq!(DEPTH.with(Cell::get), 1);
/// ```
#[cfg(not(motet_loom))]
#[macro_export]
macro_rules! thread_local {
    ($($(#[$attribute:meta])* $visibility:vis static $name:ident: $type:ty = const $init:block);+ $(;)?) => {
        $(::std::thread_local! { $(#[$attribute])* $visibility static $name: $type = const $init; })+
    };
}

/// Declares thread-local variables, one for each thread of a model.
#[cfg(motet_loom)]
#[macro_export]
macro_rules! thread_local {
    ($($(#[$attribute:meta])* $visibility:vis static $name:ident: $type:ty = const $init:block);+ $(;)?) => {
        $($crate::loom::thread_local! { $(#[$attribute])* $visibility static $name: $type = $init; })+
    };
}

/// Declares a process-wide variable; in a model, one that each of its runs makes anew.
///
/// The initial value is a constant expression outside loom. Under loom the name stands for a reference to the value, so use it
/// through method calls, which work on both sides.
///
/// ```
/// use motet_prim::atomic::{AtomicU64, Ordering};
///
/// motet_prim::global! {
///     static TICKS: AtomicU64 = AtomicU64::new(0);
/// }
///
/// assert_eq!(TICKS.fetch_add(1, Ordering::Relaxed), 0);
/// ```
#[cfg(not(motet_loom))]
#[macro_export]
macro_rules! global {
    ($($(#[$attribute:meta])* $visibility:vis static $name:ident: $type:ty = $init:expr);+ $(;)?) => {
        $($(#[$attribute])* $visibility static $name: $type = $init;)+
    };
}

/// Declares a process-wide variable that each run of a model makes anew.
#[cfg(motet_loom)]
#[macro_export]
macro_rules! global {
    // Not `vis`: loom's macro has to see the tokens.
    ($($(#[$attribute:meta])* $(pub $(($($scope:tt)+))?)? static $name:ident: $type:ty = $init:expr);+ $(;)?) => {
        $($crate::loom::lazy_static! {
            $(#[$attribute])* $(pub $(($($scope)+))?)? static ref $name: $type = $init;
        })+
    };
}

/// Runs a model once, as a plain test.
#[cfg(not(motet_loom))]
pub fn model(run: impl Fn() + Send + Sync + 'static) {
    run();
}

/// Runs a model in every interleaving with at most three preemptions (`LOOM_MAX_PREEMPTIONS` sets another bound; the
/// literature finds nearly every bug within two).
#[cfg(motet_loom)]
pub fn model(run: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(3);
    builder.max_branches = builder.max_branches.max(20_000);
    builder.check(run);
}
