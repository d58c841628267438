//! Models of the cancel word: cancel against poll, registration and finish.

use super::{Asked, Body, CancelWord, Requests, Word};
use crate::reason::Reason;
use motet_prim::atomic::{AtomicUsize, Ordering, fence};
use motet_prim::model;
use motet_prim::thread::spawn;
use std::future::{Future, pending};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl Wakes {
    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

fn poll<F: Future>(body: std::pin::Pin<&mut Body<F>>, wakes: &Arc<Wakes>, word: &impl Word) -> bool {
    let waker = Waker::from(Arc::clone(wakes));
    body.poll_with(&mut Context::from_waker(&waker), word).is_ready()
}

#[test]
fn a_cancel_is_seen_by_the_first_poll_or_wakes() {
    model(|| {
        let (word, wakes) = (Arc::new(CancelWord::new()), Arc::new(Wakes::default()));
        let canceller = spawn({
            let word = Arc::clone(&word);
            move || assert!(word.cancel(Reason::none()))
        });
        let mut body = pin!(Body::new(pending::<()>()));
        let ended = poll(body.as_mut(), &wakes, &*word);
        canceller.join().unwrap();
        if !ended {
            assert_eq!(wakes.count(), 1, "not seen, so it must have woken");
            assert!(poll(body.as_mut(), &wakes, &*word));
        }
        assert!(!word.cancel(Reason::none()), "finished");
    });
}

#[test]
fn requests_are_seen_by_a_poll_or_say_that_one_is_due() {
    model(|| {
        let (requests, wakes) = (Arc::new(Requests::<()>::new()), Arc::new(Wakes::default()));
        let waker = Waker::from(Arc::clone(&wakes));
        let canceller = spawn({
            let requests = Arc::clone(&requests);
            move || {
                let asked = requests.cancel(Reason::none());
                if asked == Asked::News {
                    waker.wake();
                }
                asked
            }
        });
        let mut body = pin!(Body::new(pending::<()>()));
        let ended = poll(body.as_mut(), &wakes, &*requests);
        assert_eq!(canceller.join().unwrap(), Asked::News);
        assert_eq!(wakes.count(), 1);
        assert!(ended || poll(body.as_mut(), &wakes, &*requests));
        assert_eq!(requests.cancel(Reason::none()), Asked::Finished);
    });
}

#[test]
fn a_grace_that_is_taken_back_while_its_limit_is_asked_leaves_no_limit() {
    model(|| {
        let (requests, wakes, held) = (Arc::new(Requests::<()>::new()), Arc::new(Wakes::default()), Arc::new(()));
        let limit = {
            let held = Arc::clone(&held);
            async move {
                pending::<()>().await;
                drop(held);
            }
        };
        assert_eq!(requests.cancel_with_grace(Reason::none(), Box::pin(limit)), Asked::News);
        let uncanceller = spawn({
            let requests = Arc::clone(&requests);
            move || assert_eq!(requests.uncancel(), Ok(0))
        });
        let mut body = pin!(Body::new(pending::<()>()));
        assert!(!poll(body.as_mut(), &wakes, &*requests));
        uncanceller.join().unwrap();
        assert_eq!(Arc::strong_count(&held), 1, "the limit is gone");
    });
}

#[test]
fn two_cancellers_and_a_poller_agree_on_one_reason_and_one_wake() {
    model(|| {
        let (word, wakes) = (Arc::new(CancelWord::new()), Arc::new(Wakes::default()));
        let mut body = pin!(Body::new(pending::<()>()));
        assert!(!poll(body.as_mut(), &wakes, &*word));
        let cancellers = ["a", "b"].map(|reason| {
            let word = Arc::clone(&word);
            spawn(move || word.cancel(Reason::from(reason)))
        });
        let waker = Waker::from(Arc::clone(&wakes));
        let early = body.as_mut().poll_with(&mut Context::from_waker(&waker), &*word);
        for canceller in cancellers {
            let _finished_before = canceller.join().unwrap();
        }
        let ended = match early {
            Poll::Ready(ended) => ended,
            Poll::Pending => {
                assert_eq!(wakes.count(), 1);
                match body.poll_with(&mut Context::from_waker(&waker), &*word) {
                    Poll::Ready(ended) => ended,
                    Poll::Pending => panic!("cancelled, and still pending"),
                }
            }
        };
        let reason = ended.unwrap_err().reason;
        assert!(reason == "a" || reason == "b");
        assert!(wakes.count() <= 1);
    });
}

/// Finishes while another thread cancels; nothing that either gave may be held afterwards.
fn finish_against_cancel(with_waker: bool) {
    let (word, wakes, held) = (Arc::new(CancelWord::new()), Arc::new(Wakes::default()), Arc::new(()));
    let canceller = spawn({
        let (word, held) = (Arc::clone(&word), Arc::clone(&held));
        let limit = async move {
            pending::<()>().await;
            drop(held);
        };
        move || word.cancel_with_grace(Reason::from("grace"), Box::pin(limit))
    });
    if with_waker {
        word.register(&Waker::from(Arc::clone(&wakes)));
    }
    word.finish();
    let before_the_finish = canceller.join().unwrap();
    assert_eq!(before_the_finish, word.is_cancelled());
    assert_eq!(Arc::strong_count(&wakes), 1, "no clone of the waker is left");
    assert_eq!(Arc::strong_count(&held), 1, "the limit is gone");
    assert!(word.is_finished());
}

#[test]
fn finishing_races_with_a_cancel_and_lets_the_waker_go() {
    model(|| finish_against_cancel(true));
}

#[test]
fn finishing_before_any_registration_races_with_a_cancel() {
    model(|| finish_against_cancel(false));
}

/// Ends in two halves while another thread cancels, and takes it back perhaps; nothing that it brought may be held afterwards.
fn end_in_halves_against_cancel(takes_back: bool) {
    let (requests, held) = (Arc::new(Requests::<()>::new()), Arc::new(()));
    let canceller = spawn({
        let (requests, held) = (Arc::clone(&requests), Arc::clone(&held));
        let limit = async move {
            pending::<()>().await;
            drop(held);
        };
        move || {
            let asked = requests.cancel_with_grace(Reason::from("grace"), Box::pin(limit));
            if takes_back {
                assert_eq!(requests.uncancel(), Ok(0));
            }
            asked
        }
    });
    requests.finish_before_fence();
    fence(Ordering::SeqCst);
    requests.finish_after_fence();
    assert!(requests.is_finished());
    let _in_time_or_not = canceller.join().unwrap();
    assert_eq!(Arc::strong_count(&held), 1, "the limit is gone");
    assert!(requests.is_finished());
    assert!(requests.cancelling() <= 1, "{} requests of one", requests.cancelling());
    assert!(requests.cancel(Reason::none()).is_finished());
}

#[test]
fn an_end_in_halves_races_with_a_cancel_and_lets_its_limit_go() {
    model(|| end_in_halves_against_cancel(false));
}

#[test]
fn an_end_in_halves_races_with_a_cancel_that_is_taken_back() {
    model(|| end_in_halves_against_cancel(true));
}

#[test]
fn uncancel_races_with_the_deciding_poll_and_exactly_one_wins() {
    model(|| {
        let (word, wakes) = (Arc::new(CancelWord::new()), Arc::new(Wakes::default()));
        word.cancel(Reason::none());
        let uncanceller = spawn({
            let word = Arc::clone(&word);
            move || word.uncancel().is_ok()
        });
        let mut body = pin!(Body::new(pending::<()>()));
        let ended = poll(body.as_mut(), &wakes, &*word);
        let taken_back = uncanceller.join().unwrap();
        assert!(ended != taken_back, "ended: {ended}, taken back: {taken_back}");
    });
}
