//! An exit that is due, and its owner: carried to its end, whoever drops it midway.

use super::kind::Kind;
use super::run::Run;
use crate::clock::Mark;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// Runs an exit and what it hands over. Dropped midway, it hands the exit itself over.
pub(crate) struct Carried<K: Kind> {
    /// `None`: it has ended.
    tree: Option<Run<K::Exit, K>>,
}

impl<K: Kind> Carried<K> {
    pub(crate) const fn new(exit: K::Exit) -> Self {
        Self { tree: Some(Run::new(exit)) }
    }
}

impl<K: Kind> From<Run<K::Exit, K>> for Carried<K> {
    fn from(tree: Run<K::Exit, K>) -> Self {
        Self { tree: Some(tree) }
    }
}

impl<K: Kind> Future for Carried<K> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let tree = self.tree.as_mut().expect("polled after completion");
        let ended = ready!(Pin::new(tree).poll(cx));
        self.tree = None;
        if let Err(panic) = ended {
            resume_unwind(panic);
        }
        Poll::Ready(())
    }
}

impl<K: Kind> Drop for Carried<K> {
    fn drop(&mut self) {
        if let Some(tree) = self.tree.take() {
            K::hand_over(Mark::LATEST, tree);
        }
    }
}
