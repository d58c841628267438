//! What all ends of a watch channel share: the value under a lock, its version beside it, and who waits.
//!
//! ```text
//!   value v, version n ──send: replace the value, then the version──▶ value w, version n + 1 ──▶ … ──last sender gone──▶ CLOSED
//! ```
//!
//! The value is in exactly one place, the channel; receivers look at a counted share of it. Under the lock a share is made or the
//! value is replaced, and nothing else happens: no code of the user's runs there, neither a `Drop` nor a predicate.
//!
//! The race to fear: a receiver finds its version unchanged, a send comes, and then the receiver lies down. It looks at the version again
//! under the lock, where versions change, and lies down there; so either it sees the new version, or the send sees it.

use core::pin::Pin;
use std::sync::Arc;

use super::snapshot::Snapshot;
use super::version::Word;
use crate::count::EndCount;
use motet_prim::{WaitList, Waitable, WakeBatch};

/// Receivers that wait for a change.
pub(super) const WATCHERS: usize = 0;
/// Senders that wait until nobody watches.
pub(super) const CLOSERS: usize = 1;

/// A place in one of the two lines.
pub(super) type Waiter<H> = motet_prim::Waiter<H, 2>;

/// A place that outlives a future: boxed, for it must not move.
pub(super) type Seat<T> = Pin<Box<Option<Waiter<Arc<Watch<T>>>>>>;

pub(super) type Locked<'a, T> = motet_prim::Locked<'a, Arc<T>, u64, 2>;

pub(super) struct Watch<T> {
    /// The version that a watcher has seen is its payload.
    line: WaitList<Arc<T>, u64, 2>,
    pub(super) word: Word,
    pub(super) senders: EndCount,
    pub(super) receivers: EndCount,
}

impl<T> Watch<T> {
    pub(super) fn new(value: T) -> Self {
        Self {
            line: WaitList::new(Arc::new(value)),
            word: Word::new(),
            senders: EndCount::one(),
            receivers: EndCount::one(),
        }
    }

    /// The value.
    pub(super) fn look(&self) -> Snapshot<T> {
        Snapshot::of(self.line.lock().clone())
    }

    /// The value, and its version.
    pub(super) fn look_at_version(&self) -> (Snapshot<T>, u64) {
        let locked = self.line.lock();
        // Under the lock: the two belong together.
        (Snapshot::of(locked.clone()), self.word.load().version())
    }

    /// Replaces the value, in its place if nobody looks at it, and tells everybody.
    pub(super) fn replace(&self, value: T) {
        let mut locked = self.line.lock();
        if let Some(place) = Arc::get_mut(&mut locked) {
            let old = core::mem::replace(place, value);
            self.announce(locked);
            // Its `Drop` may use the channel.
            drop(old);
            return;
        }
        // Not under the lock: allocation takes its time.
        drop(locked);
        drop(self.replace_by(Arc::new(value)));
    }

    /// Replaces the value by one that has its place already.
    pub(super) fn replace_by(&self, fresh: Arc<T>) -> Arc<T> {
        let mut locked = self.line.lock();
        let old = core::mem::replace(&mut *locked, fresh);
        self.announce(locked);
        old
    }

    /// Replaces the value if it is still that version; else gives the new one back.
    pub(super) fn replace_version(&self, version: u64, fresh: Arc<T>) -> Result<Arc<T>, Arc<T>> {
        let mut locked = self.line.lock();
        if self.word.load().version() != version {
            return Err(fresh);
        }
        let old = core::mem::replace(&mut *locked, fresh);
        self.announce(locked);
        Ok(old)
    }

    fn announce(&self, mut locked: Locked<'_, T>) {
        let version = self.word.bump();
        if locked.is_empty(WATCHERS) {
            return;
        }
        let mut wakes = WakeBatch::new();
        // Those that come while a full batch is woken have seen this version.
        locked.grant_while(WATCHERS, &mut wakes, |_, seen| *seen < version);
        drop(locked);
        wakes.wake_all();
    }

    pub(super) fn sender_gone(&self) {
        if !self.senders.remove_is_last() {
            return;
        }
        let mut wakes = WakeBatch::new();
        let mut locked = self.line.lock();
        self.word.close();
        locked.grant_while(WATCHERS, &mut wakes, |_, _| true);
        drop(locked);
        wakes.wake_all();
    }

    pub(super) fn receiver_gone(&self) {
        if !self.receivers.remove_is_last() {
            return;
        }
        let mut wakes = WakeBatch::new();
        let mut locked = self.line.lock();
        // Again each time: somebody may have subscribed since, and whoever waits from then on waits for that one to go.
        locked.grant_while(CLOSERS, &mut wakes, |_, _| self.receivers.count() == 0);
        drop(locked);
        wakes.wake_all();
    }
}

impl<T> Waitable<2> for Watch<T> {
    type State = Arc<T>;
    type Payload = u64;

    fn wait_list(&self) -> &WaitList<Arc<T>, u64, 2> {
        &self.line
    }

    /// A wake that was not heard: what it told is still there to see.
    fn on_return(&self, _: usize, _: u64) {}
}
