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
use crate::{attempt, targets};
use motet::channel::{self, Receiver, Sender};
use motet::http::Client;
use motet::{GroupError, Select2};
use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;

type Failure = Box<dyn Error + Send + Sync>;

/// Does what the arguments ask.
pub(crate) async fn run(args: &Args) -> Result<Ending, Failure> {
    let report = Report::create(args)?;
    let client = attempt::client(args)?;
    let source = targets::open(args).await?;
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
    targets: Receiver<targets::Target>,
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
        Select2::First(Ok(())) => Ok(Stopped::AllDone),
        Select2::First(Err(GroupError::Failed(never))) => match never.into_iter().next() {
            Some(infallible) => match infallible {},
            None => Ok(Stopped::AllDone),
        },
        Select2::First(Err(_cancelled)) => Ok(Stopped::ByCtrlC),
        Select2::Second(pressed) => pressed.map(|()| Stopped::ByCtrlC).map_err(Failure::from),
    }
}

async fn worker(
    args: Arc<Args>,
    client: Client,
    targets: Receiver<targets::Target>,
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
