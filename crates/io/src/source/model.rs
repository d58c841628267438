//! Models of a source: an event against a task that finds nothing, and two tasks that share the word.

use super::{Direction, Extent, News, Source};
use motet_prim::atomic::{AtomicUsize, Ordering};
use motet_prim::loom;
use motet_prim::park::block_on;
use motet_prim::thread;
use std::future::poll_fn;
use std::io;
use std::sync::Arc;

/// A socket: bytes that are there, and the source that is told of them.
struct Socket {
    bytes: AtomicUsize,
    room: AtomicUsize,
    source: Source,
}

impl Socket {
    fn new() -> Arc<Self> {
        Arc::new(Self { bytes: AtomicUsize::new(0), room: AtomicUsize::new(0), source: Source::new() })
    }

    /// The kernel and the reactor: a byte (or room) is there first, and the event comes after.
    fn deliver(&self, direction: Direction) {
        let news = match direction {
            Direction::Read => News::READ,
            Direction::Write => News::WRITE,
        };
        self.count(direction).fetch_add(1, Ordering::AcqRel);
        let mut wakers = Vec::new();
        self.source.tell(news, &mut wakers);
        wakers.into_iter().for_each(|waker| waker.wake());
    }

    fn count(&self, direction: Direction) -> &AtomicUsize {
        match direction {
            Direction::Read => &self.bytes,
            Direction::Write => &self.room,
        }
    }

    /// Takes at most one.
    fn take(&self, direction: Direction, extent: Extent) -> io::Result<((), Extent)> {
        let count = self.count(direction);
        let took = count.fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| count.checked_sub(1));
        took.map(|_| ((), extent)).map_err(|_| io::ErrorKind::WouldBlock.into())
    }

    /// Takes all that is there, which is what a short count means.
    fn take_all(&self) -> io::Result<(usize, Extent)> {
        match self.bytes.swap(0, Ordering::AcqRel) {
            0 => Err(io::ErrorKind::WouldBlock.into()),
            count => Ok((count, Extent::Short)),
        }
    }

    async fn io(&self, direction: Direction) {
        self.source.io(direction, || self.take(direction, Extent::Full)).await.expect("it only ever blocks");
    }
}

/// A model of three threads, in every interleaving with at most two preemptions: with three it would take minutes.
fn model_of_three(run: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound.get_or_insert(2);
    builder.check(run);
}

#[test]
fn an_event_is_never_buried_by_a_clear() {
    motet_prim::model(|| {
        let socket = Socket::new();
        let kernel = thread::spawn({
            let socket = socket.clone();
            move || socket.deliver(Direction::Read)
        });
        block_on(socket.io(Direction::Read));
        kernel.join().expect("delivers");
    });
}

#[test]
fn a_poll_function_is_woken_too() {
    motet_prim::model(|| {
        let socket = Socket::new();
        let kernel = thread::spawn({
            let socket = socket.clone();
            move || socket.deliver(Direction::Read)
        });
        let read =
            poll_fn(|cx| socket.source.poll_io(Direction::Read, cx, || socket.take(Direction::Read, Extent::Full)));
        block_on(read).expect("it only ever blocks");
        kernel.join().expect("delivers");
    });
}

#[test]
fn what_comes_after_a_short_read_is_told() {
    motet_prim::model(|| {
        let socket = Socket::new();
        let kernel = thread::spawn({
            let socket = socket.clone();
            move || (0..2).for_each(|_| socket.deliver(Direction::Read))
        });
        let mut count = 0;
        while count < 2 {
            count += block_on(socket.source.io(Direction::Read, || socket.take_all())).expect("it only ever blocks");
        }
        kernel.join().expect("delivers");
    });
}

#[test]
fn the_two_directions_do_not_disturb_each_other() {
    model_of_three(|| {
        let socket = Socket::new();
        let writer = thread::spawn({
            let socket = socket.clone();
            move || block_on(socket.io(Direction::Write))
        });
        let kernel = thread::spawn({
            let socket = socket.clone();
            move || {
                socket.deliver(Direction::Write);
                socket.deliver(Direction::Read);
            }
        });
        block_on(socket.io(Direction::Read));
        writer.join().expect("writes");
        kernel.join().expect("delivers");
    });
}

#[test]
fn two_tasks_read_what_two_events_bring() {
    model_of_three(|| {
        let socket = Socket::new();
        let other = thread::spawn({
            let socket = socket.clone();
            move || block_on(socket.io(Direction::Read))
        });
        let kernel = thread::spawn({
            let socket = socket.clone();
            move || (0..2).for_each(|_| socket.deliver(Direction::Read))
        });
        block_on(socket.io(Direction::Read));
        other.join().expect("reads");
        kernel.join().expect("delivers");
    });
}
