//! A stand-in until motet-sync's semaphore and event are here.
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

#[derive(Debug)]
pub(super) struct Semaphore(Mutex<(usize, VecDeque<(u64, Option<Waker>)>, u64)>);
#[derive(Debug)]
pub(super) struct OwnedPermit(Arc<Semaphore>);
pub(super) struct AcquireOwned(Arc<Semaphore>, Option<u64>);

impl Semaphore {
    pub(super) fn new(n: usize) -> Self {
        Self(Mutex::new((n, VecDeque::new(), 0)))
    }
    pub(super) fn acquire_owned(self: &Arc<Self>) -> AcquireOwned {
        AcquireOwned(self.clone(), None)
    }
    pub(super) fn try_acquire_owned(self: &Arc<Self>) -> Option<OwnedPermit> {
        let mut s = self.0.lock().unwrap();
        (s.0 > 0 && s.1.is_empty()).then(|| {
            s.0 -= 1;
            OwnedPermit(self.clone())
        })
    }
    fn wake(&self) {
        let w = {
            let mut s = self.0.lock().unwrap();
            if s.0 > 0 { s.1.front_mut().and_then(|f| f.1.take()) } else { None }
        };
        if let Some(w) = w {
            w.wake();
        }
    }
}
impl Drop for OwnedPermit {
    fn drop(&mut self) {
        self.0.0.lock().unwrap().0 += 1;
        self.0.wake();
    }
}
impl Future for AcquireOwned {
    type Output = OwnedPermit;
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<OwnedPermit> {
        let sem = self.0.clone();
        let mut s = sem.0.lock().unwrap();
        let first = match self.1 {
            None => s.1.is_empty(),
            Some(id) => s.1.front().is_some_and(|f| f.0 == id),
        };
        if s.0 > 0 && first {
            s.0 -= 1;
            if self.1.take().is_some() {
                s.1.pop_front();
            }
            drop(s);
            sem.wake();
            return Poll::Ready(OwnedPermit(sem));
        }
        match self.1 {
            None => {
                s.2 += 1;
                let id = s.2;
                self.1 = Some(id);
                s.1.push_back((id, Some(cx.waker().clone())));
            }
            Some(id) => {
                if let Some(f) = s.1.iter_mut().find(|f| f.0 == id) {
                    f.1 = Some(cx.waker().clone());
                }
            }
        }
        Poll::Pending
    }
}
impl Drop for AcquireOwned {
    fn drop(&mut self) {
        if let Some(id) = self.1 {
            self.0.0.lock().unwrap().1.retain(|f| f.0 != id);
            self.0.wake();
        }
    }
}

pub(super) struct Event(Mutex<(bool, Vec<Waker>)>);
impl Event {
    pub(super) fn new() -> Self {
        Self(Mutex::new((false, Vec::new())))
    }
    pub(super) fn set(&self) {
        let wakers = {
            let mut s = self.0.lock().unwrap();
            s.0 = true;
            std::mem::take(&mut s.1)
        };
        wakers.into_iter().for_each(Waker::wake);
    }
    pub(super) fn wait(&self) -> impl Future<Output = ()> {
        std::future::poll_fn(|cx| {
            let mut s = self.0.lock().unwrap();
            if s.0 {
                return Poll::Ready(());
            }
            s.1.push(cx.waker().clone());
            Poll::Pending
        })
    }
}
