//! What is tried, and what is known not to be worth a system call; stepped by hand.

use super::{Direction, Extent, News, Source};
use motet_test::{Stepped, WakeCount};
use std::cell::Cell;
use std::io;
use std::task::{Poll, Waker};

/// An operation that counts how often it is tried, and does what it is told.
struct Operation {
    tries: Cell<usize>,
    answer: Cell<Option<Extent>>,
}

impl Operation {
    fn new(answer: Option<Extent>) -> Self {
        Self { tries: Cell::new(0), answer: Cell::new(answer) }
    }

    fn call(&self) -> io::Result<((), Extent)> {
        self.tries.set(self.tries.get() + 1);
        self.answer.get().map(|extent| ((), extent)).ok_or_else(|| io::ErrorKind::WouldBlock.into())
    }

    /// One attempt on the source; whether it was made at all.
    fn is_tried(&self, source: &Source, direction: Direction) -> bool {
        let before = self.tries.get();
        let _ = source.try_io(direction, || self.call());
        self.tries.get() > before
    }
}

fn tell(source: &Source, news: News) {
    let mut wakers = Vec::new();
    source.tell(news, &mut wakers);
    wakers.into_iter().for_each(Waker::wake);
}

#[test]
fn after_a_short_count_nothing_is_tried_until_an_event() {
    let (source, read) = (Source::new(), Operation::new(Some(Extent::Short)));
    assert!(read.is_tried(&source, Direction::Read), "the first operation tries");
    assert!(!read.is_tried(&source, Direction::Read));
    tell(&source, News::WRITE);
    assert!(!read.is_tried(&source, Direction::Read), "that was the other direction");
    tell(&source, News::READ);
    assert!(read.is_tried(&source, Direction::Read));
}

#[test]
fn after_a_full_count_the_next_operation_tries() {
    let (source, read) = (Source::new(), Operation::new(Some(Extent::Full)));
    assert!(read.is_tried(&source, Direction::Read));
    assert!(read.is_tried(&source, Direction::Read));
}

#[test]
fn an_end_of_stream_outlives_a_short_count_but_not_a_denial() {
    let (source, read) = (Source::new(), Operation::new(Some(Extent::Short)));
    tell(&source, News::READ_CLOSED);
    assert!(read.is_tried(&source, Direction::Read));
    assert!(read.is_tried(&source, Direction::Read), "the end is still to be read");
    read.answer.set(None);
    assert!(read.is_tried(&source, Direction::Read));
    assert!(!read.is_tried(&source, Direction::Read), "the system knows better than the event did");
}

#[test]
fn an_error_is_news_for_both_directions() {
    let (source, operation) = (Source::new(), Operation::new(None));
    for direction in [Direction::Read, Direction::Write] {
        assert!(operation.is_tried(&source, direction));
        assert!(!operation.is_tried(&source, direction));
    }
    tell(&source, News::ERROR);
    assert!(operation.is_tried(&source, Direction::Read));
    assert!(operation.is_tried(&source, Direction::Write));
}

#[test]
fn an_event_during_an_attempt_makes_it_be_tried_again() {
    let source = Source::new();
    let tries = Cell::new(0);
    let mut read = Stepped::new(source.io(Direction::Read, || {
        tries.set(tries.get() + 1);
        if tries.get() == 1 {
            // It says that there is nothing, and there is something before that is noted.
            tell(&source, News::READ);
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(((), Extent::Full))
    }));
    assert!(read.poll().is_ready());
    assert_eq!(tries.get(), 2);
}

#[test]
fn an_interrupted_attempt_is_made_again_at_once() {
    let source = Source::new();
    let tries = Cell::new(0);
    let result = source.try_io(Direction::Read, || {
        tries.set(tries.get() + 1);
        if tries.get() < 3 { Err(io::ErrorKind::Interrupted.into()) } else { Ok(((), Extent::Full)) }
    });
    assert!(result.is_ok());
    assert_eq!(tries.get(), 3);
}

#[test]
fn an_event_wakes_whoever_waits_for_it_once() {
    let (source, nothing) = (Source::new(), Operation::new(None));
    let mut queued: Vec<_> = (0..3).map(|_| Stepped::new(source.io(Direction::Read, || nothing.call()))).collect();
    let mut writer = Stepped::new(source.io(Direction::Write, || nothing.call()));
    let polled = WakeCount::new();
    assert!(queued.iter_mut().all(|wait| wait.poll().is_pending()));
    assert!(writer.poll().is_pending());
    let waker = polled.waker();
    let mut cx = std::task::Context::from_waker(&waker);
    assert!(source.poll_io(Direction::Read, &mut cx, || nothing.call()).is_pending());
    tell(&source, News::READ);
    tell(&source, News::READ);
    assert!(queued.iter().all(|wait| wait.wakes() == 1));
    assert_eq!(polled.count(), 1);
    assert_eq!(writer.wakes(), 0);
}

#[test]
fn the_last_to_poll_is_woken() {
    let (source, nothing) = (Source::new(), Operation::new(None));
    let wakes = [WakeCount::new(), WakeCount::new()];
    for count in &wakes {
        let waker = count.waker();
        let mut cx = std::task::Context::from_waker(&waker);
        assert!(matches!(source.poll_io(Direction::Read, &mut cx, || nothing.call()), Poll::Pending));
    }
    tell(&source, News::READ);
    assert_eq!(wakes.map(|count| count.count()), [0, 1]);
}

#[test]
fn counts_say_how_much_there_was() {
    assert_eq!(Extent::of(0, 8), Extent::Full, "the end of a stream stays readable");
    assert_eq!(Extent::of(8, 8), Extent::Full);
    let short = if super::SHORT_MEANS_EXHAUSTED { Extent::Short } else { Extent::Full };
    assert_eq!(Extent::of(7, 8), short);
}

#[test]
fn a_short_read_says_nothing_once_urgent_bytes_were_seen() {
    let source = Source::new();
    let short = || source.try_io(Direction::Read, || Ok(((), Extent::Short)));
    source.tell(News::READ, &mut Vec::new());
    short().unwrap();
    assert!(short().is_err(), "a short read exhausts the stream");
    source.tell(News::URGENT, &mut Vec::new());
    short().unwrap();
    short().expect("there may be more behind the urgent byte");
}
