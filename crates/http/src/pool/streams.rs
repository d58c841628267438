//! How many requests share an HTTP/2 connection at a time: as many as the client allows, or its server if that is fewer.
//!
//! The server says so in its settings, which come after the first requests may have gone out and may change at any time
//! (RFC 9113, section 5.1.2). Then new places are made or taken away; of those in use that are too many, each goes with the
//! stream that has it.

use super::slots::Permit;
use motet_sync::{AcquireOwned, Semaphore};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(super) struct Streams {
    free: Arc<Semaphore>,
    most: usize,
    places: Mutex<Places>,
}

struct Places {
    /// Free and in use.
    all: usize,
    allowed: usize,
}

impl Streams {
    pub(super) fn new(most: usize) -> Self {
        let places = Mutex::new(Places { all: most, allowed: most });
        Self { free: Arc::new(Semaphore::new(most)), most, places }
    }

    fn lock(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place, first come, first served. The future does not hold the connection.
    pub(super) fn enter(&self) -> AcquireOwned {
        self.free.acquire_owned()
    }

    /// The place is free again, unless it is one too many.
    pub(super) fn leave(&self, place: Permit) {
        let too_many = {
            let mut places = self.lock();
            let too_many = places.all > places.allowed;
            places.all -= usize::from(too_many);
            too_many
        };
        if too_many {
            place.forget();
        } else {
            drop(place);
        }
    }

    /// The server allows so many. At least one is taken: for a server that allows none at the moment hyper waits, and the
    /// read timeout is the limit to that.
    pub(super) fn allow(&self, servers: usize) {
        let new = {
            let mut places = self.lock();
            places.allowed = self.most.min(servers).max(1);
            places.all -= self.free.forget_permits(places.all.saturating_sub(places.allowed));
            let new = places.allowed.saturating_sub(places.all);
            places.all += new;
            new
        };
        if new > 0 {
            self.free.release(new);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use motet_test::Stepped;
    use std::task::Poll;

    fn take(streams: &Streams) -> Option<Permit> {
        match Stepped::new(streams.enter()).poll() {
            Poll::Ready(place) => Some(place),
            Poll::Pending => None,
        }
    }

    #[test]
    fn a_server_may_allow_fewer_at_any_time() {
        let streams = Streams::new(10);
        let mut taken: Vec<_> = (0..3).map(|_| take(&streams).expect("ten are allowed")).collect();
        streams.allow(2);
        assert!(take(&streams).is_none());
        // The first that leaves was one too many; the next makes room.
        streams.leave(taken.pop().unwrap());
        assert!(take(&streams).is_none());
        streams.leave(taken.pop().unwrap());
        assert!(take(&streams).is_some());
    }

    #[test]
    fn a_server_may_allow_more_at_any_time() {
        let streams = Streams::new(10);
        streams.allow(1);
        let _first = take(&streams).unwrap();
        let mut waits: Vec<_> = (0..3).map(|_| Stepped::new(streams.enter())).collect();
        assert!(waits.iter_mut().all(|wait| wait.poll().is_pending()));
        streams.allow(3);
        assert_eq!(waits.iter().map(Stepped::is_woken).collect::<Vec<_>>(), [true, true, false]);
    }

    #[test]
    fn the_clients_own_limit_stays() {
        let streams = Streams::new(1);
        streams.allow(usize::MAX);
        let first = take(&streams).unwrap();
        assert!(take(&streams).is_none());
        streams.allow(0);
        streams.leave(first);
        assert!(take(&streams).is_some());
    }
}
