//! What may be moved, shared and unpinned.

use motet_channel as mc;
use motet_test::{assert_not_send, assert_not_unpin, assert_send, assert_sync, assert_unpin};
use std::cell::Cell;
use std::marker::PhantomPinned;
use std::rc::Rc;

assert_send!(mc::Sender<Cell<u8>>, mc::Receiver<Cell<u8>>, mc::WeakSender<u8>, mc::WeakReceiver<u8>, mc::Drain<u8>);
assert_sync!(mc::Sender<Cell<u8>>, mc::Receiver<Cell<u8>>, mc::WeakSender<u8>, mc::WeakReceiver<u8>);
assert_unpin!(mc::Sender<PhantomPinned>, mc::Receiver<PhantomPinned>, mc::WeakSender<PhantomPinned>);
assert_not_send!(mc::Sender<Rc<u8>>, mc::Receiver<Rc<u8>>);
assert_send!(mc::SendFuture<'static, Cell<u8>>, mc::RecvFuture<'static, u8>, mc::RecvManyFuture<'static, u8>);
assert_send!(mc::ReserveFuture<'static, u8>, mc::Permit<'static, u8>, mc::ClosedFuture<'static, u8>);
assert_not_unpin!(mc::SendFuture<'static, u8>, mc::RecvFuture<'static, u8>);

assert_send!(mc::Queue<Cell<u8>>, mc::LifoQueue<u8>, mc::PriorityQueue<u8>, mc::Job<u8>, mc::Done<u8>);
assert_sync!(mc::Queue<Cell<u8>>, mc::LifoQueue<u8>, mc::PriorityQueue<u8>);
assert_unpin!(mc::QueueStream<PhantomPinned>, mc::QueueSink<PhantomPinned>, mc::Queue<PhantomPinned>);
assert_send!(mc::QueueStream<Cell<u8>>, mc::QueueSink<Cell<u8>>);
assert_send!(mc::Put<'static, Cell<u8>>, mc::Get<'static, u8>, mc::Take<'static, u8>, mc::Join<'static, u8>);
assert_send!(mc::GetMany<'static, u8>, mc::Reserve<'static, u8>, mc::Slot<'static, u8>);

assert_send!(mc::oneshot::Sender<Cell<u8>>, mc::oneshot::Receiver<Cell<u8>>, mc::oneshot::Closed<'static, u8>);
assert_sync!(mc::oneshot::Sender<Cell<u8>>, mc::oneshot::Receiver<Cell<u8>>);
assert_unpin!(mc::oneshot::Sender<PhantomPinned>, mc::oneshot::Receiver<PhantomPinned>);
assert_not_send!(mc::oneshot::Sender<Rc<u8>>, mc::oneshot::Receiver<Rc<u8>>);

type Local = Cell<u8>;
assert_send!(mc::broadcast::Sender<u8>, mc::broadcast::Receiver<u8>, mc::broadcast::Recv<'static, u8>);
assert_sync!(mc::broadcast::Sender<u8>, mc::broadcast::Receiver<u8>, mc::broadcast::WeakSender<u8>);
assert_not_send!(mc::broadcast::Sender<Local>, mc::broadcast::Receiver<Local>);
assert_unpin!(mc::broadcast::Sender<PhantomPinned>, mc::broadcast::Receiver<PhantomPinned>);
assert_send!(mc::broadcast::SendFuture<'static, u8>, mc::broadcast::ReserveFuture<'static, u8>);
assert_not_unpin!(mc::broadcast::SendFuture<'static, u8>, mc::broadcast::Recv<'static, u8>);
assert_send!(mc::watch::Sender<u8>, mc::watch::Receiver<u8>, mc::watch::Snapshot<u8>, mc::watch::Changed<'static, u8>);
assert_sync!(mc::watch::Sender<u8>, mc::watch::Receiver<u8>, mc::watch::Snapshot<u8>);
assert_not_send!(mc::watch::Sender<Local>, mc::watch::Receiver<Local>, mc::watch::Snapshot<Local>);
assert_unpin!(mc::watch::Sender<PhantomPinned>, mc::watch::Receiver<PhantomPinned>);
assert_send!(mc::PutMany<'static, Cell<u8>>, mc::SendManyFuture<'static, Cell<u8>>);

/// An error that is one for a value that has no `Debug`.
fn is_error<E: std::error::Error + 'static>() {}

#[test]
fn errors_ask_nothing_of_what_they_hold() {
    struct Plain;
    is_error::<mc::SendError<Plain>>();
    is_error::<mc::TrySendError<Plain>>();
    is_error::<mc::SinkError<Plain>>();
    is_error::<mc::PutError<Plain>>();
    is_error::<mc::TryPutError<Plain>>();
    is_error::<mc::RecvError>();
    is_error::<mc::TryRecvError>();
    is_error::<mc::ShutDown>();
    is_error::<mc::TryGetError>();
    is_error::<mc::TooManyDone>();
    is_error::<mc::broadcast::Lagged>();
    is_error::<mc::broadcast::RecvError>();
    is_error::<mc::broadcast::TryRecvError>();
    let queue = mc::Queue::bounded(1);
    queue.shutdown(mc::Shutdown::Drain);
    let error = queue.try_put(Plain).unwrap_err();
    assert!(format!("{error} {error:?}").contains("shut down"));
}
