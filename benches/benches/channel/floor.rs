//! Floors: the least that a channel with a lock does, in the loops of the contestants. They take their turns and are not ranked.
//!
//! Little of a channel is kept. Who waits leaves a waker and no place, and would lose a wakeup if it were dropped; the waker is cloned under the
//! lock; nothing can be looked at, and the receivers never go before the senders. What is kept is what costs in each channel that loses nothing: an
//! exchange for each send and for each receive, a place that becomes free is the oldest sender's, and what is sent to somebody who waits is his.

use crate::contestants::{Channel, Received, Sent};
use motet_prim::atomic::{AtomicUsize, Ordering};
use motet_prim::lock::AdaptiveMutex;
use std::collections::VecDeque;
use std::future::{Future, poll_fn, ready};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

/// Their name in tables and charts.
pub(crate) const FLOOR: &str = "floor (a lock and a deque and wakers)";

/// A lock around a deque and two lines of wakers.
pub(crate) enum Floor {}

impl Channel for Floor {
    type Sender = Sender;
    type Receiver = Receiver;

    fn open(capacity: usize) -> (Sender, Receiver) {
        let line = Line { items: VecDeque::with_capacity(2 * capacity + 64), room: capacity, ..Line::default() };
        let shared = Arc::new(Shared { line: AdaptiveMutex::new(line), senders: AtomicUsize::new(1) });
        (Sender(shared.clone()), Receiver(shared))
    }

    #[inline]
    fn send(sender: &mut Sender, value: u64) -> impl Future<Output: Sent> + Send {
        Sending { shared: &sender.0, value, has_waited: false }
    }

    #[inline]
    fn receive(receiver: &mut Receiver) -> impl Future<Output: Received> + Send {
        Receiving { shared: &receiver.0, has_waited: false }
    }
}

/// Sends to the floor.
pub(crate) struct Sender(Arc<Shared>);

/// Receives from it.
#[derive(Clone)]
pub(crate) struct Receiver(Arc<Shared>);

struct Shared {
    line: AdaptiveMutex<Line>,
    senders: AtomicUsize,
}

#[derive(Default)]
struct Line {
    items: VecDeque<u64>,
    room: usize,
    /// How many of the items are for receivers that were woken.
    handed: usize,
    senders: VecDeque<Waker>,
    receivers: VecDeque<Waker>,
    is_closed: bool,
}

struct Sending<'a> {
    shared: &'a Shared,
    value: u64,
    has_waited: bool,
}

struct Receiving<'a> {
    shared: &'a Shared,
    has_waited: bool,
}

impl Future for Sending<'_> {
    type Output = Result<(), ()>;

    // Always: as Motet's is.
    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut line = self.shared.line.lock();
        if self.has_waited {
            // The place was kept for it.
            line.room += 1;
        } else if line.room == 0 && line.receivers.is_empty() {
            line.senders.push_back(cx.waker().clone());
            drop(line);
            self.has_waited = true;
            return Poll::Pending;
        }
        line.items.push_back(self.value);
        if line.receivers.is_empty() {
            line.room -= 1;
            return Poll::Ready(Ok(()));
        }
        line.handed += 1;
        let receiver = line.receivers.pop_front();
        let sender = line.next_sender();
        drop(line);
        receiver.into_iter().chain(sender).for_each(Waker::wake);
        Poll::Ready(Ok(()))
    }
}

impl Future for Receiving<'_> {
    type Output = Option<u64>;

    #[inline(always)]
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut line = self.shared.line.lock();
        if self.has_waited && line.handed > 0 {
            line.handed -= 1;
            return Poll::Ready(line.items.pop_front());
        }
        if line.items.len() > line.handed {
            let item = line.items.pop_front();
            line.room += 1;
            if !line.senders.is_empty() {
                let sender = line.next_sender();
                drop(line);
                sender.into_iter().for_each(Waker::wake);
            }
            return Poll::Ready(item);
        }
        if line.is_closed {
            return Poll::Ready(None);
        }
        line.receivers.push_back(cx.waker().clone());
        drop(line);
        self.has_waited = true;
        Poll::Pending
    }
}

impl Line {
    /// The oldest sender, if there is room, which is kept for it.
    fn next_sender(&mut self) -> Option<Waker> {
        let sender = if self.room > 0 { self.senders.pop_front() } else { None };
        self.room -= usize::from(sender.is_some());
        sender
    }
}

impl Clone for Sender {
    fn clone(&self) -> Self {
        self.0.senders.fetch_add(1, Ordering::Relaxed);
        Self(self.0.clone())
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        if self.0.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            let mut line = self.0.line.lock();
            line.is_closed = true;
            let receivers = std::mem::take(&mut line.receivers);
            drop(line);
            receivers.into_iter().for_each(Waker::wake);
        }
    }
}

/// A lock around one value and one waker: for a receiver that is polled without being woken, and a sender that always finds room.
pub(crate) enum Slot {}

/// Sends to the slot.
pub(crate) struct SlotSender(Arc<AdaptiveMutex<SlotState>>);

/// Receives from it.
pub(crate) struct SlotReceiver(Arc<AdaptiveMutex<SlotState>>);

#[derive(Default)]
struct SlotState {
    value: Option<u64>,
    receiver: Option<Waker>,
    is_closed: bool,
}

impl Channel for Slot {
    type Sender = SlotSender;
    type Receiver = SlotReceiver;

    fn open(_: usize) -> (SlotSender, SlotReceiver) {
        let state = Arc::new(AdaptiveMutex::new(SlotState::default()));
        (SlotSender(state.clone()), SlotReceiver(state))
    }

    #[inline]
    fn send(sender: &mut SlotSender, value: u64) -> impl Future<Output: Sent> + Send {
        sender.0.set(|state| state.value = Some(value));
        ready(Ok::<(), ()>(()))
    }

    #[inline]
    fn receive(receiver: &mut SlotReceiver) -> impl Future<Output: Received> + Send {
        poll_fn(|cx| {
            let mut state = receiver.0.lock();
            if let Some(value) = state.value.take() {
                return Poll::Ready(Some(value));
            }
            if state.is_closed {
                return Poll::Ready(None);
            }
            if !state.receiver.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                state.receiver = Some(cx.waker().clone());
            }
            Poll::Pending
        })
    }
}

impl Drop for SlotSender {
    fn drop(&mut self) {
        self.0.set(|state| state.is_closed = true);
    }
}

/// Changes the state, and wakes the receiver.
trait Set {
    fn set(&self, change: impl FnOnce(&mut SlotState));
}

impl Set for AdaptiveMutex<SlotState> {
    #[inline]
    fn set(&self, change: impl FnOnce(&mut SlotState)) {
        let mut state = self.lock();
        change(&mut state);
        let receiver = state.receiver.take();
        drop(state);
        receiver.into_iter().for_each(Waker::wake);
    }
}
