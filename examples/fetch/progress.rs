//! Progress: a bar on a terminal, plain lines elsewhere.

use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal as _;

/// Without a terminal, a line for so many URLs.
const URLS_A_LINE: u64 = 500;

/// How far the job is; written to standard error, so that standard output is the summary alone.
pub(crate) enum Progress {
    Hidden,
    Bar { bar: ProgressBar, total: Option<u64> },
    Lines { done: u64, total: Option<u64> },
}

impl Progress {
    pub(crate) fn hidden() -> Self {
        Self::Hidden
    }

    pub(crate) fn new(total: Option<u64>) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self::Lines { done: 0, total };
        }
        let (bar, template) = match total {
            Some(total) => (ProgressBar::new(total), "{bar:40} {pos}/{len} {per_sec} {elapsed}"),
            None => (ProgressBar::new_spinner(), "{spinner} {pos} {per_sec} {elapsed}"),
        };
        bar.set_style(ProgressStyle::with_template(template).expect("the template is a constant"));
        Self::Bar { bar, total }
    }

    pub(crate) fn total(&self) -> Option<u64> {
        match self {
            Self::Hidden => None,
            Self::Bar { total, .. } | Self::Lines { total, .. } => *total,
        }
    }

    pub(crate) fn advance(&mut self) {
        match self {
            Self::Hidden => {}
            Self::Bar { bar, .. } => bar.inc(1),
            Self::Lines { done, total } => {
                *done += 1;
                if *done % URLS_A_LINE == 0 {
                    let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
                    eprintln!("{done}{of} URLs");
                }
            }
        }
    }

    /// Says something beside the progress, without tearing it.
    pub(crate) fn say(&self, line: &str) {
        match self {
            Self::Bar { bar, .. } => bar.suspend(|| eprintln!("{line}")),
            Self::Hidden | Self::Lines { .. } => eprintln!("{line}"),
        }
    }

    pub(crate) fn finish(&self) {
        if let Self::Bar { bar, .. } = self {
            bar.finish_and_clear();
        }
    }
}
