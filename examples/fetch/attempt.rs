//! One URL: its attempts, and how they ended.

use crate::args::Args;
use crate::targets::Target;
use motet::http::{Client, Error, Limits, Redirects, Timeouts, Url};
use serde::Serialize;
use std::fmt;
use std::time::{Duration, Instant};

/// The pause before the first retry; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// No pause is longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How a URL ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    Ok,
    Redirected,
    ClientError,
    ServerError,
    TimedOut,
    ConnectionFailed,
    TooLarge,
    BadUrl,
    OtherError,
}

impl Outcome {
    /// Each of them, in the order of the summary.
    pub(crate) const ALL: [Self; 9] = [
        Self::Ok,
        Self::Redirected,
        Self::ClientError,
        Self::ServerError,
        Self::TimedOut,
        Self::ConnectionFailed,
        Self::TooLarge,
        Self::BadUrl,
        Self::OtherError,
    ];

    /// Whether a user who asked for the URL got it.
    pub(crate) fn is_success(self) -> bool {
        matches!(self, Self::Ok | Self::Redirected)
    }

    /// Whether the same request may well succeed a little later.
    fn is_passing(self) -> bool {
        matches!(self, Self::ServerError | Self::TimedOut | Self::ConnectionFailed)
    }

    fn of_status(status: u16, redirected: bool) -> Self {
        match status {
            400..=499 => Self::ClientError,
            500.. => Self::ServerError,
            _ if redirected => Self::Redirected,
            _ => Self::Ok,
        }
    }

    fn of_error(error: &Error) -> Self {
        if error.is_timeout() {
            Self::TimedOut
        } else if error.is_body_too_large() {
            Self::TooLarge
        } else if error.is_builder() {
            Self::BadUrl
        } else if error.is_connect() || error.is_exchange() {
            Self::ConnectionFailed
        } else {
            Self::OtherError
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ok => "ok",
            Self::Redirected => "ok, redirected",
            Self::ClientError => "client error (4xx)",
            Self::ServerError => "server error (5xx)",
            Self::TimedOut => "timed out",
            Self::ConnectionFailed => "connection failed",
            Self::TooLarge => "body too large",
            Self::BadUrl => "bad URL",
            Self::OtherError => "other error",
        })
    }
}

/// What became of one URL: a line of the results file.
#[derive(Debug, Serialize)]
pub(crate) struct Record {
    pub(crate) line: u64,
    pub(crate) url: String,
    pub(crate) outcome: Outcome,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<u16>,
    pub(crate) bytes: u64,
    pub(crate) micros: u64,
    pub(crate) attempts: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<String>,
    #[serde(skip)]
    pub(crate) expected: Outcome,
}

/// A client whose limits are those of the job.
pub(crate) fn client(args: &Args) -> Result<Client, Error> {
    let limits = Limits { max_connections: args.limit, max_idle: args.limit, ..Limits::default() };
    // Each attempt has one limit, the whole of it; a phase of its own limit could end it before the user's.
    let builder = Client::builder().limits(limits).timeouts(Timeouts::none());
    builder.max_body(args.max_body).redirects(Redirects::limited(5)).build()
}

/// Fetches one URL, again after a pause if it failed in passing and retries are left. A GET may be sent twice without harm.
pub(crate) async fn fetch(client: &Client, args: &Args, target: Target) -> Record {
    let start = Instant::now();
    let mut record = Record::new(&target);
    loop {
        record.attempts += 1;
        record.once(client, args.timeout).await;
        if !record.outcome.is_passing() || record.attempts > args.retries {
            break;
        }
        motet::sleep(pause_before_retry(record.attempts)).await;
    }
    record.micros = u64::try_from(start.elapsed().as_micros()).unwrap_or(u64::MAX);
    record
}

/// Twice as long each time, and a random part of it, so that many who failed together do not come back together.
fn pause_before_retry(attempts: u32) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(attempts - 1));
    doubled.min(LONGEST_PAUSE).mul_f64(0.5 + 0.5 * fastrand::f64())
}

/// The address as a client writes it: `http://host` is `http://host/`, and a login goes into a header.
fn asked_for(url: &str) -> Option<Url> {
    let mut url = Url::parse(url).ok()?;
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    Some(url)
}

impl Record {
    fn new(target: &Target) -> Self {
        Self {
            line: target.line,
            url: target.url.clone(),
            outcome: Outcome::OtherError,
            status: None,
            bytes: 0,
            micros: 0,
            attempts: 0,
            error: None,
            expected: target.expected,
        }
    }

    async fn once(&mut self, client: &Client, timeout: Duration) {
        (self.status, self.bytes, self.error) = (None, 0, None);
        match self.request(client, timeout).await {
            Ok(outcome) => self.outcome = outcome,
            Err(error) => {
                self.outcome = Outcome::of_error(&error);
                self.error = Some(error.to_string());
            }
        }
    }

    async fn request(&mut self, client: &Client, timeout: Duration) -> Result<Outcome, Error> {
        let response = client.get(&self.url).timeout(timeout).await?;
        let redirected = asked_for(&self.url).is_some_and(|asked| asked != *response.url());
        let status = response.status().as_u16();
        self.status = Some(status);
        self.bytes = response.bytes().await?.len() as u64;
        Ok(Outcome::of_status(status, redirected))
    }

    /// Whether it went as asked, or as the demonstration expects.
    pub(crate) fn is_as_expected(&self) -> bool {
        self.outcome == self.expected || (self.expected == Outcome::Ok && self.outcome.is_success())
    }
}
