//! Making a channel; and the count of its ends, which closes it.
//!
//! Two counts, of senders and of receivers. The last sender to go closes the channel, so that receivers drain it; the last
//! receiver to go closes it and drops what is in it. A weak end revives its side only while the count is not zero, in one
//! step: a side that has gone stays gone.

use std::sync::Arc;

use super::{Receiver, Sender};
use crate::count::EndCount;
use crate::shared::{Ahead, Capacity, Close, Fifo, Locked, Nothing, Parcel, Shared, SharedHandle, State};
use motet_prim::atomic::{AtomicBool, Ordering};
use motet_prim::{WaitList, Waitable, WakeBatch};

/// What all ends of a channel share.
pub(super) struct Channel<T> {
    pub(super) shared: Shared<T, Fifo>,
    senders: EndCount,
    receivers: EndCount,
    /// Whether a receiver that is the only one may fetch ahead: there is no limit, and there was never a weak receiver.
    may_fetch: AtomicBool,
}

/// A channel that holds at most `capacity` values: `send` waits while it is full.
///
/// Many senders and many receivers; each value goes to one receiver, in the order they were sent.
///
/// ```
/// # futures::executor::block_on(async {
/// let (tx, rx) = motet_channel::bounded(1);
/// tx.send("hello").await.unwrap();
/// assert!(tx.try_send("world").is_err());
/// assert_eq!(rx.recv().await, Ok("hello"));
/// drop(tx);
/// assert!(rx.recv().await.is_err());
/// # });
/// ```
///
/// # Panics
///
/// If `capacity` is 0. Where asyncio says `maxsize=0` and means "without limit", write [`unbounded`]; for a hand-over without a
/// buffer, [`rendezvous`].
#[track_caller]
pub fn bounded<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    assert!(
        capacity > 0,
        "a bounded channel needs a capacity of at least 1: use `rendezvous()` to hand over without a buffer, \
         or `unbounded()` for no limit (asyncio's maxsize=0)"
    );
    channel(Capacity::Bounded(capacity))
}

/// A channel without a limit: `send` never waits.
///
/// Its only receiver is fastest as a [stream](Receiver).
///
/// ```
/// let (tx, rx) = motet_channel::unbounded();
/// (0..3).for_each(|i| tx.try_send(i).unwrap());
/// drop(tx);
/// assert_eq!(rx.drain().collect::<Vec<_>>(), [0, 1, 2]);
/// ```
pub fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
    channel(Capacity::Unbounded)
}

/// A channel without a buffer: a value goes from a sender straight to a receiver, and `send` waits until one comes for it.
///
/// A value that was handed to a receiver which is dropped at that moment stays in the channel, for the next one.
///
/// ```
/// # futures::executor::block_on(async {
/// let (tx, rx) = motet_channel::rendezvous();
/// assert!(tx.try_send(0).is_err(), "nobody waits for it");
/// let (sent, received) = futures::join!(tx.send(1), rx.recv());
/// assert_eq!((sent, received), (Ok(()), Ok(1)));
/// # });
/// ```
pub fn rendezvous<T>() -> (Sender<T>, Receiver<T>) {
    channel(Capacity::Rendezvous)
}

fn channel<T>(capacity: Capacity) -> (Sender<T>, Receiver<T>) {
    let channel = Arc::new(Channel {
        shared: Shared::new(capacity),
        senders: EndCount::one(),
        receivers: EndCount::one(),
        may_fetch: AtomicBool::new(capacity == Capacity::Unbounded),
    });
    (Sender::of(channel.clone()), Receiver::of(channel))
}

impl<T> Channel<T> {
    /// Another sender of one that exists.
    pub(super) fn add_sender(self: &Arc<Self>) -> Sender<T> {
        self.senders.add();
        Sender::of(self.clone())
    }

    /// Another receiver of one that exists.
    pub(super) fn add_receiver(self: &Arc<Self>) -> Receiver<T> {
        self.receivers.add();
        Receiver::of(self.clone())
    }

    /// A sender, if there is one.
    pub(super) fn revive_sender(self: &Arc<Self>) -> Option<Sender<T>> {
        self.senders.add_unless_gone().then(|| Sender::of(self.clone()))
    }

    /// A receiver, if there is one.
    pub(super) fn revive_receiver(self: &Arc<Self>) -> Option<Receiver<T>> {
        self.receivers.add_unless_gone().then(|| Receiver::of(self.clone()))
    }

    /// Gets a value for a receiver that nobody else uses now; if it is the only one, it may fetch more ahead.
    pub(super) fn fetch(&self, ahead: &mut Ahead<T>) -> Result<T, Nothing> {
        // The count first: if it is one, then all that the receivers which have gone did comes before. What they were handed they have given
        // back, and a weak one that they made shows below. So a receiver that comes from now on is made by this one, which gives back first.
        // Relaxed: `is_only` orders it; see `never_fetch`.
        if self.receivers.is_only() && self.may_fetch.load(Ordering::Relaxed) {
            ahead.fetch(&self.shared)
        } else {
            self.shared.try_get()
        }
    }

    /// From now on a receiver may come from a weak one at any time.
    pub(super) fn never_fetch(&self) {
        // Relaxed: the receiver that says so sees it, and goes after it: its `receiver_gone` publishes it to the `is_only` in `fetch`.
        self.may_fetch.store(false, Ordering::Relaxed);
    }

    pub(super) fn sender_gone(&self) {
        if self.senders.remove_is_last() {
            self.shared.close(Close::Drain);
        }
    }

    pub(super) fn receiver_gone(&self) {
        if self.receivers.remove_is_last() {
            self.shared.close(Close::Immediate);
        }
    }

    pub(super) fn sender_count(&self) -> usize {
        self.senders.count()
    }

    pub(super) fn receiver_count(&self) -> usize {
        self.receivers.count()
    }
}

impl<T> Waitable<3> for Channel<T> {
    type State = State<T, Fifo>;
    type Payload = Parcel<T>;

    #[inline]
    fn wait_list(&self) -> &WaitList<State<T, Fifo>, Parcel<T>, 3> {
        self.shared.wait_list()
    }

    fn on_leave(&self, list: usize, locked: &mut Locked<'_, T, Fifo>, wakes: &mut WakeBatch) {
        self.shared.on_leave(list, locked, wakes);
    }

    fn on_return(&self, list: usize, parcel: Parcel<T>) {
        self.shared.on_return(list, parcel);
    }
}

impl<T> SharedHandle<T, Fifo> for Arc<Channel<T>> {
    fn shared(&self) -> &Shared<T, Fifo> {
        &self.shared
    }
}
