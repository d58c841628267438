//! A resource with an exit that has not run: what both kinds of guard are made of.

use crate::clock::Mark;
use crate::frame::{After, Kind, Local, Run, Sendable};
use crate::outcome::Outcome;
use futures_util::future::FutureExt;
use std::future::Future;

const HELD: &str = "the resource leaves the guard only by value";

pub(super) struct Armed<R, E, K: Kind> {
    /// `None` only while the guard is being taken apart.
    held: Option<(R, E)>,
    /// Set by the constructor, which knows the bounds that `Drop` may not ask for.
    exit: fn(R, E, Outcome) -> K::Exit,
    made: Mark,
    made_panicking: bool,
}

impl<R, E> Armed<R, E, Sendable> {
    pub(super) fn sendable<Fut>(resource: R, exit: E) -> Self
    where
        R: Send + 'static,
        E: FnOnce(R, Outcome) -> Fut + Send + 'static,
        Fut: Future<Output = ()> + Send + 'static,
    {
        // The caller's closure is called when the exit is polled, in its own frame: in a `Drop` it could panic.
        Self::new(resource, exit, |resource, exit, outcome| async move { exit(resource, outcome).await }.boxed())
    }
}

impl<R, E> Armed<R, E, Local> {
    pub(super) fn local<Fut>(resource: R, exit: E) -> Self
    where
        R: 'static,
        E: FnOnce(R, Outcome) -> Fut + 'static,
        Fut: Future<Output = ()> + 'static,
    {
        Self::new(resource, exit, |resource, exit, outcome| async move { exit(resource, outcome).await }.boxed_local())
    }
}

impl<R, E, K: Kind> Armed<R, E, K> {
    fn new(resource: R, exit: E, boxed: fn(R, E, Outcome) -> K::Exit) -> Self {
        let made_panicking = std::thread::panicking();
        Self { held: Some((resource, exit)), exit: boxed, made: Mark::now(), made_panicking }
    }

    /// A guard of another resource with the same exit, and as old as this one: its exit waits for the same.
    pub(super) fn sibling(&self, resource: R) -> Self
    where
        E: Clone,
    {
        let exit = self.held.as_ref().expect(HELD).1.clone();
        Self { held: Some((resource, exit)), ..*self }
    }

    pub(super) fn resource(&self) -> &R {
        &self.held.as_ref().expect(HELD).0
    }

    pub(super) fn resource_mut(&mut self) -> &mut R {
        &mut self.held.as_mut().expect(HELD).0
    }

    pub(super) fn disarm(mut self) -> R {
        self.held.take().expect(HELD).0
    }

    /// The exit, run in place. It is due from this call on, and carries on whoever drops it.
    pub(super) fn close(mut self, outcome: Outcome) -> After<K> {
        let (resource, exit) = self.held.take().expect(HELD);
        After::new(self.made, (self.exit)(resource, exit, outcome))
    }
}

impl<R, E, K: Kind> Drop for Armed<R, E, K> {
    fn drop(&mut self) {
        if let Some((resource, exit)) = self.held.take() {
            let exit = (self.exit)(resource, exit, Outcome::of_drop(self.made_panicking));
            K::hand_over(self.made, Run::new(exit));
        }
    }
}
