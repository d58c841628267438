//! Models of the turns at the poller: unparks, hand-overs between seats, and the helper.
//!
//! A lost hand-over or a lost unpark shows as a deadlock: somebody waits for an event that nobody looks out for.

use super::seat::Chair;
use super::turn::{Floor, Hand, Poller};
use motet_prim::atomic::{AtomicBool, Ordering};
use motet_prim::lock::{Condvar, Mutex};
use motet_prim::thread;
use std::io;
use std::sync::Arc;
use std::task::Waker;
use std::time::Duration;

/// The kernel: events and a nudge, both sticky.
#[derive(Default)]
struct Kernel {
    state: Mutex<Pending>,
    changed: Condvar,
}

#[derive(Default)]
struct Pending {
    nudged: bool,
    events: Vec<Arc<Event>>,
}

/// Something that happens once, and a task that waits for it.
struct Event {
    seen: AtomicBool,
    waker: Waker,
}

impl Event {
    fn new(waker: Waker) -> Arc<Self> {
        Arc::new(Self { seen: AtomicBool::new(false), waker })
    }

    fn is_seen(&self) -> bool {
        self.seen.load(Ordering::Acquire)
    }
}

impl Kernel {
    fn happen(&self, event: &Arc<Event>) {
        self.state.lock().events.push(event.clone());
        self.changed.notify_all();
    }
}

struct Model {
    kernel: Arc<Kernel>,
    batch: Vec<Arc<Event>>,
}

impl Poller for Model {
    type Nudge = Arc<Kernel>;

    fn nudge(&self) -> Arc<Kernel> {
        self.kernel.clone()
    }

    fn call(kernel: &Arc<Kernel>) {
        kernel.state.lock().nudged = true;
        kernel.changed.notify_all();
    }

    /// The models that have a helper start it themselves.
    fn start_helper() -> io::Result<()> {
        Ok(())
    }

    fn wait(&mut self, limit: Option<Duration>) {
        let mut state = self.kernel.state.lock();
        while limit.is_none() && !state.nudged && state.events.is_empty() {
            self.kernel.changed.wait(&mut state);
        }
        state.nudged = false;
        self.batch = std::mem::take(&mut state.events);
    }

    fn dispatch(&mut self) {
        for event in self.batch.drain(..) {
            event.seen.store(true, Ordering::Release);
            event.waker.wake_by_ref();
        }
    }
}

type Place = Arc<Floor<Model>>;

/// A floor with an open poller and something to look out for.
fn open_floor() -> (Place, Arc<Kernel>) {
    let (floor, kernel) = (Arc::new(Floor::new()), Arc::new(Kernel::default()));
    open(&floor, &kernel);
    (floor, kernel)
}

fn open(floor: &Place, kernel: &Arc<Kernel>) {
    floor.open(|| Ok(Model { kernel: kernel.clone(), batch: Vec::new() })).expect("the model's poller opens");
    floor.set_sources(|| true).expect("the model's helper starts");
}

fn park_until(chair: &mut Chair<Model, Place>, event: &Event) {
    while !event.is_seen() {
        chair.park(None);
    }
}

fn waker_of(chair: &Chair<Model, Place>) -> Waker {
    Waker::from(chair.place.clone())
}

/// The helper, until `event` is seen.
fn help_until(floor: &Place, event: &Event) {
    let mut hand = Hand::new();
    while !event.is_seen() {
        floor.help(&mut hand, |_| thread::yield_now());
    }
}

#[test]
fn an_unpark_ends_a_park_inside() {
    motet_prim::model(|| {
        let (floor, _kernel) = open_floor();
        let mut chair = Chair::new(floor);
        let unparker = waker_of(&chair);
        let other = thread::spawn(move || unparker.wake());
        chair.park(None);
        other.join().expect("wakes");
    });
}

#[test]
fn an_unpark_ends_a_park_without_a_reactor() {
    motet_prim::model(|| {
        let mut chair = Chair::new(Arc::new(Floor::new()));
        let unparker = waker_of(&chair);
        let other = thread::spawn(move || unparker.wake());
        chair.park(None);
        other.join().expect("wakes");
    });
}

#[test]
fn the_reactor_is_handed_to_a_seat_that_was_parked_without_it() {
    motet_prim::model(|| {
        let (floor, kernel) = (Arc::new(Floor::new()), Arc::new(Kernel::default()));
        let mut chair = Chair::new(floor.clone());
        let event = Event::new(Waker::noop().clone());
        let opener = thread::spawn({
            let event = event.clone();
            move || {
                open(&floor, &kernel);
                kernel.happen(&event);
            }
        });
        park_until(&mut chair, &event);
        opener.join().expect("opens");
    });
}

#[test]
fn a_seat_that_leaves_hands_on_to_one_that_waits() {
    motet_prim::model(|| {
        let (floor, kernel) = open_floor();
        let mut first = Chair::new(floor.clone());
        let mut second = Chair::new(floor);
        let to_first = Event::new(waker_of(&first));
        let to_second = Event::new(waker_of(&second));
        let seats = [
            thread::spawn({
                let event = to_first.clone();
                move || park_until(&mut first, &event)
            }),
            thread::spawn({
                let event = to_second.clone();
                move || park_until(&mut second, &event)
            }),
        ];
        kernel.happen(&to_first);
        kernel.happen(&to_second);
        for seat in seats {
            seat.join().expect("sees its event");
        }
    });
}

#[test]
fn an_offer_that_meets_an_unpark_is_handed_on() {
    motet_prim::model(|| {
        let (floor, kernel) = open_floor();
        let mut unparked = Chair::new(floor.clone());
        let mut waits = Chair::new(floor);
        let unparker = waker_of(&unparked);
        let [first, second] = [(), ()].map(|()| Event::new(waker_of(&waits)));
        let short = thread::spawn(move || unparked.park(None));
        let long = thread::spawn({
            let (first, second) = (first.clone(), second.clone());
            move || {
                park_until(&mut waits, &first);
                park_until(&mut waits, &second);
            }
        });
        kernel.happen(&first);
        unparker.wake();
        kernel.happen(&second);
        short.join().expect("is unparked");
        long.join().expect("sees its events");
    });
}

#[test]
fn the_helper_takes_over_when_the_last_seat_is_gone() {
    motet_prim::model(|| {
        let (floor, kernel) = open_floor();
        let mut chair = Chair::new(floor.clone());
        let event = Event::new(Waker::noop().clone());
        let helper = thread::spawn({
            let (floor, event) = (floor.clone(), event.clone());
            move || help_until(&floor, &event)
        });
        waker_of(&chair).wake();
        chair.park(None);
        chair.poll();
        kernel.happen(&event);
        drop(chair);
        helper.join().expect("sees the event");
    });
}

#[test]
fn a_seat_that_parks_gets_the_poller_from_the_helper() {
    motet_prim::model(|| {
        let (floor, kernel) = open_floor();
        let stop = Event::new(Waker::noop().clone());
        let helper = thread::spawn({
            let (floor, stop) = (floor.clone(), stop.clone());
            move || help_until(&floor, &stop)
        });
        let mut chair = Chair::new(floor);
        let event = Event::new(waker_of(&chair));
        kernel.happen(&event);
        park_until(&mut chair, &event);
        kernel.happen(&stop);
        drop(chair);
        helper.join().expect("stops");
    });
}

#[test]
fn a_seat_that_stays_away_is_stood_in_for() {
    motet_prim::model(|| {
        let (floor, kernel) = open_floor();
        let mut chair = Chair::new(floor.clone());
        let unparker = waker_of(&chair);
        let event = Event::new(Waker::noop().clone());
        let helper = thread::spawn({
            let (floor, event) = (floor.clone(), event.clone());
            move || help_until(&floor, &event)
        });
        let waker = thread::spawn(move || unparker.wake());
        chair.park(None);
        kernel.happen(&event);
        // The seat exists, and nobody parks in it: its thread waits for the very event that it should have seen to.
        helper.join().expect("sees the event");
        waker.join().expect("wakes");
    });
}

#[test]
fn the_helper_makes_way_for_a_seat_without_an_event() {
    motet_prim::model(|| {
        let (floor, kernel) = open_floor();
        let stop = Event::new(Waker::noop().clone());
        let helper = thread::spawn({
            let (floor, stop) = (floor.clone(), stop.clone());
            move || help_until(&floor, &stop)
        });
        let mut chair = Chair::new(floor);
        // On its own parker a limit never ends a model's wait; inside it does at once.
        chair.park(Some(Duration::from_secs(1)));
        kernel.happen(&stop);
        drop(chair);
        helper.join().expect("stops");
    });
}

/// A poller on a system that starts no thread.
struct Alone;

impl Poller for Alone {
    type Nudge = ();

    fn nudge(&self) {}
    fn call((): &()) {}

    fn start_helper() -> io::Result<()> {
        Err(io::ErrorKind::WouldBlock.into())
    }

    fn wait(&mut self, _: Option<Duration>) {}
    fn dispatch(&mut self) {}
}

#[test]
fn no_source_relies_on_a_helper_that_another_was_refused() {
    motet_prim::model(|| {
        let floor = Arc::new(Floor::new());
        floor.open(|| Ok(Alone)).expect("nobody is needed yet");
        let other = thread::spawn({
            let floor = floor.clone();
            move || floor.set_sources(|| true).is_err()
        });
        assert!(floor.set_sources(|| true).is_err());
        assert!(other.join().expect("asks"));
    });
}
