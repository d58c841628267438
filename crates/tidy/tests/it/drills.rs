//! Each check is shown a breach of its rule, and one thing that looks like a breach and is none.

use std::path::PathBuf;
use tidy::{Package, Source, Violation, checks};

fn source(path: &str, text: &str) -> Source {
    Source::parse(PathBuf::from(path), text.to_owned())
}

fn package(name: &str, dependencies: &str, sources: Vec<Source>) -> Package {
    let manifest = format!("[package]\nname = \"{name}\"\n{dependencies}");
    Package::new(PathBuf::from("crates/drill"), &manifest, sources)
}

/// The lines of the violations.
fn lines(violations: &[Violation]) -> Vec<usize> {
    violations.iter().map(|violation| violation.line).collect()
}

#[test]
fn a_file_without_opening_docs_is_found() {
    assert_eq!(lines(&checks::opens_with_docs(&source("a.rs", "// not docs\n"))), [1]);
    assert!(checks::opens_with_docs(&source("a.rs", "//! Docs.\n")).is_empty());
}

#[test]
fn a_file_of_401_lines_is_found() {
    assert_eq!(lines(&checks::stays_short(&source("a.rs", &"//\n".repeat(401)))), [401]);
    assert!(checks::stays_short(&source("a.rs", &"//\n".repeat(400))).is_empty());
}

#[test]
fn atomics_locks_and_loom_past_the_door_are_found() {
    let breach = "//! A.\nuse std::sync::atomic::AtomicBool;\nuse std::sync::{Arc, atomic};\nuse parking_lot::Mutex;\n\
                  fn f() { macro_rules! m { () => { loom::model() } } }\n";
    let mut found = lines(&checks::one_door(&source("crates/sync/src/lib.rs", breach)));
    found.sort_unstable();
    assert_eq!(found, [2, 3, 4, 5]);
    assert!(checks::one_door(&source("crates/prim/src/lib.rs", breach)).is_empty());
    assert!(checks::one_door(&source("crates/sync/src/model.rs", "use loom::thread;")).is_empty());
    let fine =
        "//! Names parking_lot and loom in docs.\nuse motet_prim::atomic::AtomicBool;\n#[cfg(motet_loom)]\nfn f() {}\n";
    assert!(checks::one_door(&source("crates/sync/src/lib.rs", fine)).is_empty());
}

#[test]
fn an_import_outside_the_table_is_found() {
    let breach = package("motet-timer", "[dependencies]\nmotet-executor = \"1\"\nmotet-prim = \"1\"", Vec::new());
    assert_eq!(checks::imports(&breach)[0].message, "`motet-timer` may not import `motet-executor`");
    let hidden = "[target.'cfg(unix)'.dependencies]\nmotet-timer.workspace = true";
    assert_eq!(checks::imports(&package("motet-io", hidden, Vec::new())).len(), 1);
    let renamed = "[dependencies]\nclock = { package = \"motet-timer\", version = \"1\" }";
    assert_eq!(checks::imports(&package("motet-io", renamed, Vec::new())).len(), 1);
    let in_tests = "[dev-dependencies]\nmotet-executor = \"1\"";
    assert!(checks::imports(&package("motet-timer", in_tests, Vec::new())).is_empty());
    assert_eq!(checks::imports(&package("motet-new", "", Vec::new())).len(), 1);
}

#[test]
fn a_public_future_that_is_silent_on_cancel_safety_is_found() {
    let breach = "//! A.\npub struct Wait;\nimpl Future for Wait {}\nimpl Wait {\npub fn again(self) -> Self {}\n}\n\
                  pub async fn a() {}\npub fn b() -> impl Future<Output = ()> + Send {}\npub fn c() -> Wait {}\n\
                  pub trait T {\n fn d() -> BoxFuture<'static, ()>;\n}\n";
    let drill = package("motet-prim", "", vec![source("crates/drill/src/lib.rs", breach)]);
    assert_eq!(lines(&checks::cancel_safety(&drill)), [5, 7, 8, 9, 11]);
    let disguised = "//! A.\npub type Nap = Rest;\npub type Rest = Wait<u8>;\npub struct Wait<T>(T);\nimpl<T> Future for Wait<T> {}\n\
                     pub fn a() -> Nap {}\npub fn b() -> Pin<Box<dyn Future<Output = ()> + Send>> {}\npub fn c() -> Pin<Box<u8>> {}\n";
    let drill = package("motet-prim", "", vec![source("crates/drill/src/lib.rs", disguised)]);
    assert_eq!(lines(&checks::cancel_safety(&drill)), [6, 7]);
    let fine = "//! A.\n/// Waits.\n///\n/// # Cancel safety\n///\n/// Safe.\npub async fn a() {}\nasync fn private() {}\n\
                pub fn count() -> usize { 0 }\n#[doc(hidden)]\npub async fn hidden() {}\n";
    let drill = package("motet-prim", "", vec![source("crates/drill/src/lib.rs", fine)]);
    assert!(checks::cancel_safety(&drill).is_empty());
}

#[test]
fn skipped_and_unfinished_code_is_found() {
    let breach =
        "//! A.\n#[test]\n#[ignore]\nfn a() {}\nfn b() { todo!() }\n/// ```ignore\n/// x\n/// ```\nfn c() {}\n";
    let mut found = lines(&checks::nothing_skipped(&source("a.rs", breach)));
    found.sort_unstable();
    assert_eq!(found, [3, 5, 6]);
    let fine = "//! Do not say todo!() here.\n/// ```\n/// let ignore = 1;\n/// ```\nfn ignore() {}\n";
    assert!(checks::nothing_skipped(&source("a.rs", fine)).is_empty());
}

#[test]
fn a_sleeping_test_is_found() {
    let breach = "//! A.\nfn a() { std::thread::sleep(d); }\nasync fn b() { tokio::time::sleep(d).await; }\n";
    assert_eq!(lines(&checks::no_sleeping_tests(&source("crates/a/tests/it/a.rs", breach))), [2, 3]);
    let imported = "//! A.\nuse std::thread::{self, sleep};\n";
    assert_eq!(lines(&checks::no_sleeping_tests(&source("crates/a/tests/it/a.rs", imported))), [2]);
    let module = "//! A.\nfn driver() { park_timeout(d); }\n#[cfg(test)]\nmod tests {\nfn a() { sleep_ms(3); }\n}\n";
    assert_eq!(lines(&checks::no_sleeping_tests(&source("crates/a/src/a.rs", module))), [5]);
    let paused = "//! A.\n#[tokio::test(start_paused = true)]\nasync fn b() { tokio::time::sleep(d).await; }\n";
    assert!(checks::no_sleeping_tests(&source("crates/a/tests/it/a.rs", paused)).is_empty());
}

#[test]
fn a_model_with_one_thread_is_found() {
    let breach = "//! A.\n#[test]\nfn alone() { motet_prim::model(|| ()); }\n#[test]\nfn two() { run(); }\n\
                  fn run() { thread::spawn(|| ()); }\n";
    assert_eq!(lines(&checks::models_spawn(&source("crates/a/src/model.rs", breach))), [3]);
    assert!(checks::models_spawn(&source("crates/a/src/other.rs", breach)).is_empty());
}

#[test]
fn a_second_integration_binary_is_found() {
    let sources =
        || vec![source("crates/drill/tests/it/main.rs", "//! A."), source("crates/drill/tests/two.rs", "//! A.")];
    assert_eq!(checks::one_test_binary(&package("motet-prim", "", sources())).len(), 1);
    assert!(checks::one_test_binary(&package("motet-prim", "", sources().drain(..1).collect())).is_empty());
}

#[test]
fn empty_names_are_found() {
    let breach = "//! A.\nstruct QueueInner;\nenum TaskManager {}\ntrait Helper {}\nstruct Winner;\n";
    assert_eq!(lines(&checks::plain_names(&source("a.rs", breach))), [2, 3, 4]);
    assert_eq!(lines(&checks::plain_names(&source("src/utils.rs", "//! A."))), [1]);
}

#[test]
fn a_safe_crate_that_does_not_forbid_unsafe_is_found() {
    let lib = |text| vec![source("crates/drill/src/lib.rs", text)];
    assert_eq!(checks::forbids_unsafe(&package("motet-prim", "", lib("//! The word unsafe in docs."))).len(), 1);
    assert!(checks::forbids_unsafe(&package("motet-prim", "", lib("//! A.\n#![forbid(unsafe_code)]"))).is_empty());
    assert!(checks::forbids_unsafe(&package("motet-prim", "", lib("//! A.\nunsafe fn f() {}"))).is_empty());
}
