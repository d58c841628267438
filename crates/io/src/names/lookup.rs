//! Name lookup: the system's resolver, which blocks, on the threads of the `blocking` crate.
//!
//! The resolver may take many seconds and cannot be cancelled, so that a bound on the lookups that run at once protects the
//! blocking pool from a slow name server. A lookup is in one of these states:
//!
//! ```text
//!   QUEUED ── a worker is free ──▶ RUNNING ── the resolver returns ──▶ DONE
//!     │                               │
//!     └─ dropped: out of the queue    └─ dropped: runs on to its end; its answer goes nowhere
//! ```
//!
//! A worker is a job on the pool; it takes one lookup after the other and ends when the queue is empty. All of it is plain
//! data under one lock.

use super::{Addrs, ToAddrs};
use motet_prim::discard;
use motet_prim::lock::Mutex;
use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::future::Future;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};

/// How many lookups run at once. The others queue.
const MOST_AT_ONCE: usize = 32;

/// Looks up the addresses of a host, in the order of preference that the system gives (RFC 6724). asyncio's `getaddrinfo`.
///
/// It asks the system's resolver on a thread of the blocking pool. At most 32 lookups run at once and the others
/// queue, first come, first served. An address in numbers is answered at once, without a thread.
///
/// ```
/// # futures::executor::block_on(async {
/// let addrs = motet_io::lookup_host("127.0.0.1:80").await?;
/// assert_eq!(addrs, ["127.0.0.1:80".parse().unwrap()]);
///
/// for addr in motet_io::lookup_host(("localhost", 80)).await? {
///     assert!(addr.ip().is_loopback());
/// }
/// # std::io::Result::Ok(())
/// # }).unwrap();
/// ```
///
/// # Cancel safety
///
/// Cancel safe. A lookup that has begun runs on to its end and keeps its place among the 32 until then: the system's resolver
/// cannot be stopped. One in the queue leaves it at once, in O(log n) of those that queue.
///
/// # Errors
///
/// [`InvalidInput`](io::ErrorKind::InvalidInput) if the argument is no `host:port`; an error with a [`LookupError`] inside if
/// the host is not known or its name servers do not answer.
pub async fn lookup_host(host: impl ToAddrs) -> io::Result<Vec<SocketAddr>> {
    match host.to_addrs()? {
        Addrs::Literal(addrs) => Ok(addrs),
        Addrs::Name { host, port } => {
            static LOOKUPS: OnceLock<Arc<Lookups>> = OnceLock::new();
            let lookups = LOOKUPS.get_or_init(|| Arc::new(Lookups::new(MOST_AT_ONCE, ask_the_system)));
            lookups.lookup(host, port).await
        }
    }
}

fn ask_the_system(host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
    (host, port).to_socket_addrs().map(Iterator::collect)
}

/// A host that could not be looked up. Inside of the [`io::Error`] of whatever needed its address.
#[derive(Debug)]
pub struct LookupError {
    host: String,
    source: io::Error,
}

impl LookupError {
    /// The name that was looked up.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether this error is a failed lookup.
    #[must_use]
    pub fn is_inside(error: &io::Error) -> bool {
        error.get_ref().is_some_and(|inside| inside.is::<Self>())
    }

    fn wrap(host: &str, source: io::Error) -> io::Error {
        io::Error::new(source.kind(), Self { host: host.to_owned(), source })
    }
}

impl fmt::Display for LookupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot look up host {:?}: {}", self.host, self.source)
    }
}

impl Error for LookupError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.source)
    }
}

type Answer = io::Result<Vec<SocketAddr>>;
type Resolve = dyn Fn(&str, u16) -> Answer + Send + Sync;

/// The lookups of a process.
struct Lookups {
    most_at_once: usize,
    resolve: Box<Resolve>,
    desk: Mutex<Desk>,
}

#[derive(Default)]
struct Desk {
    /// The workers that run, or have been asked for.
    workers: usize,
    /// By their numbers, in the order in which they came.
    queue: BTreeMap<u64, Arc<Lookup>>,
    issued: u64,
}

struct Lookup {
    host: String,
    port: u16,
    state: Mutex<State>,
}

enum State {
    Pending(Option<Waker>),
    Done(Answer),
}

impl Lookups {
    fn new(most_at_once: usize, resolve: impl Fn(&str, u16) -> Answer + Send + Sync + 'static) -> Self {
        Self { most_at_once, resolve: Box::new(resolve), desk: Mutex::default() }
    }

    fn lookup(self: &Arc<Self>, host: String, port: u16) -> Lookout {
        let lookup = Arc::new(Lookup { host, port, state: Mutex::new(State::Pending(None)) });
        let mut desk = self.desk.lock();
        let number = desk.issued;
        desk.issued += 1;
        desk.queue.insert(number, lookup.clone());
        let hire = desk.workers < self.most_at_once;
        desk.workers += usize::from(hire);
        drop(desk);
        if hire {
            let lookups = self.clone();
            blocking::unblock(move || lookups.work()).detach();
        }
        Lookout { lookups: self.clone(), number, lookup }
    }

    fn work(&self) {
        while let Some(lookup) = self.next() {
            let answer = catch_unwind(AssertUnwindSafe(|| (self.resolve)(&lookup.host, lookup.port)));
            let answer = answer.unwrap_or_else(|_| Err(io::Error::other("the resolver panicked")));
            let answer = answer.map_err(|source| LookupError::wrap(&lookup.host, source));
            // A waker that panics has said so on standard error; this worker has others to serve.
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| lookup.finish(answer))) {
                // Its drop may panic as well: leave it.
                std::mem::forget(panic);
            }
        }
    }

    /// The next in the queue; none, and this worker is done.
    fn next(&self) -> Option<Arc<Lookup>> {
        let mut desk = self.desk.lock();
        let next = desk.queue.pop_first().map(|(_, lookup)| lookup);
        desk.workers -= usize::from(next.is_none());
        next
    }
}

impl Lookup {
    fn finish(&self, answer: Answer) {
        let before = std::mem::replace(&mut *self.state.lock(), State::Done(answer));
        if let State::Pending(Some(waker)) = before {
            waker.wake();
        }
    }
}

/// Waits for the answer to one lookup; gives it up when dropped.
struct Lookout {
    lookups: Arc<Lookups>,
    number: u64,
    lookup: Arc<Lookup>,
}

impl Future for Lookout {
    type Output = Answer;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer> {
        if let State::Pending(Some(waker)) = &*self.lookup.state.lock() {
            if waker.will_wake(cx.waker()) {
                return Poll::Pending;
            }
        }
        let waker = cx.waker().clone();
        let mut state = self.lookup.state.lock();
        // Under the lock again: the answer may have come while it was free.
        let before = std::mem::replace(&mut *state, State::Pending(Some(waker)));
        drop(state);
        match before {
            State::Pending(displaced) => {
                displaced.into_iter().for_each(discard);
                Poll::Pending
            }
            State::Done(answer) => Poll::Ready(answer),
        }
    }
}

impl Drop for Lookout {
    fn drop(&mut self) {
        let forgotten = self.lookups.desk.lock().queue.remove(&self.number);
        // The resolver may take its time over one that runs; the task is not its to keep.
        let left = std::mem::replace(&mut *self.lookup.state.lock(), State::Pending(None));
        drop(forgotten);
        if let State::Pending(Some(waker)) = left {
            discard(waker);
        }
    }
}

#[cfg(test)]
#[cfg(not(motet_loom))]
mod tests;
