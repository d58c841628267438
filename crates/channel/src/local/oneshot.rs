//! One value, once, between tasks of one thread.
//!
//! As [`motet_channel::oneshot`](crate::oneshot), without atomics.
//!
//! ```text
//!   open ──send──▶ sent ──poll──▶ over            open ──sender dropped──▶ over
//!     └──receiver closed or dropped──▶ over: a send gives its value back
//! ```
//!
//! ```
//! use motet_channel::local::oneshot;
//! use std::rc::Rc;
//!
//! let (tx, rx) = oneshot::channel();
//! tx.send(Rc::new(7)).unwrap();
//! assert_eq!(futures::executor::block_on(rx), Ok(Rc::new(7)));
//! ```

pub use crate::error::{RecvError, SendError, TryRecvError};

use core::cell::RefCell;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};
use std::rc::Rc;

use super::state::{discard_any, wake_up};
use futures_core::FusedFuture;

struct Packet<T> {
    value: Option<T>,
    /// The sender has sent or is gone, or the receiver is closed or gone.
    over: bool,
    /// The receiver is closed or gone.
    refused: bool,
    receiver: Option<Waker>,
    sender: Option<Waker>,
}

/// A channel for one value, for one thread.
///
/// ```
/// let (tx, mut rx) = motet_channel::local::oneshot::channel();
/// tx.send("done").unwrap();
/// assert_eq!(rx.try_recv(), Ok("done"));
/// ```
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let packet = Packet { value: None, over: false, refused: false, receiver: None, sender: None };
    let packet = Rc::new(RefCell::new(packet));
    (Sender { packet: packet.clone() }, Receiver { packet })
}

/// Sends the one value. Dropped without sending, it tells the receiver.
#[must_use = "dropping the sender tells the receiver that nothing will come"]
pub struct Sender<T> {
    packet: Rc<RefCell<Packet<T>>>,
}

/// The future of the one value: resolves to it, or to [`RecvError`] if the sender is dropped without sending.
///
/// # Cancel safety
///
/// Cancel safe as long as the receiver lives: a poll of `&mut receiver` takes the value only when it returns it.
#[must_use = "dropping the receiver tells the sender that nobody wants the value"]
pub struct Receiver<T> {
    packet: Rc<RefCell<Packet<T>>>,
}

impl<T> Sender<T> {
    /// Sends the value and wakes the receiver; never waits.
    ///
    /// # Errors
    ///
    /// [`SendError`] gives the value back if the receiver is closed or dropped.
    pub fn send(self, value: T) -> Result<(), SendError<T>> {
        let mut packet = self.packet.borrow_mut();
        if packet.refused {
            return Err(SendError(value));
        }
        packet.value = Some(value);
        Ok(())
        // The drop of `self` wakes the receiver.
    }

    /// Whether the receiver is closed or dropped, so that a `send` is bound to fail.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.packet.borrow().refused
    }

    /// Waits until the receiver is closed or dropped: nobody wants the value any more.
    ///
    /// ```
    /// let (mut tx, rx) = motet_channel::local::oneshot::channel::<u8>();
    /// drop(rx);
    /// futures::executor::block_on(tx.closed());
    /// ```
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: it changes nothing.
    pub fn closed(&mut self) -> Closed<'_, T> {
        Closed { sender: self }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        let mut packet = self.packet.borrow_mut();
        packet.over = true;
        let (own, receiver) = (packet.sender.take(), packet.receiver.take());
        drop(packet);
        wake_up(receiver);
        discard_any(own);
    }
}

impl<T> Receiver<T> {
    /// Takes the value if it has been sent.
    ///
    /// # Errors
    ///
    /// [`TryRecvError::Empty`] if the sender may still send; [`TryRecvError::Closed`] if nothing will come.
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        let mut packet = self.packet.borrow_mut();
        let nothing = if packet.over { TryRecvError::Closed } else { TryRecvError::Empty };
        packet.value.take().ok_or(nothing)
    }

    /// Refuses a value that has not been sent yet, and wakes a sender that waits in `closed`.
    pub fn close(&mut self) {
        let mut packet = self.packet.borrow_mut();
        packet.refused = true;
        packet.over = true;
        let (own, sender) = (packet.receiver.take(), packet.sender.take());
        drop(packet);
        wake_up(sender);
        discard_any(own);
    }

    /// Whether nothing more can be sent.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.packet.borrow().over
    }
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, RecvError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        loop {
            match self.try_recv() {
                Ok(value) => return Poll::Ready(Ok(value)),
                Err(TryRecvError::Closed) => return Poll::Ready(Err(RecvError)),
                Err(TryRecvError::Empty) => {}
            }
            if register(&self.packet, |packet| &mut packet.receiver, cx) {
                return Poll::Pending;
            }
        }
    }
}

impl<T> FusedFuture for Receiver<T> {
    fn is_terminated(&self) -> bool {
        let packet = self.packet.borrow();
        packet.over && packet.value.is_none()
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.close();
        let value = self.packet.borrow_mut().value.take();
        drop(value);
    }
}

/// Leaves the waker; `false`: something has changed meanwhile, look again.
fn register<T>(
    packet: &RefCell<Packet<T>>,
    slot: fn(&mut Packet<T>) -> &mut Option<Waker>,
    cx: &mut Context<'_>,
) -> bool {
    if slot(&mut packet.borrow_mut()).as_ref().is_some_and(|old| old.will_wake(cx.waker())) {
        return true;
    }
    // A clone is foreign code, and runs with nothing borrowed.
    let mut waker = Some(cx.waker().clone());
    let mut borrowed = packet.borrow_mut();
    let open = !borrowed.over;
    if open {
        core::mem::swap(slot(&mut borrowed), &mut waker);
    }
    drop(borrowed);
    discard_any(waker);
    open
}

/// The wait of [`Sender::closed`].
#[must_use = "a future does nothing unless it is awaited"]
pub struct Closed<'a, T> {
    sender: &'a mut Sender<T>,
}

impl<T> Future for Closed<'_, T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        while !self.sender.is_closed() {
            if register(&self.sender.packet, |packet| &mut packet.sender, cx) {
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }
}

impl<T> Drop for Closed<'_, T> {
    fn drop(&mut self) {
        let waker = self.sender.packet.borrow_mut().sender.take();
        discard_any(waker);
    }
}

macro_rules! debug_without_value {
    ($($name:ident $(<$life:lifetime>)?),+) => {$(
        impl<T> fmt::Debug for $name<$($life,)? T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    )+};
}

debug_without_value!(Sender, Receiver, Closed<'_>);
