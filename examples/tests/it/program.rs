//! Running an example that cargo has built beside these tests.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The command that runs an example.
pub(crate) fn example(name: &str) -> Command {
    // This test is target/PROFILE/deps/it-HASH, the examples are in target/PROFILE/examples.
    let test = std::env::current_exe().expect("a test knows where it is");
    let profile: PathBuf = test.ancestors().nth(2).expect("a test lies two folders deep").to_owned();
    let mut command = Command::new(profile.join("examples").join(name).with_extension(std::env::consts::EXE_EXTENSION));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs an example to its end and gives what it printed, line by line.
pub(crate) fn lines_of(name: &str) -> Vec<String> {
    let output = example(name).output().unwrap_or_else(|error| {
        panic!("{name} cannot be started: {error}; `cargo test` builds it, `cargo test --test it` does not")
    });
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name} failed: {}\n{out}\n{err}", output.status);
    out.lines().map(str::to_owned).collect()
}
