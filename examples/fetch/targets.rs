//! Where the URLs come from: a file, standard input, or the demonstration.
//!
//! They are read as they are needed: the channel in between holds a few, so a million lines take no more memory than a thousand.

use crate::args::Args;
use crate::attempt::Outcome;
use motet::channel::{self, Receiver, Sender};
use motet_examples::Server;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;
use std::sync::{Arc, OnceLock};

/// No URL is longer than this, a line end included; one line must not fill the memory.
const LONGEST_LINE: u64 = 64 * 1024;
/// How many URLs wait between the reader and the workers.
const READ_AHEAD: usize = 64;

/// One URL to fetch.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// The line it stands on, from one.
    pub(crate) line: u64,
    pub(crate) url: String,
    /// What the demonstration expects; nothing is expected of a user's URLs but success.
    pub(crate) expected: Outcome,
}

/// All targets, and how many there are if that is known.
pub(crate) struct Targets {
    pub(crate) receiver: Receiver<Target>,
    pub(crate) total: Option<u64>,
    /// Set if the source broke off.
    pub(crate) broken: Arc<OnceLock<()>>,
    /// Kept alive for as long as the demonstration runs.
    pub(crate) server: Option<Server>,
}

/// Opens the source that the arguments name.
pub(crate) async fn open(args: &Args) -> io::Result<Targets> {
    match &args.urls {
        None => demonstration().await,
        Some(path) if path == Path::new("-") => read_lines(BufReader::new(io::stdin())),
        Some(path) => {
            let named = |error| io::Error::new(io::Error::kind(&error), format!("{}: {error}", path.display()));
            read_lines(BufReader::new(File::open(path).map_err(named)?))
        }
    }
}

/// Reads on a thread of its own: a read that nobody can interrupt must not hold up the end of the program.
fn read_lines(input: impl BufRead + Send + 'static) -> io::Result<Targets> {
    let (sender, receiver) = channel::bounded(READ_AHEAD);
    let broken = Arc::new(OnceLock::new());
    let breaks = Arc::clone(&broken);
    std::thread::Builder::new().name("fetch-reader".into()).spawn(move || send_lines(input, &sender, &breaks))?;
    Ok(Targets { receiver, total: None, broken, server: None })
}

fn send_lines(mut input: impl BufRead, sender: &Sender<Target>, broken: &OnceLock<()>) {
    for line in 1.. {
        let url = match read_line(&mut input) {
            Ok(Some(text)) => text.trim().to_owned(),
            Ok(None) => return,
            Err(error) => {
                eprintln!("fetch: line {line}: {error}; what follows is not read");
                // Before the channel closes: whoever finds that closed finds this set.
                let _first = broken.set(());
                return;
            }
        };
        if url.is_empty() || url.starts_with('#') {
            continue;
        }
        if sender.send_blocking(Target { line, url, expected: Outcome::Ok }).is_err() {
            return; // Cancelled: nobody fetches any more.
        }
    }
}

/// One line; of a longer one, or one that is no text, a beginning that is certainly no URL. `None` at the end.
fn read_line(input: &mut impl BufRead) -> io::Result<Option<String>> {
    const SHOWN: usize = 80;
    let mut line = Vec::new();
    if input.by_ref().take(LONGEST_LINE).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let is_whole = line.ends_with(b"\n") || (line.len() as u64) < LONGEST_LINE;
    if !is_whole {
        line.truncate(SHOWN);
        input.skip_until(b'\n')?;
        return Ok(Some(format!("\u{fffd}too long: {}…", String::from_utf8_lossy(&line))));
    }
    Ok(Some(String::from_utf8(line).unwrap_or_else(|_| String::from("\u{fffd}"))))
}

/// Two thousand URLs of an embedded server, of which it is known how each must end.
async fn demonstration() -> io::Result<Targets> {
    const TOTAL: u64 = 2_000;
    let server = Server::start().await?;
    let targets: Vec<Target> = (1..=TOTAL).map(|line| demonstrated(&server, line)).collect();
    let (sender, receiver) = channel::bounded(READ_AHEAD);
    motet::spawn(async move {
        for target in targets {
            if sender.send(target).await.is_err() {
                return;
            }
        }
    })
    .detach();
    Ok(Targets { receiver, total: Some(TOTAL), broken: Arc::default(), server: Some(server) })
}

fn demonstrated(server: &Server, line: u64) -> Target {
    let (url, expected) = match line % 100 {
        7 => (server.url("/slow"), Outcome::TimedOut),
        17 | 67 => (server.url("/status/404"), Outcome::ClientError),
        27 | 77 => (server.url("/status/500"), Outcome::ServerError),
        37 => (server.resetting_url("/"), Outcome::ConnectionFailed),
        47 => (server.url("/huge"), Outcome::TooLarge),
        50..55 => (server.url(&format!("/redirect/{line}")), Outcome::Redirected),
        _ => (server.url(&format!("/json/{line}")), Outcome::Ok),
    };
    Target { line, url, expected }
}
