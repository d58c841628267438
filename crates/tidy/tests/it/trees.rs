//! What a crate pulls in, counted with `cargo tree`.

use std::collections::BTreeSet;
use std::process::Command;

/// The names of the packages that `package` builds on under default features, itself left out.
fn tree(package: &str) -> BTreeSet<String> {
    let text = cargo_tree(package, "normal");
    let names = text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned);
    names.filter(|name| name != package && !name.is_empty()).collect()
}

fn cargo_tree(package: &str, edges: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--edges", edges, "--prefix", "none", "--package", package])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo can be started");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo prints UTF-8")
}

#[test]
fn the_leaves_pull_in_at_most_ten_third_party_packages() {
    for leaf in ["motet-channel", "motet-sync", "motet-timer"] {
        let foreign: Vec<String> = tree(leaf).into_iter().filter(|name| !name.starts_with("motet-")).collect();
        assert!(foreign.len() <= 10, "{leaf} pulls in {}: {foreign:?}", foreign.len());
    }
}

#[test]
fn the_primitives_pull_in_no_runtime() {
    for package in ["motet-channel", "motet-sync", "motet-timer", "motet-combinators", "motet-stream", "motet-cancel"] {
        let tree = tree(package);
        for runtime in ["motet-executor", "motet-io", "motet-http", "tokio", "smol", "async-executor", "mio"] {
            assert!(!tree.contains(runtime), "{package} pulls in {runtime}: {tree:?}");
        }
    }
}

#[test]
fn the_http_client_turns_on_no_part_of_tokio_that_needs_its_runtime() {
    let edges = cargo_tree("motet-http", "normal,features");
    for feature in ["rt", "rt-multi-thread", "net", "time", "fs", "full"] {
        let line = format!("tokio feature \"{feature}\"");
        assert!(!edges.lines().any(|edge| edge.starts_with(&line)), "motet-http turns on {line}");
    }
    assert!(!edges.contains("motet-executor"), "the client names no executor");
}

#[test]
fn the_facade_leaves_http_out_unless_asked() {
    assert!(!tree("motet").contains("motet-http"));
}
