//! The process-wide reactor, made on first use.
//!
//! | file | idea |
//! | --- | --- |
//! | [`turn`] | who waits for events: one seat, or the helper; how it is handed on |
//! | [`seat`], [`place`] | a runtime's place to park; its word |
//! | [`helper`] | the thread that waits while no seat does |
//! | [`epoll`], [`precise`] | the poller itself, and the dispatch of events; short limits kept to the microsecond |
//! | [`table`] | the registered sources |
//! | [`delay`] | short delays, for the stagger of connection attempts |

mod delay;
mod epoll;
mod helper;
mod place;
mod precise;
mod seat;
mod table;
mod turn;

#[cfg(all(test, motet_loom))]
mod model;

pub(crate) use self::delay::Delay;
pub use self::seat::Seat;

use self::delay::Delays;
use self::epoll::Epoll;
use self::table::Table;
use self::turn::Floor;
use crate::source::{News, Source};
use mio::{Interest, Registry, Token};
use motet_prim::Wakeup;
use motet_prim::lock::Mutex;
use std::io;
use std::sync::{Arc, OnceLock};

/// The half of the reactor that everybody shares; the other is [`Epoll`], which one thread has at a time.
#[derive(Debug)]
pub(crate) struct Reactor {
    registry: Registry,
    nudge: Arc<mio::Waker>,
    table: Mutex<Table>,
    delays: Delays,
}

/// Both directions; and urgent bytes, where a read may stop short of more.
fn interest() -> Interest {
    let both = Interest::READABLE | Interest::WRITABLE;
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let both = both | Interest::PRIORITY;
    both
}

static REACTOR: OnceLock<Arc<Reactor>> = OnceLock::new();
static FLOOR: OnceLock<Floor<Epoll>> = OnceLock::new();

/// Where the process's seats and its helper take turns. Exists before the reactor does.
fn floor() -> &'static Floor<Epoll> {
    FLOOR.get_or_init(Floor::new)
}

impl Reactor {
    fn new(registry: Registry, nudge: Arc<mio::Waker>) -> Self {
        Self { registry, nudge, table: Mutex::new(Table::new()), delays: Delays::new() }
    }

    /// The reactor; opens it at the first call.
    ///
    /// # Errors
    ///
    /// The system has no descriptor (or no thread, where a helper is needed) left for it. The next call tries again.
    pub(crate) fn get() -> io::Result<&'static Self> {
        if let Some(reactor) = REACTOR.get() {
            return Ok(reactor);
        }
        floor().open(|| {
            let (poller, shared) = Epoll::open()?;
            // Before the poller is on the floor: whoever finds it there finds the shared half too.
            REACTOR.get_or_init(|| shared);
            Ok(poller)
        })?;
        REACTOR
            .get()
            .map(|reactor| &**reactor)
            .ok_or_else(|| io::Error::other("the reactor was opened, and is not there"))
    }

    /// Registers a source for both directions, edge-triggered, until [`Reactor::deregister`].
    pub(crate) fn register(&self, io: &mut (impl mio::event::Source + ?Sized)) -> io::Result<(Token, Arc<Source>)> {
        let source = Arc::new(Source::new());
        let token = self.table.lock().insert(source.clone());
        // Not the first alone: the one before may be about to learn that there is no thread for it.
        match self.say_whether_sources().and_then(|()| self.registry.register(io, token, interest())) {
            Ok(()) => Ok((token, source)),
            Err(error) => {
                self.remove(token);
                Err(error)
            }
        }
    }

    /// Takes a source out, and wakes whoever still waits for it: nothing will ever happen to it again.
    pub(crate) fn deregister(&self, io: &mut (impl mio::event::Source + ?Sized), token: Token) {
        // It fails if the descriptor was closed behind our back; then it is out already.
        let _ = self.registry.deregister(io);
        if let Some(source) = self.remove(token) {
            let mut abandoned = Vec::new();
            source.tell(News::READ_CLOSED | News::WRITE_CLOSED, &mut abandoned);
            // A socket goes by being dropped, which must not panic, whatever a waker does.
            abandoned.into_iter().for_each(|waker| Wakeup::from(waker).wake());
        }
    }

    /// Ends the wait for events under way, or the next one.
    fn call(&self) {
        // It can fail for want of kernel memory only; whoever waits then comes back with the next event.
        let _ = self.nudge.wake();
    }

    fn remove(&self, token: Token) -> Option<Arc<Source>> {
        let (removed, last) = {
            let mut table = self.table.lock();
            (table.remove(token), table.len() == 0)
        };
        if last {
            // Nobody has to look out any more: this asks for no thread, and cannot fail.
            let _ = self.say_whether_sources();
        }
        removed
    }

    /// Tells the floor whether there is anything to look out for. The floor asks under its own lock, so that of two that
    /// come at once the later one says what is true.
    fn say_whether_sources(&self) -> io::Result<()> {
        floor().set_sources(|| self.table.lock().len() > 0)
    }
}
