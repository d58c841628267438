//! The connection pool: how a request comes to a connection, and where the connection goes afterwards.
//!
//! Two semaphores make the limit strict. A request takes a *slot* first and keeps it until its response's body has ended; a
//! socket holds an *open* permit for as long as it exists. There are as many of one as of the other, and an idle connection
//! has a permit but no slot. So a request with a slot in its hand always finds a connection to its host, a free permit, or an
//! idle connection to some other host that leaves for it: it never waits for a request that waits for it.
//!
//! ```text
//!   host limit ─▶ slot ─▶ idle connection to this host?  ──yes──▶ send
//!                              │ no
//!                              ▼
//!                        open permit (an idle connection leaves, if need be) ─▶ dial ─▶ send
//! ```
//!
//! Which protocol a host speaks is learned at its first TLS handshake, which one request makes while the others to that host
//! wait at its gate: if it is HTTP/2 they share the connection, and only its streams are counted.

mod form;
mod h1;
mod h2;
mod heard;
mod host;
mod lease;
mod ledger;
mod mortal;
mod seat;
mod slots;
mod streams;
mod sweep;
mod waits;
mod wire;

use crate::body::Body;
use crate::clock;
use crate::error::{Error, Kind};
use crate::spawn::Spawner;
use crate::tls::Tls;
use crate::{Limits, Timeouts};
use form::{Failure, Original, copy};
use futures_util::future::OptionFuture;
use h1::{Http1, Watch};
use h2::{Http2, Share, Start};
use host::HostKey;
use http::{Request, Response};
use lease::Slot;
use ledger::{Idle, Ledger, Route};
use motet_sync::Event;
pub(crate) use seat::Incoming;
use seat::Seat;
use slots::{Permit, Slots};
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use waits::{Asking, Waits};
use wire::{Protocol, dial};

/// The client's own transport.
pub(crate) struct Pool {
    core: Arc<Core>,
}

/// What the pool's connections share with it.
struct Core {
    ledger: Mutex<Ledger>,
    slots: Slots,
    open: Slots,
    limits: Limits,
    max_streams: usize,
    tls: Tls,
    spawner: Spawner,
    sweep: sweep::Sweeper,
    /// Set when the client is closed: whoever still waits for a connection is told.
    closing: Event,
}

impl Pool {
    pub(crate) fn new(limits: Limits, max_streams: usize, tls: Tls, spawner: Spawner) -> Self {
        let (slots, open) = (Slots::new(limits.max_connections), Slots::new(limits.max_connections));
        let ledger = Mutex::new(Ledger::new(limits));
        let (sweep, closing) = (sweep::Sweeper::default(), Event::new());
        Self { core: Arc::new(Core { ledger, slots, open, limits, max_streams, tls, spawner, sweep, closing }) }
    }

    /// Sends one request: once, or twice if a connection of the pool turns out to be closed and that does no harm.
    pub(crate) async fn send(&self, mut request: Request<Body>) -> Result<Response<Body>, Error> {
        let timeouts = request.extensions().get::<Timeouts>().copied().unwrap_or_default();
        let key = HostKey::of(request.uri())?;
        let (mut waits, mut idling) = (Waits::new(&timeouts), Idling::Welcome);
        loop {
            let seat = self.core.seat(&key, &mut waits, idling).await?;
            waits.stop();
            // Twice is as good as once if the request is idempotent, or if the server has not looked at it.
            let idempotent = request.method().is_idempotent();
            let spare = if seat.is_reused() && (idempotent || seat.is_shared()) { copy(&request) } else { None };
            // What comes back unsent has the form of its connection, and the next may be of the other protocol.
            let original = seat.is_reused().then(|| Original::of(&request));
            let Failure { error, unsent, unprocessed, stale, .. } = match seat.send(request, timeouts).await {
                Ok(response) => return Ok(response),
                Err(failure) => failure,
            };
            let spare = spare.filter(|_| idempotent || unprocessed);
            match unsent.map(|unsent| *unsent).or(spare) {
                Some(again) if stale && idling == Idling::Welcome => request = again,
                _ => return Err(error),
            }
            if let Some(original) = original {
                original.restore(&mut request);
            }
            idling = Idling::Distrusted;
        }
    }

    /// No new requests; idle connections end, and are waited for.
    pub(crate) async fn close(&self) {
        let leaving = self.core.lock().close();
        self.core.closing.set();
        drop(leaving.own);
        let ends: Vec<_> = leaving.shared.into_iter().filter(|shared| shared.retire()).map(Http2::into_end).collect();
        for end in ends {
            end.wait().await;
        }
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        let leaving = self.core.lock().close();
        drop(leaving);
    }
}

/// Whether a request may go out on a connection that was idle.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Idling {
    Welcome,
    Distrusted,
}

impl Core {
    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection to this host. The waits for others share one budget; connecting has its own.
    async fn seat(self: &Arc<Self>, key: &HostKey, waits: &mut Waits, idling: Idling) -> Result<Seat, Error> {
        let (mut finding, mut closing) = (pin!(self.find_seat(key, waits, idling)), pin!(self.closing.wait()));
        poll_fn(|cx| match finding.as_mut().poll(cx) {
            Poll::Ready(seat) => Poll::Ready(seat),
            Poll::Pending => closing.as_mut().poll(cx).map(|()| Err(Error::new(Kind::Closed))),
        })
        .await
    }

    async fn find_seat(self: &Arc<Self>, key: &HostKey, waits: &mut Waits, idling: Idling) -> Result<Seat, Error> {
        loop {
            match self.route(key)? {
                Route::Share(connection, limit) => {
                    if let Some(share) = self.share(connection, limit, waits).await? {
                        return Ok(Seat::Shared(share));
                    }
                }
                Route::Own(limit) => return self.own(key, limit, waits, idling).await,
                Route::Ask(gate, _) => {
                    let gate = self.enter(gate, key, waits).await?;
                    // Whoever had the gate before has found out, unless it failed.
                    if let Route::Ask(_, doubted) = self.route(key)? {
                        let own = self.own_unless_heard(key, doubted, waits, idling).await?;
                        if let Some(seat) = own {
                            return Ok(seat);
                        }
                        waits.stop();
                    }
                    drop(gate);
                }
            }
        }
    }

    /// A connection of its own, unless the server of the one that is in doubt is heard of before.
    async fn own_unless_heard(
        self: &Arc<Self>,
        key: &HostKey,
        doubted: Option<Arc<Event>>,
        waits: &mut Waits,
        idling: Idling,
    ) -> Result<Option<Seat>, Error> {
        let limit = self.lock().host_limit(key);
        let mut own = pin!(self.own(key, limit, waits, idling));
        let mut heard_again = pin!(OptionFuture::from(doubted.map(|doubted| doubted.wait_owned())));
        poll_fn(|cx| match own.as_mut().poll(cx) {
            Poll::Ready(seat) => Poll::Ready(seat.map(Some)),
            Poll::Pending => match heard_again.as_mut().poll(cx) {
                Poll::Ready(Some(())) => Poll::Ready(Ok(None)),
                Poll::Ready(None) | Poll::Pending => Poll::Pending,
            },
        })
        .await
    }

    /// The turn to find out what a host speaks, which others may be about to.
    async fn enter(&self, gate: Slots, key: &HostKey, waits: &mut Waits) -> Result<Permit, Error> {
        let (mut turn, mut begun) = (pin!(gate.acquire()), None);
        let entered = poll_fn(|cx| match turn.as_mut().poll(cx) {
            Poll::Ready(entered) => Poll::Ready(Ok(entered)),
            Poll::Pending => {
                let asking = self.lock().asking(key);
                waits.poll_at_gate(*begun.get_or_insert_with(clock::now), asking, cx).map(Err)
            }
        });
        let entered = entered.await?;
        waits.stop();
        self.lock().ask(key, Asking::Waits(clock::now()));
        Ok(entered)
    }

    fn route(&self, key: &HostKey) -> Result<Route, Error> {
        let (route, lost) = {
            let mut ledger = self.lock();
            if ledger.is_closed() {
                return Err(Error::new(Kind::Closed));
            }
            ledger.route(key)
        };
        drop(lost);
        Ok(route)
    }

    async fn slot(&self, limit: Option<Slots>) -> Slot {
        let host = match limit {
            Some(limit) => Some(limit.acquire().await),
            None => None,
        };
        Slot { _host: host, _client: self.slots.acquire().await }
    }

    /// A share in a connection; `None` if it ended meanwhile.
    ///
    /// Whoever waits does not hold the connection: it may be the one that has to leave for a request with a slot, and would
    /// not while it is held here, by somebody who waits for that slot.
    async fn share(
        self: &Arc<Self>,
        connection: Arc<Http2>,
        limit: Option<Slots>,
        waits: &mut Waits,
    ) -> Result<Option<Share>, Error> {
        let (present, stream) = (Arc::downgrade(&connection), connection.stream());
        drop(connection);
        let stream = waits.pool.bound(stream).await?;
        // Whoever leaves it may have found it mute.
        let trusted = |connection: &Arc<Http2>| connection.is_usable() && connection.doubted().is_none();
        let usable = || present.upgrade().filter(trusted);
        let Some(mut connection) = usable() else { return Ok(None) };
        if !connection.join() {
            drop(connection);
            let slot = waits.pool.bound(self.slot(limit)).await?;
            let Some(again) = usable() else { return Ok(None) };
            match again.start(slot) {
                Start::Started => {}
                Start::Joined(spare) => drop(spare),
                Start::Refused => return Ok(None),
            }
            connection = again;
        }
        Ok(Some(Share::new(connection, self, stream, true)))
    }

    /// An idle connection to this host, or a new one.
    async fn own(
        self: &Arc<Self>,
        key: &HostKey,
        limit: Option<Slots>,
        waits: &mut Waits,
        idling: Idling,
    ) -> Result<Seat, Error> {
        let slot = waits.pool.bound(self.slot(limit)).await?;
        if self.lock().is_closed() {
            return Err(Error::new(Kind::Closed));
        }
        if idling == Idling::Welcome {
            let (idle, leaving) = self.lock().take_idle(key, clock::now());
            drop(leaving);
            if let Some(connection) = idle {
                return Ok(Seat::own(connection, slot, key, self));
            }
        }
        let open = waits.pool.bound(self.open_permit()).await?;
        waits.stop();
        self.lock().ask(key, Asking::Dials(clock::now()));
        // In a box: the way over an idle connection need not carry the handshakes around.
        waits.connect.bound(Box::pin(self.dial(key, open, slot))).await?
    }

    /// The permit for one more socket. If there is none, an idle connection has to leave.
    async fn open_permit(self: &Arc<Self>) -> Permit {
        if let Some(permit) = self.open.try_acquire() {
            return permit;
        }
        let _starving = Starving::enter(self);
        self.open.acquire().await
    }

    /// A new connection, and what was learned by it.
    async fn dial(self: &Arc<Self>, key: &HostKey, open: Permit, slot: Slot) -> Result<Seat, Error> {
        let (wire, protocol) = dial(key, &self.tls, open).await?;
        match protocol {
            Protocol::Http1 => {
                let id = {
                    let mut ledger = self.lock();
                    ledger.learn(key, protocol);
                    ledger.new_id()
                };
                let watch = Watch { pool: Arc::downgrade(self), key: key.clone(), id, called: Mutex::default() };
                Ok(Seat::own(Http1::handshake(wire, watch).await?, slot, key, self))
            }
            Protocol::Http2 => {
                let tasks = self.spawner.for_connection()?;
                let connection = Arc::new(Http2::handshake(wire, tasks, self.max_streams).await?);
                let stream = connection.stream().await;
                let Start::Started = connection.start(slot) else { unreachable!("nobody else knows it yet") };
                let share = Share::new(connection.clone(), self, stream, false);
                let replaced = self.lock().share(key, connection);
                drop(replaced);
                Ok(Seat::Shared(share))
            }
        }
    }

    /// Takes a connection back.
    fn keep(self: &Arc<Self>, key: &HostKey, mut connection: Http1) {
        if !connection.rests_well() {
            return;
        }
        let Some(expires) = clock::now().checked_add(self.limits.idle_expiry) else { return };
        self.rest(key, Idle { connection, expires });
    }

    fn rest(self: &Arc<Self>, key: &HostKey, idle: Idle) {
        let watch = idle.connection.watch();
        let (leaving, sweep) = self.lock().put_idle(key, idle);
        drop(leaving);
        if let Some(sweep) = sweep {
            self.arm(sweep);
        }
        // What happened while it was on its way here found nobody.
        if watch.take_call() {
            self.look_at(key, watch.id);
        }
    }

    /// Something happened on an idle connection: it stays if that was nothing of importance.
    fn look_at(self: &Arc<Self>, key: &HostKey, id: u64) {
        let taken = self.lock().take_named(key, id);
        let Some(mut idle) = taken else { return };
        if idle.connection.rests_well() {
            self.rest(key, idle);
        }
    }
}

/// A request that waits for a socket to be closed.
struct Starving<'a>(&'a Core);

impl<'a> Starving<'a> {
    fn enter(core: &'a Core) -> Self {
        let leaving = core.lock().starve();
        let starving = Self(core);
        drop(leaving);
        starving
    }
}

impl Drop for Starving<'_> {
    fn drop(&mut self) {
        self.0.lock().fed();
    }
}
