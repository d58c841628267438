//! `generator`.

use futures::StreamExt;
use futures::executor::block_on;
use motet_stream::generator;
use motet_test::{Stepped, assert_send, assert_unpin};
use std::cell::Cell;
use std::marker::PhantomPinned;
use std::rc::Rc;
use std::task::Poll;

assert_unpin!(motet_stream::Generator<PhantomPinned, PhantomPinned, PhantomPinned>);
assert_send!(motet_stream::GenYielder<Rc<u8>, Rc<u8>>, motet_stream::Yielder<Rc<u8>>);

#[test]
fn a_value_sent_in_answers_the_emission_that_waits() {
    block_on(async {
        let mut echo = generator(|mut y| async move {
            let mut answer = y.emit("first".to_owned()).await;
            while let Some(word) = answer {
                answer = y.emit(word).await;
            }
        });
        assert_eq!(echo.next().await.as_deref(), Some("first"));
        assert_eq!(echo.send("again".to_owned()).await.as_deref(), Some("again"));
        assert_eq!(echo.next().await, None);
        assert_eq!(echo.send("too late".to_owned()).await, None);
    });
}

#[test]
fn a_value_sent_before_the_first_emission_has_no_taker() {
    block_on(async {
        let mut answers = generator(|mut y| async move {
            let answer = y.emit(None).await;
            y.emit(answer).await;
        });
        assert_eq!(answers.send(1).await, Some(None));
        assert_eq!(answers.next().await, Some(None), "the first value is gone");
    });
}

#[test]
fn a_value_stays_while_the_body_waits_for_something_else() {
    let (open, opened) = futures::channel::oneshot::channel::<()>();
    let mut sums = generator(|mut y| async move {
        let first = y.emit(0).await;
        opened.await.unwrap();
        y.emit(first.unwrap() + 1).await;
    });
    assert_eq!(block_on(sums.next()), Some(0));
    assert!(Stepped::new(sums.send(41)).poll().is_pending());
    open.send(()).unwrap();
    assert_eq!(Stepped::new(sums.next()).poll(), Poll::Ready(Some(42)));
}

#[test]
fn a_generator_not_started_never_runs() {
    let ran = Rc::new(Cell::new(false));
    let inside = ran.clone();
    let numbers = generator::<i32, (), _>(|mut y| async move {
        inside.set(true);
        y.emit(1).await;
    });
    block_on(numbers.aclose());
    assert!(!ran.get());
}

#[test]
fn a_generator_is_a_stream() {
    let numbers = generator::<_, (), _>(|mut y| async move {
        y.emit(1).await;
        y.emit(2).await;
    });
    assert_eq!(block_on(StreamExt::collect::<Vec<_>>(numbers)), [1, 2]);
}
