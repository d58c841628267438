//! What the pool knows: the idle connections, the shared ones, and what each host speaks.
//!
//! Plain data under the pool's lock, which is held for a few lines at a time: no connection is polled or dropped and no waker
//! touched under it, so that whatever has to go is handed out.
//!
//! An HTTP/1.1 connection is in one of these places, and its socket's permit goes with it:
//!
//! ```text
//!   dialled ──▶ leased to a request ──▶ idle here ──▶ expired, evicted, closed by the server: dropped
//!                   ▲    │                  │
//!                   └────┼──────────────────┘ the next request: latest used, first taken
//!                        └──▶ not reusable, or its request dropped: dropped
//! ```
//!
//! An HTTP/2 connection stands in its host's entry from its handshake until it is closed, evicted or expired.

use super::h1::Http1;
use super::h2::Http2;
use super::host::HostKey;
use super::slots::Slots;
use super::waits::Asking;
use super::wire::Protocol;
use crate::Limits;
use motet_sync::Event;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Instant;

pub(super) struct Ledger {
    hosts: HashMap<HostKey, Host>,
    limits: Limits,
    idle: usize,
    /// Requests that have the right to a connection and found no socket free: nothing may go idle while there are any.
    starving: usize,
    closed: bool,
    sweep: Sweep,
    next_id: u64,
    /// As many hosts as make it worth to look for those that nobody uses.
    prune_at: usize,
}

struct Host {
    protocol: Option<Protocol>,
    /// One at a time dials a host whose protocol is not known: if it is HTTP/2, the others share that connection.
    gate: Slots,
    asking: Option<Asking>,
    limit: Option<Slots>,
    /// Oldest first.
    idle: Vec<Idle>,
    shared: Option<Arc<Http2>>,
}

pub(super) struct Idle {
    pub(super) connection: Http1,
    pub(super) expires: Instant,
}

/// The way to a connection.
pub(super) enum Route {
    /// One that is shared.
    Share(Arc<Http2>, Option<Slots>),
    /// One of its own, idle or new, within the host's limit.
    Own(Option<Slots>),
    /// It is not known which: behind this gate one finds out, unless a connection that is in doubt is heard of first.
    Ask(Slots, Option<Arc<Event>>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sweep {
    Off,
    /// A timer will call; only the latest round's counts.
    Armed(u64),
}

/// What is to be dropped, outside the lock.
#[must_use = "drop it after the lock"]
#[derive(Default)]
pub(super) struct Leaving {
    pub(super) own: Vec<Http1>,
    pub(super) shared: Vec<Arc<Http2>>,
}

/// Asks for a timer that sweeps then.
#[must_use]
pub(super) struct ArmSweep {
    pub(super) round: u64,
    pub(super) at: Instant,
}

impl Ledger {
    pub(super) fn new(limits: Limits) -> Self {
        let hosts = HashMap::new();
        Self { hosts, limits, idle: 0, starving: 0, closed: false, sweep: Sweep::Off, next_id: 0, prune_at: 64 }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    pub(super) fn new_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Where a request to this host goes; also hands out a shared connection that is lost.
    pub(super) fn route(&mut self, key: &HostKey) -> (Route, Option<Arc<Http2>>) {
        self.prune();
        let limits = self.limits;
        let host = self.hosts.entry(key.clone()).or_insert_with(|| Host::new(key, limits));
        let dead = host.shared.take_if(|shared| shared.is_lost());
        let route = match (&host.shared, host.protocol) {
            (Some(shared), _) => match shared.doubted() {
                None => Route::Share(shared.clone(), host.limit.clone()),
                doubted => Route::Ask(host.gate.clone(), doubted),
            },
            (None, Some(Protocol::Http1)) => Route::Own(host.limit.clone()),
            (None, Some(Protocol::Http2) | None) => Route::Ask(host.gate.clone(), None),
        };
        (route, dead)
    }

    pub(super) fn host_limit(&self, key: &HostKey) -> Option<Slots> {
        self.hosts.get(key).and_then(|host| host.limit.clone())
    }

    /// What the request at the host's gate does, if one was there.
    pub(super) fn asking(&self, key: &HostKey) -> Option<Asking> {
        self.hosts.get(key)?.asking
    }

    /// Notes what it does now; where the host is known there is no gate, and nobody looks.
    pub(super) fn ask(&mut self, key: &HostKey, asking: Asking) {
        if let Some(host) = self.hosts.get_mut(key).filter(|host| host.protocol != Some(Protocol::Http1)) {
            host.asking = Some(asking);
        }
    }

    /// Notes what a host speaks.
    pub(super) fn learn(&mut self, key: &HostKey, protocol: Protocol) {
        let limits = self.limits;
        self.hosts.entry(key.clone()).or_insert_with(|| Host::new(key, limits)).protocol = Some(protocol);
    }

    /// Makes a connection known to all requests to its host; gives back the one it replaces.
    pub(super) fn share(&mut self, key: &HostKey, connection: Arc<Http2>) -> Option<Arc<Http2>> {
        if self.closed {
            return Some(connection);
        }
        self.learn(key, Protocol::Http2);
        self.hosts.get_mut(key).and_then(|host| host.shared.replace(connection))
    }

    /// The latest used idle connection to this host, and those that are past their time.
    pub(super) fn take_idle(&mut self, key: &HostKey, now: Instant) -> (Option<Http1>, Leaving) {
        let mut leaving = Leaving::default();
        let Some(host) = self.hosts.get_mut(key) else { return (None, leaving) };
        while let Some(idle) = host.idle.pop() {
            self.idle -= 1;
            if idle.expires > now {
                return (Some(idle.connection), leaving);
            }
            leaving.own.push(idle.connection);
        }
        (None, leaving)
    }

    /// That one idle connection, whose socket has something to say.
    pub(super) fn take_named(&mut self, key: &HostKey, id: u64) -> Option<Idle> {
        let host = self.hosts.get_mut(key)?;
        let at = host.idle.iter().position(|idle| idle.connection.id() == id)?;
        self.idle -= 1;
        Some(host.idle.remove(at))
    }

    /// Keeps a connection for later, if it may be kept; hands out what has to leave for it.
    pub(super) fn put_idle(&mut self, key: &HostKey, idle: Idle) -> (Leaving, Option<ArmSweep>) {
        let mut leaving = Leaving::default();
        if self.closed || self.starving > 0 || self.limits.max_idle == 0 {
            leaving.own.push(idle.connection);
            return (leaving, None);
        }
        let at = idle.expires;
        let limits = self.limits;
        let host = self.hosts.entry(key.clone()).or_insert_with(|| Host::new(key, limits));
        let place = host.idle.partition_point(|other| other.expires <= at);
        host.idle.insert(place, idle);
        self.idle += 1;
        self.trim(&mut leaving);
        (leaving, self.arm(at))
    }

    /// A round of sweeping at that time, unless one is on its way.
    pub(super) fn arm(&mut self, at: Instant) -> Option<ArmSweep> {
        if self.sweep != Sweep::Off {
            return None;
        }
        let round = self.new_id();
        self.sweep = Sweep::Armed(round);
        Some(ArmSweep { round, at })
    }

    /// Enters a request that found no socket free, and makes the idle connection that was used longest ago leave for it.
    pub(super) fn starve(&mut self) -> Leaving {
        self.starving += 1;
        let mut leaving = Leaving::default();
        while self.evict(&mut leaving) == Some(false) {}
        leaving
    }

    /// Makes as many leave as there are too many idle ones, those that were used longest ago first.
    pub(super) fn trim(&mut self, leaving: &mut Leaving) {
        let most = self.limits.max_idle;
        // Counting them asks each host, which is not worth it while there are so few.
        while self.idle + self.hosts.len() > most && self.idle + self.resting() > most {
            if self.evict(leaving).is_none() {
                return;
            }
        }
    }

    /// The shared connections that nobody uses.
    fn resting(&self) -> usize {
        let rests = |host: &&Host| host.shared.as_ref().is_some_and(|shared| shared.idle_since().is_some());
        self.hosts.values().filter(rests).count()
    }

    /// The idle connection that was used longest ago leaves: whether that frees a socket, `None` if there is none.
    fn evict(&mut self, leaving: &mut Leaving) -> Option<bool> {
        match (self.oldest_idle(), self.oldest_shared()) {
            (Some((key, at)), shared) if shared.as_ref().is_none_or(|(_, since)| at <= *since) => {
                leaving.own.extend(self.pop_oldest(&key));
                Some(true)
            }
            (_, Some((key, _))) => {
                // One that a request starts at this moment stays, and one that has ended has no socket to give.
                let Some(retired) = self.retire(&key) else { return Some(false) };
                let frees_a_socket = retired.is_alive();
                leaving.shared.push(retired);
                Some(frees_a_socket)
            }
            _ => None,
        }
    }

    pub(super) fn fed(&mut self) {
        self.starving -= 1;
    }

    /// The shared connection to this host leaves, if nobody uses it.
    fn retire(&mut self, key: &HostKey) -> Option<Arc<Http2>> {
        self.hosts.get_mut(key)?.shared.take_if(|shared| shared.retire())
    }

    /// What is past its time leaves; `None` if nothing idle is left and the sweeping ends.
    pub(super) fn expire(&mut self, now: Instant) -> (Leaving, Option<ArmSweep>) {
        let mut leaving = Leaving::default();
        let expiry = self.limits.idle_expiry;
        let mut next: Option<Instant> = None;
        for host in self.hosts.values_mut() {
            let kept = host.idle.partition_point(|idle| idle.expires <= now);
            self.idle -= kept;
            leaving.own.extend(host.idle.drain(..kept).map(|idle| idle.connection));
            let expires = |shared: &Http2| shared.idle_since().and_then(|since| since.checked_add(expiry));
            let expired = host.shared.take_if(|shared| expires(shared).is_some_and(|at| at <= now) && shared.retire());
            leaving.shared.extend(expired);
            let own = host.idle.first().map(|idle| idle.expires);
            let shared = host.shared.as_deref().and_then(expires);
            next = [next, own, shared].into_iter().flatten().min();
        }
        self.sweep = Sweep::Off;
        (leaving, next.and_then(|at| self.arm(at)))
    }

    /// Whether this is still the round that a timer was armed for.
    pub(super) fn is_round(&self, round: u64) -> bool {
        self.sweep == Sweep::Armed(round)
    }

    pub(super) fn close(&mut self) -> Leaving {
        self.closed = true;
        let mut leaving = Leaving::default();
        for host in self.hosts.values_mut() {
            leaving.own.extend(host.idle.drain(..).map(|idle| idle.connection));
            leaving.shared.extend(host.shared.take());
        }
        self.idle = 0;
        leaving
    }

    fn oldest_idle(&self) -> Option<(HostKey, Instant)> {
        let oldest = |(key, host): (&HostKey, &Host)| host.idle.first().map(|idle| (key.clone(), idle.expires));
        self.hosts.iter().filter_map(oldest).min_by_key(|(_, expires)| *expires)
    }

    fn oldest_shared(&self) -> Option<(HostKey, Instant)> {
        let idle = |(key, host): (&HostKey, &Host)| {
            let since = host.shared.as_ref()?.idle_since()?;
            Some((key.clone(), since.checked_add(self.limits.idle_expiry)?))
        };
        self.hosts.iter().filter_map(idle).min_by_key(|(_, expires)| *expires)
    }

    fn pop_oldest(&mut self, key: &HostKey) -> Option<Http1> {
        let host = self.hosts.get_mut(key).filter(|host| !host.idle.is_empty())?;
        self.idle -= 1;
        Some(host.idle.remove(0).connection)
    }

    /// Forgets hosts that nobody uses, each time there are twice as many as were in use before.
    fn prune(&mut self) {
        if self.hosts.len() >= self.prune_at {
            self.hosts.retain(|_, host| !host.is_unused());
            self.prune_at = (self.hosts.len() * 2).max(64);
        }
    }
}

impl Host {
    fn new(key: &HostKey, limits: Limits) -> Self {
        // Without TLS there is no negotiation.
        let protocol = (!key.https).then_some(Protocol::Http1);
        let limit = limits.max_per_host.map(Slots::new);
        Self { protocol, gate: Slots::new(1), asking: None, limit, idle: Vec::new(), shared: None }
    }

    fn is_unused(&self) -> bool {
        self.idle.is_empty()
            && self.shared.is_none()
            && self.gate.is_unused()
            && self.limit.as_ref().is_none_or(Slots::is_unused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Uri;

    fn key(host: u32) -> HostKey {
        HostKey::of(&Uri::try_from(format!("http://host{host}.example/")).unwrap()).unwrap()
    }

    #[test]
    fn hosts_that_nobody_uses_are_forgotten() {
        let mut ledger = Ledger::new(Limits::default());
        for host in 0..10_000 {
            let _ = ledger.route(&key(host));
        }
        assert!(ledger.hosts.len() <= 64, "{} hosts are kept", ledger.hosts.len());
    }

    #[test]
    fn hosts_in_use_are_kept_however_many_there_are() {
        let limits = Limits { max_per_host: Some(1), ..Limits::default() };
        let mut ledger = Ledger::new(limits);
        let mut in_use = Vec::new();
        for host in 0..1_000 {
            let (Route::Own(limit), _) = ledger.route(&key(host)) else { panic!("plain HTTP needs no question") };
            in_use.push(limit.unwrap().try_acquire().expect("the first"));
        }
        for host in 0..1_000 {
            let (Route::Own(limit), _) = ledger.route(&key(host)) else { panic!("plain HTTP needs no question") };
            assert!(limit.unwrap().try_acquire().is_none(), "the limit of host {host} was forgotten");
        }
    }

    #[test]
    fn one_sweep_at_a_time() {
        let mut ledger = Ledger::new(Limits::default());
        let now = Instant::now();
        let first = ledger.arm(now).unwrap();
        assert!(ledger.arm(now).is_none());
        assert!(ledger.is_round(first.round));
        let (_, next) = ledger.expire(now);
        assert!(next.is_none() && !ledger.is_round(first.round), "nothing idles: the sweeping ends");
        assert!(ledger.arm(now).is_some());
    }
}
