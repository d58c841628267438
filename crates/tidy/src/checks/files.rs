//! What a file looks like as a whole.

use crate::tokens;
use crate::{Package, Source, Violation};

/// Past this many lines a file is two ideas.
const MOST_LINES: usize = 400;

/// `//!` opens every file.
#[must_use]
pub fn opens_with_docs(source: &Source) -> Vec<Violation> {
    if source.text.starts_with("//!") {
        return Vec::new();
    }
    vec![source.violation(1, "open the file with `//!`: what it is, and its states if it has any")]
}

/// No source file is longer than 400 lines.
#[must_use]
pub fn stays_short(source: &Source) -> Vec<Violation> {
    match source.text.lines().count() {
        ..=MOST_LINES => Vec::new(),
        lines => {
            vec![source.violation(lines, format!("{lines} lines, more than {MOST_LINES}: find the two ideas in it"))]
        }
    }
}

/// A crate whose sources have no `unsafe` says so: `#![forbid(unsafe_code)]` in its `lib.rs`.
#[must_use]
pub fn forbids_unsafe(package: &Package) -> Vec<Violation> {
    let in_crate = |source: &&Source| source.path.starts_with(package.folder.join("src"));
    let uses_unsafe = |source: &Source| tokens::flat(&source.text).iter().any(|token| token.text == "unsafe");
    if package.sources.iter().filter(in_crate).any(uses_unsafe) {
        return Vec::new();
    }
    let root = package.sources.iter().find(|source| source.path == package.folder.join("src/lib.rs"));
    root.into_iter()
        .filter(|lib| !lib.text.contains("#![forbid(unsafe_code)]"))
        .map(|lib| lib.violation(1, "nothing here is unsafe: say `#![forbid(unsafe_code)]`"))
        .collect()
}
