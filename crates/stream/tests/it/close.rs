//! Leaving a stream early: `closing`, `aclose`, and plain drops.

use futures::StreamExt;
use futures::executor::block_on;
use futures::future::FutureExt;
use motet_cancel::{guard, scope};
use motet_stream::{GenYielder, closing, generator, stream};
use motet_test::Stepped;
use std::future::{pending, poll_fn};
use std::sync::mpsc;
use std::task::Poll;

#[test]
fn close_returns_when_the_cleanup_is_done() {
    let (log, seen) = mpsc::channel();
    let (open, opened) = futures::channel::oneshot::channel::<()>();
    let mut numbers = closing(stream(|mut y| async move {
        let _guard = guard(log, async move |log: mpsc::Sender<_>, _| {
            opened.await.unwrap();
            log.send("cleaned up").unwrap();
        });
        for n in 0.. {
            y.emit(n).await;
        }
    }));
    assert_eq!(block_on(numbers.next()), Some(0));
    let mut close = Stepped::new(numbers.close());
    assert!(close.poll().is_pending());
    assert!(seen.try_recv().is_err());
    open.send(()).unwrap();
    assert!(close.is_woken());
    assert_eq!(close.poll_until_stalled(), Poll::Ready(()));
    assert_eq!(seen.try_recv(), Ok("cleaned up"));
}

#[test]
fn aclose_returns_when_the_cleanup_is_done() {
    let (log, seen) = mpsc::channel();
    let mut numbers = generator::<_, (), _>(|mut y| async move {
        let _guard = guard(log, async |log: mpsc::Sender<_>, _| log.send("cleaned up").unwrap());
        for n in 0.. {
            y.emit(n).await;
        }
    });
    assert_eq!(block_on(numbers.next()), Some(0));
    block_on(numbers.aclose());
    assert_eq!(seen.try_recv(), Ok("cleaned up"));
}

#[test]
fn a_stream_dropped_early_hands_its_cleanup_to_the_scope() {
    let (log, seen) = mpsc::channel();
    let (work, _handle) = scope(async move {
        let mut numbers = Box::pin(stream(|mut y| async move {
            let _guard = guard(log, async |log: mpsc::Sender<_>, _| log.send("cleaned up").unwrap());
            for n in 0.. {
                y.emit(n).await;
            }
        }));
        numbers.next().now_or_never().flatten()
    });
    assert_eq!(block_on(work).unwrap(), Some(0));
    assert_eq!(seen.try_recv(), Ok("cleaned up"));
}

/// A body whose guard's exit suspends once between its two lines.
async fn with_exit(mut emit: impl AsyncFnMut(i32), log: mpsc::Sender<&'static str>) {
    let _guard = guard(log, async |log: mpsc::Sender<_>, _| {
        log.send("begins").unwrap();
        let mut yielded = false;
        poll_fn(|cx| {
            cx.waker().wake_by_ref();
            if std::mem::replace(&mut yielded, true) { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        log.send("ends").unwrap();
    });
    for n in 0.. {
        emit(n).await;
    }
}

/// Runs a close inside of a scope, drops it after so many polls, and then lets the scope end.
fn close_and_drop(closing: impl Future<Output = ()>, polls: usize) {
    let mut closing = Some(Box::pin(closing));
    let (work, _handle) = scope(poll_fn(|cx| {
        for _ in 0..polls {
            if closing.as_mut().unwrap().as_mut().poll(cx).is_ready() {
                break;
            }
        }
        closing = None;
        Poll::Ready(())
    }));
    assert!(matches!(Stepped::new(work).poll_until_stalled(), Poll::Ready(Ok(()))));
}

#[test]
fn a_close_dropped_at_any_await_hands_its_cleanup_to_the_scope() {
    for polls in 0..4 {
        let (log, seen) = mpsc::channel();
        let mut numbers = closing(stream(|mut y| with_exit(async move |n| y.emit(n).await, log)));
        assert_eq!(block_on(numbers.next()), Some(0));
        close_and_drop(numbers.close(), polls);
        assert_eq!(seen.try_iter().collect::<Vec<_>>(), ["begins", "ends"], "dropped after {polls} polls");
        let (log, seen) = mpsc::channel();
        let mut numbers = generator::<_, (), _>(|mut y| with_exit(async move |n| _ = y.emit(n).await, log));
        assert_eq!(block_on(numbers.next()), Some(0));
        close_and_drop(numbers.aclose(), polls);
        assert_eq!(seen.try_iter().collect::<Vec<_>>(), ["begins", "ends"], "dropped after {polls} polls");
    }
}

#[test]
fn a_value_that_no_emission_took_is_cleaned_up_before_aclose_returns() {
    let (log, seen) = mpsc::channel();
    let value = guard(log, async |log: mpsc::Sender<_>, _| log.send("cleaned up").unwrap());
    let mut waits = generator(|_y: GenYielder<(), _>| pending());
    assert!(waits.send(value).now_or_never().is_none());
    block_on(waits.aclose());
    assert_eq!(seen.try_recv(), Ok("cleaned up"));
}

#[test]
#[should_panic(expected = "a yielder was used outside of its stream")]
fn an_exit_that_emits_panics() {
    // Python: "async generator ignored GeneratorExit".
    let mut numbers = generator::<i32, (), _>(|y| async move {
        let mut guard = guard(y, async |mut y: GenYielder<_, _>, _| _ = y.emit(2).await);
        guard.emit(1).await;
    });
    assert_eq!(block_on(numbers.next()), Some(1));
    block_on(numbers.aclose());
}
