//! `generator`.

use futures::StreamExt;
use futures::executor::block_on;
use futures::lock::Mutex;
use motet_stream::generator;
use motet_test::{Stepped, assert_send, assert_unpin, drop_at_every_await};
use std::cell::Cell;
use std::future::poll_fn;
use std::marker::PhantomPinned;
use std::pin::pin;
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
fn a_value_that_nobody_can_take_any_more_is_not_kept() {
    let value = Rc::new(());
    let mut ends = generator(|mut y| async move {
        let _first: Option<Rc<()>> = y.emit(()).await;
    });
    assert_eq!(block_on(ends.send(value.clone())), Some(()));
    assert_eq!(Rc::strong_count(&value), 1, "dropped by the emission that it came too early for");
    assert_eq!(block_on(ends.next()), None);
    assert_eq!(block_on(ends.send(value.clone())), None);
    assert_eq!(Rc::strong_count(&value), 1, "dropped by the generator that has ended");
}

#[test]
fn a_value_sent_after_a_call_that_was_dropped_half_way_has_no_taker() {
    let (open, opened) = futures::channel::oneshot::channel::<()>();
    let value = Rc::new(());
    let mut waits = generator(|mut y| async move {
        let _none: Option<Rc<()>> = y.emit(1).await;
        opened.await.unwrap();
        y.emit(2).await;
    });
    assert_eq!(block_on(waits.next()), Some(1));
    assert!(Stepped::new(waits.next()).poll().is_pending());
    open.send(()).unwrap();
    assert_eq!(block_on(waits.send(value.clone())), Some(2));
    assert_eq!(Rc::strong_count(&value), 1);
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

#[test]
fn a_conversation_dropped_at_any_await_loses_no_value() {
    let report = drop_at_every_await(|| {
        let numbers = generator(|mut y| async move {
            let mut sum = 0;
            loop {
                let answer = y.emit(sum).await;
                // Between the value and the next item.
                let mut yielded = false;
                poll_fn(|cx| {
                    cx.waker().wake_by_ref();
                    if std::mem::replace(&mut yielded, true) { Poll::Ready(()) } else { Poll::Pending }
                })
                .await;
                sum += answer.unwrap_or(0);
            }
        });
        let numbers = Rc::new(Mutex::new(numbers));
        let sent = Rc::new(Cell::new(0));
        let (generator, total) = (numbers.clone(), sent.clone());
        let conversation = async move {
            for n in 1..4 {
                let mut generator = generator.lock().await;
                if n == 1 {
                    assert_eq!(generator.next().await, Some(0));
                }
                let mut send = pin!(generator.send(n));
                let sum = poll_fn(|cx| {
                    total.set(n * (n + 1) / 2);
                    send.as_mut().poll(cx)
                })
                .await;
                assert_eq!(sum, Some(total.get()));
            }
        };
        (conversation, move |_| {
            let rest = Stepped::new(numbers.try_lock().unwrap().next()).poll_until_stalled();
            let Poll::Ready(Some(sum)) = rest else { panic!("it stalled") };
            assert_eq!(sum, sent.get(), "the value is with the generator from the first poll on");
        })
    });
    assert!(report.completed && report.drops > 3, "{report:?}");
}
