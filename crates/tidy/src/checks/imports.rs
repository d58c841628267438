//! The import rule: which of our crates may name which.

use crate::{Package, Violation};

/// What stands in for "all of them": the facade, the examples and the benches wire everything.
const ALL: &[&str] = &["*"];

/// The table of `ARCHITECTURE.md`: a package, and those of ours that it may import.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("motet-prim", &[]),
    ("motet-cancel", &["motet-prim"]),
    ("motet-executor", &["motet-prim", "motet-cancel"]),
    ("motet-timer", &["motet-prim"]),
    ("motet-sync", &["motet-prim"]),
    ("motet-channel", &["motet-prim"]),
    ("motet-combinators", &["motet-prim", "motet-cancel", "motet-timer"]),
    ("motet-stream", &["motet-prim", "motet-cancel"]),
    ("motet-io", &["motet-prim"]),
    ("motet-http", &["motet-io", "motet-timer", "motet-sync", "motet-cancel"]),
    ("motet-tokio", &["motet-timer"]),
    ("motet-smol", &["motet-timer"]),
    ("motet-test", &["motet-timer", "motet-executor"]),
    ("motet", ALL),
    ("tidy", &[]),
    ("motet-examples", ALL),
    ("motet-benches", ALL),
];

/// The crates import one another only as the table allows; tests may use what they like.
#[must_use]
pub fn imports(package: &Package) -> Vec<Violation> {
    let violation = |message: String| Violation { path: package.folder.join("Cargo.toml"), line: 1, message };
    let Some((_, allowed)) = MAY_IMPORT.iter().find(|(name, _)| *name == package.name) else {
        return vec![violation(format!("`{}` is not in the table of crates: add it there and to tidy", package.name))];
    };
    let ours = |name: &&str| name.starts_with("motet");
    let forbidden = |name: &&str| *allowed != ALL && !allowed.contains(name);
    let dependencies = package.dependencies();
    let breaches = dependencies.into_iter().filter(ours).filter(forbidden);
    breaches.map(|name| violation(format!("`{}` may not import `{name}`", package.name))).collect()
}
