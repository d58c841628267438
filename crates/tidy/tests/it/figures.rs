//! The README's figures are those of the committed tables.

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The median of a contestant in a cell of a table of `benches/results`.
fn median(table: &str, cell: &str, contestant: &str) -> f64 {
    let text = fs::read_to_string(root().join("benches/results").join(table)).expect("the table is committed");
    let row = text.lines().find_map(|line| line.strip_prefix(&format!("{cell},{contestant},")));
    let median =
        row.and_then(|row| row.split(',').next()).unwrap_or_else(|| panic!("{table} has no {cell} of {contestant}"));
    median.parse().expect("a median is a number")
}

#[test]
fn the_readmes_figures_are_those_of_the_tables() {
    let url = |client| median("fetch.csv", "http/2000_at_100", client) / 1000.0;
    let sleeper = |runtime| median("executor.csv", "mem/1M_sleepers_bytes", runtime);
    let said = [
        format!("takes {:.1} µs a URL", url("motet")),
        format!("on reqwest and tokio {:.1}", url("reqwest")),
        format!("take {:.0} bytes each, tokio's {:.0}", sleeper("motet"), sleeper("tokio")),
    ];
    let readme = fs::read_to_string(root().join("README.md")).expect("there is a README");
    let words: Vec<&str> = readme.split_whitespace().collect();
    let readme = words.join(" ");
    for said in said {
        assert!(readme.contains(&said), "the README does not say: {said}");
    }
}
