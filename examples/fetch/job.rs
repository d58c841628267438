//! All URLs: workers under a limit, a collector beside them, and what Ctrl-C does.
//!
//! ```text
//! reader ──targets──▶ workers (at most `limit`) ──records──▶ collector: results file, progress, summary
//! ```
//!
//! Ctrl-C stops the workers only. Their requests are dropped, which closes the connections; the collector then drains the records of
//! those that had finished, so the results file is complete up to there. A worker takes its place among the records *before* it fetches:
//! between the end of a request and its record there is no await, so no finished one can be lost.

use crate::args::Args;
use crate::report::{Ending, Report};
use crate::targets::{Target, Targets};
use crate::{attempt, targets};
use motet::Select2;
use motet::channel::{self, Receiver, Sender};
use motet::http::Client;
use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;

pub(crate) type Failure = Box<dyn Error + Send + Sync>;

/// Everything that the job needs, there before it starts.
pub(crate) struct Job<'a> {
    args: &'a Args,
    report: Report,
    client: Client,
    source: Targets,
}

impl<'a> Job<'a> {
    /// Opens what the arguments name. What fails here is the user's to put right.
    pub(crate) async fn open(args: &'a Args) -> Result<Self, Failure> {
        let (report, client) = (Report::create(args)?, attempt::client(args)?);
        Ok(Self { args, report, client, source: targets::open(args).await? })
    }

    /// Does what the arguments ask.
    pub(crate) async fn run(self) -> Result<Ending, Failure> {
        let Self { args, report, client, source } = self;
        let (records, finished) = channel::bounded(args.limit);
        let work = work(args, &client, source.receiver.clone(), records);
        let (stopped, report) = motet::join((work, collect(report, finished, source.total))).await;
        let waiting = source.receiver.len();
        client.close().await;
        if let Some(server) = source.server {
            server.close().await?;
        }
        let source_broke = source.broken.get().is_some();
        Ok(report?.end(stopped?, waiting, source_broke))
    }
}

/// How the workers came to their end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    AllDone,
    ByCtrlC,
}

/// Runs the workers until there are no more targets, or until Ctrl-C.
async fn work(
    args: &Args,
    client: &Client,
    targets: Receiver<Target>,
    records: Sender<attempt::Record>,
) -> Result<Stopped, Failure> {
    let args = Arc::new(args.clone());
    let client = client.clone();
    let workers = motet::task_group(|group| async move {
        for _ in 0..args.limit {
            let worker = worker(Arc::clone(&args), client.clone(), targets.clone(), records.clone());
            group.spawn(worker);
        }
        Ok(())
    });
    // Whichever is first drops the other: dropped, the group cancels its workers and waits until they are gone.
    match motet::select((workers, motet::signal::ctrl_c())).await {
        Select2::First(ended) => Ok(ended.map(|()| Stopped::AllDone)?),
        Select2::Second(pressed) => Ok(pressed.map(|()| Stopped::ByCtrlC)?),
    }
}

async fn worker(
    args: Arc<Args>,
    client: Client,
    targets: Receiver<Target>,
    records: Sender<attempt::Record>,
) -> Result<(), Infallible> {
    while let Ok(place) = records.reserve().await {
        let Ok(target) = targets.recv().await else { break };
        let record = attempt::fetch(&client, &args, target).await;
        if place.send(record).is_err() {
            break; // The collector has failed, and says why.
        }
    }
    Ok(())
}

async fn collect(
    mut report: Report,
    finished: Receiver<attempt::Record>,
    total: Option<u64>,
) -> Result<Report, Failure> {
    report.begin(total);
    while let Ok(record) = finished.recv().await {
        report.add(&record)?;
    }
    Ok(report)
}
