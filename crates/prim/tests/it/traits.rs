//! Auto traits, pinned.

use crate::gate::{Enter, Gate};
use motet_prim::lock::MutexGuard;
use motet_prim::park::{Parker, Unparker};
use motet_prim::{Locked, WaitList, Waiter, WakeBatch, Wakeup};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

motet_test::assert_send!(WaitList<Cell<u8>, Cell<u8>>, Waiter<&'static Gate, 2>, Enter<Arc<Gate>>, WakeBatch, Wakeup);
motet_test::assert_sync!(WaitList<Cell<u8>, Cell<u8>>, Waiter<&'static Gate, 2>, Enter<Arc<Gate>>, Parker, Unparker);
motet_test::assert_not_send!(WaitList<(), Rc<u8>>, WaitList<Rc<u8>, ()>, Locked<'static, u8, u8>, MutexGuard<'static, u8>);
motet_test::assert_not_sync!(WaitList<(), Rc<u8>>, WaitList<Rc<u8>, ()>);
motet_test::assert_not_unpin!(Waiter<&'static Gate, 2>, Enter<Arc<Gate>>);
motet_test::assert_unpin!(WaitList<u8, u8>, Parker, Unparker, WakeBatch);
