//! The main job from outside: its exit status, its results file, bad lines, bad usage, Ctrl-C.

use crate::program::example;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::thread;

/// A path in the folder that cargo keeps for this test binary.
fn scratch(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn fetch(args: &[&str]) -> Command {
    let mut command = example("fetch");
    command.args(args);
    command
}

fn run_with_input(args: &[&str], input: &str) -> Output {
    let mut child = fetch(args).stdin(Stdio::piped()).spawn().expect("fetch can be started");
    let mut stdin = child.stdin.take().expect("its input is piped");
    stdin.write_all(input.as_bytes()).expect("fetch reads its input");
    drop(stdin);
    child.wait_with_output().expect("fetch ends")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A server that answers each connection once with `response`, or keeps it waiting for ever if there is none.
fn serve(response: Option<&'static str>) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    thread::spawn(move || {
        let mut waiting = Vec::new();
        for mut stream in listener.incoming().map_while(Result::ok) {
            let mut request = [0; 1024];
            let _read = stream.read(&mut request);
            match response {
                Some(response) => drop(stream.write_all(response.as_bytes())),
                None => waiting.push(stream),
            }
        }
    });
    format!("http://{address}")
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok";

#[test]
fn the_demonstration_ends_as_expected() {
    let output = fetch(&[]).output().expect("fetch can be started");
    let summary = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{summary}\n{}", text(&output.stderr));
    assert!(summary.contains("as expected          2000 of 2000"), "{summary}");
}

#[test]
fn a_bad_line_is_reported_with_its_number_and_does_not_stop_the_rest() {
    let server = serve(Some(OK));
    let out = scratch("bad_line.jsonl");
    let input = format!("# a comment\n{server}/a\n\nthis is no URL\nftp://example.com/\n  {server}/b  \n");
    let output = run_with_input(&["--urls", "-", "--out", &out.to_string_lossy()], &input);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    let errors = text(&output.stderr);
    assert!(errors.contains("line 4: this is no URL: ") && errors.contains("line 5: ftp://example.com/: "), "{errors}");
    let mut lines: Vec<String> = std::fs::read_to_string(&out).expect("results").lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(lines.len(), 4);
    assert!(lines[0].starts_with(r#"{"line":2,"#) && lines[0].contains(r#""outcome":"ok","status":200,"bytes":2"#));
    assert!(lines[1].contains(r#""outcome":"bad_url""#), "{}", lines[1]);
}

#[test]
fn all_good_urls_end_with_success() {
    let server = serve(Some(OK));
    let output = run_with_input(&["--urls", "-"], &format!("{server}/1\n{server}/2\n"));
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
}

#[test]
fn an_address_without_a_path_is_no_redirect() {
    let server = serve(Some(OK));
    let output = run_with_input(&["--urls", "-"], &format!("{server}\n"));
    let summary = text(&output.stdout);
    assert!(output.status.success() && !summary.contains("redirected"), "{summary}");
}

#[test]
fn a_line_without_an_end_is_a_bad_line_and_takes_no_memory() {
    let server = serve(Some(OK));
    let out = scratch("long_line.jsonl");
    let input = format!("{server}/a\n{server}/{}\n\u{e9}\n{server}/b", "x".repeat(10_000_000));
    let output = run_with_input(&["--urls", "-", "--out", &out.to_string_lossy()], &input);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    let errors = text(&output.stderr);
    assert!(errors.contains("line 2: ") && errors.contains("line 3: "), "{}", errors.len());
    assert!(errors.len() < 10_000, "it is not printed whole: {} bytes", errors.len());
    let results = std::fs::read_to_string(&out).expect("results");
    assert_eq!(results.lines().count(), 4);
    assert!(results.contains(r#""line":4,"#) && results.len() < 10_000);
}

#[test]
fn input_that_cannot_be_read_is_no_success() {
    let folder = env!("CARGO_TARGET_TMPDIR");
    let output = fetch(&["--urls", folder]).output().expect("fetch can be started");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("is not read"), "{}", text(&output.stderr));
}

#[test]
fn bad_usage_ends_with_two_and_says_what_to_do() {
    for (args, hint) in [
        (&["--limit", "0"][..], "give at least 1"),
        (&["--limit", "1000000"], "give at most 10000"),
        (&["--timeout", "0"], "give more than 0"),
        (&["--timeout", "soon"], "invalid"),
        (&["--nonsense"], "--help"),
        (&["--urls", "/nowhere/list.txt"], "/nowhere/list.txt"),
        (&["--out", "/nowhere/results.jsonl"], "/nowhere/results.jsonl"),
    ] {
        let output = fetch(args).output().expect("fetch can be started");
        assert_eq!(output.status.code(), Some(2), "{args:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(hint), "{args:?}: {}", text(&output.stderr));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_results_file_that_takes_no_more_ends_the_job_and_says_so() {
    let output = fetch(&["--out", "/dev/full"]).output().expect("fetch can be started");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
    assert!(text(&output.stderr).contains("fetch: "), "{}", text(&output.stderr));
}

#[test]
fn what_failed_in_passing_is_tried_again() {
    let server = serve(Some("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"));
    let out = scratch("retries.jsonl");
    let args = ["--urls", "-", "--retries", "2", "--out", &out.to_string_lossy()];
    let output = run_with_input(&args, &format!("{server}/\n"));
    assert_eq!(output.status.code(), Some(1));
    let line = std::fs::read_to_string(&out).expect("results");
    assert!(line.contains(r#""outcome":"server_error""#) && line.contains(r#""attempts":3"#), "{line}");
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_what_finished_and_ends_with_130() {
    let (quick, stuck) = (serve(Some(OK)), serve(None));
    let out = scratch("ctrl_c.jsonl");
    let args = ["--urls", "-", "--limit", "2", "--timeout", "3600", "--out", &out.to_string_lossy()];
    let mut child = fetch(&args).stdin(Stdio::piped()).spawn().expect("fetch can be started");
    let mut stdin = child.stdin.take().expect("its input is piped");
    // The bad line is reported once its record is written: it says that the two before it are well on their way.
    write!(stdin, "{quick}/1\n{quick}/2\n{stuck}/\nno URL\n").expect("fetch reads its input");
    let mut errors = BufReader::new(child.stderr.take().expect("its errors are piped"));
    let mut line = String::new();
    errors.read_line(&mut line).expect("it reports the bad line");
    assert!(line.starts_with("line 4: "), "{line}");

    let pressed = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(pressed.expect("kill can be started").success());
    // The input stays open: cancellation does not wait for it.
    let output = child.wait_with_output().expect("fetch ends");
    drop(stdin);
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stdout));
    assert!(text(&output.stdout).contains("cancelled            "), "{}", text(&output.stdout));
    let results = std::fs::read_to_string(&out).expect("results");
    assert_eq!(results.lines().count(), 3, "{results}");
    assert!(results.ends_with('\n'));
}

/// The most memory that a process ever held, in KiB.
#[cfg(target_os = "linux")]
fn peak_kib(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("the process runs");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("Linux says so");
    peak.trim().trim_end_matches(" kB").parse().expect("a number")
}

#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_number_of_urls() {
    const FEW: usize = 5_000;
    const MANY: usize = 100_000;
    let mut child = fetch(&["--urls", "-"]).stdin(Stdio::piped()).spawn().expect("fetch can be started");
    let mut stdin = child.stdin.take().expect("its input is piped");
    // A bad URL costs no request but goes the whole way: read, handed to a worker, recorded, reported.
    let writer = thread::spawn(move || {
        for _ in 0..MANY {
            stdin.write_all(b"no URL\n").expect("fetch reads its input");
        }
        stdin
    });
    let mut reports = BufReader::new(child.stderr.take().expect("its errors are piped")).lines();
    let mut see = |count: usize| {
        let seen = reports.by_ref().map_while(Result::ok).filter(|line| line.starts_with("line ")).take(count).count();
        assert_eq!(seen, count);
    };
    see(FEW);
    let after_few = peak_kib(child.id());
    see(MANY - FEW);
    let after_many = peak_kib(child.id());
    drop(writer.join().expect("all lines are written"));
    assert_eq!(child.wait_with_output().expect("fetch ends").status.code(), Some(1));
    assert!(after_many < after_few + 4096, "from {after_few} KiB after {FEW} URLs to {after_many} KiB after {MANY}");
}
