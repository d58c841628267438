//! Every rule over the whole repository.

use std::path::Path;
use tidy::{House, Package, Source, Violation, checks};

fn open() -> House {
    House::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
}

fn assert_none(violations: impl IntoIterator<Item = Violation>) {
    let lines: Vec<String> = violations.into_iter().map(|violation| violation.to_string()).collect();
    assert!(lines.is_empty(), "{} violations:\n{}", lines.len(), lines.join("\n"));
}

fn each_source(check: fn(&Source) -> Vec<Violation>) {
    assert_none(open().sources().flat_map(check));
}

fn each_package(check: fn(&Package) -> Vec<Violation>) {
    assert_none(open().packages.iter().flat_map(check));
}

#[test]
fn every_package_of_the_table_is_in_the_house() {
    let names: Vec<String> = open().packages.into_iter().map(|package| package.name).collect();
    assert_eq!(names.len(), 17, "{names:?}");
}

#[test]
fn docs_open_every_file() {
    each_source(checks::opens_with_docs);
}

#[test]
fn no_file_is_longer_than_400_lines() {
    each_source(checks::stays_short);
}

#[test]
fn atomics_locks_and_loom_come_through_one_door() {
    each_source(checks::one_door);
}

#[test]
fn crates_import_one_another_as_the_table_allows() {
    each_package(checks::imports);
}

#[test]
fn every_public_future_documents_its_cancel_safety() {
    each_package(checks::cancel_safety);
}

#[test]
fn nothing_is_ignored_or_left_to_do() {
    each_source(checks::nothing_skipped);
}

#[test]
fn no_test_sleeps() {
    each_source(checks::no_sleeping_tests);
}

#[test]
fn every_model_spawns() {
    each_source(checks::models_spawn);
}

#[test]
fn each_crate_has_one_integration_binary() {
    each_package(checks::one_test_binary);
}

#[test]
fn names_say_what_things_are() {
    each_source(checks::plain_names);
}

#[test]
fn crates_without_unsafe_forbid_it() {
    each_package(checks::forbids_unsafe);
}
