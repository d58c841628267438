//! `stream` and `try_stream`.

use futures::executor::block_on;
use futures::stream::{FusedStream, FuturesUnordered, Stream, StreamExt};
use motet_stream::{Yielder, stream, try_stream};
use motet_test::{End, Stepped, WakeCount, drop_at_every_await};
use std::cell::RefCell;
use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll};

fn next<S: Stream>(stream: Pin<&mut S>, wakes: &WakeCount) -> Poll<Option<S::Item>> {
    stream.poll_next(&mut Context::from_waker(&wakes.waker()))
}

#[test]
fn items_come_one_by_one_and_the_body_never_runs_ahead() {
    let log = Rc::new(RefCell::new(Vec::new()));
    let inside = log.clone();
    let mut items = pin!(stream(|mut y| async move {
        for n in 0..3 {
            inside.borrow_mut().push(n);
            y.emit(n).await;
        }
    }));
    let wakes = WakeCount::new();
    assert!(log.borrow().is_empty(), "nothing runs before the first poll");
    for n in 0..3 {
        assert_eq!(next(items.as_mut(), &wakes), Poll::Ready(Some(n)));
        assert_eq!(log.borrow().len(), n + 1);
    }
    assert_eq!(next(items.as_mut(), &wakes), Poll::Ready(None));
    assert_eq!(next(items.as_mut(), &wakes), Poll::Ready(None), "it stays ended");
    assert_eq!(wakes.count(), 0, "an emission wakes nobody: the consumer comes back by itself");
}

#[test]
fn the_consumers_waker_passes_through_unchanged() {
    let wakes = WakeCount::new();
    let waker = wakes.waker();
    let expected = waker.clone();
    let mut items = pin!(stream(|mut y| async move {
        let same = poll_fn(|cx| Poll::Ready(cx.waker().will_wake(&expected))).await;
        y.emit(same).await;
    }));
    assert_eq!(items.as_mut().poll_next(&mut Context::from_waker(&waker)), Poll::Ready(Some(true)));
}

#[test]
fn the_body_may_wait_for_other_things() {
    let (send, receive) = futures::channel::oneshot::channel();
    let mut items = pin!(stream(|mut y| async move { y.emit(receive.await.unwrap()).await }));
    let wakes = WakeCount::new();
    assert!(next(items.as_mut(), &wakes).is_pending());
    send.send(7).unwrap();
    assert_eq!(wakes.count(), 1);
    assert_eq!(next(items.as_mut(), &wakes), Poll::Ready(Some(7)));
    assert_eq!(next(items.as_mut(), &wakes), Poll::Ready(None));
}

#[test]
fn items_and_bodies_may_borrow() {
    let words = ["one".to_owned(), "two".to_owned()];
    let borrowed = stream(|mut y| {
        let words = &words;
        async move {
            for word in words {
                y.emit(word.as_str()).await;
            }
        }
    });
    assert_eq!(block_on(borrowed.collect::<Vec<_>>()), ["one", "two"]);
}

#[test]
fn a_yielder_for_longer_lives_serves_a_stream_of_shorter_ones() {
    let local = String::from("local");
    async fn only_static(mut y: Yielder<&'static str>) {
        y.emit("static").await;
    }
    // A closure, for the conversion of the yielder on the way.
    fn shorter<'a>(_: &'a str, items: impl Stream<Item = &'a str>) -> Vec<&'a str> {
        block_on(items.collect())
    }
    assert_eq!(shorter(&local, stream(|y: Yielder<&str>| only_static(y))), ["static"]);
}

#[test]
fn streams_nest_and_an_inner_body_may_emit_into_the_outer_one() {
    let items = stream(|mut outer| async move {
        let inner = stream(|mut y| async move {
            for n in 0..3 {
                outer.emit(format!("outer {n}")).await;
                y.emit(n).await;
            }
        });
        assert_eq!(inner.collect::<Vec<_>>().await, [0, 1, 2]);
    });
    assert_eq!(block_on(items.collect::<Vec<_>>()), ["outer 0", "outer 1", "outer 2"]);
}

#[test]
fn streams_may_recurse() {
    fn down(n: u32) -> futures::stream::LocalBoxStream<'static, u32> {
        Box::pin(stream(move |mut y| async move {
            y.emit(n).await;
            if n > 0 {
                let mut rest = down(n - 1);
                while let Some(n) = rest.next().await {
                    y.emit(n).await;
                }
            }
        }))
    }
    assert_eq!(block_on(down(20).collect::<Vec<_>>()), (0..=20).rev().collect::<Vec<_>>());
}

#[test]
#[should_panic(expected = "a yielder was used outside of its stream")]
fn an_escaped_yielder_panics() {
    let mut escaped = None;
    {
        let items = stream(|y| {
            escaped = Some(y);
            async {}
        });
        drop(items);
    }
    let mut y: Yielder<i32> = escaped.unwrap();
    block_on(y.emit(1));
}

#[test]
#[should_panic(expected = "a yielder was used outside of its stream")]
fn an_escaped_yielder_never_reaches_another_stream_of_the_same_type() {
    let slot = Rc::new(RefCell::new(None));
    let first = slot.clone();
    drop(stream(move |y: Yielder<i32>| {
        *first.borrow_mut() = Some(y);
        async {}
    }));
    let mut other = pin!(stream(move |_mine: Yielder<i32>| async move {
        let mut foreign = slot.borrow_mut().take().unwrap();
        foreign.emit(1).await;
    }));
    let _ = next(other.as_mut(), &WakeCount::new());
}

#[test]
fn two_streams_polled_in_turn_do_not_mix_their_items() {
    let numbers = |from: i32| {
        stream(move |mut y| async move {
            for n in from..from + 3 {
                y.emit(n).await;
            }
        })
    };
    let both = numbers(0).zip(numbers(10));
    assert_eq!(block_on(both.collect::<Vec<_>>()), [(0, 10), (1, 11), (2, 12)]);
}

#[test]
fn an_emission_behind_wakers_of_its_own_goes_on() {
    // FuturesUnordered polls only what was woken.
    let items = stream(|mut y| async move {
        let mut some = FuturesUnordered::new();
        some.push(async move {
            for n in 0..3 {
                y.emit(n).await;
            }
        });
        while some.next().await.is_some() {}
    });
    assert_eq!(block_on(items.collect::<Vec<_>>()), [0, 1, 2]);
}

#[test]
fn an_emission_that_was_dropped_after_its_poll_is_emitted() {
    let items = stream(|mut y| async move {
        {
            let mut first = pin!(y.emit(1));
            assert!(poll_fn(|cx| Poll::Ready(first.as_mut().poll(cx))).await.is_pending());
        }
        y.emit(2).await;
        {
            let _never_polled = y.emit(3);
        }
    });
    assert_eq!(block_on(items.collect::<Vec<_>>()), [1, 2]);
}

#[test]
fn an_item_that_came_in_the_bodys_last_poll_is_not_lost() {
    let items = try_stream(|mut y| async move {
        {
            let mut last = pin!(y.emit(1));
            assert!(poll_fn(|cx| Poll::Ready(last.as_mut().poll(cx))).await.is_pending());
        }
        Err("no more")
    });
    assert_eq!(block_on(items.collect::<Vec<_>>()), [Ok(1), Err("no more")]);
}

#[test]
fn an_error_is_the_last_item_of_a_try_stream() {
    let items = try_stream(|mut y| async move {
        y.emit(1).await;
        Err::<(), _>("no")?;
        y.emit(2).await;
        Ok(())
    });
    let mut items = pin!(items);
    let wakes = WakeCount::new();
    assert_eq!(next(items.as_mut(), &wakes), Poll::Ready(Some(Ok(1))));
    assert_eq!(next(items.as_mut(), &wakes), Poll::Ready(Some(Err("no"))));
    assert_eq!(next(items.as_mut(), &wakes), Poll::Ready(None));
    assert_eq!(next(items.as_mut(), &wakes), Poll::Ready(None));
}

#[test]
fn streams_are_fused_and_say_so() {
    let plain = |items: u8| {
        stream(move |mut y| async move {
            for n in 0..items {
                y.emit(n).await;
            }
        })
    };
    let mut both = (
        Box::pin(plain(1)),
        Box::pin(try_stream(|mut y| async move {
            y.emit(10).await;
            Err(11)
        })),
    );
    let mut seen = Vec::new();
    block_on(async {
        loop {
            futures::select_biased! {
                n = both.0.next() => seen.extend(n),
                n = both.1.select_next_some() => seen.push(n.unwrap_or_else(|e| e)),
                complete => break,
            }
        }
    });
    assert_eq!(seen, [0, 10, 11]);
    assert!(both.0.is_terminated() && both.1.is_terminated());
    assert_eq!((both.0.size_hint(), both.1.size_hint()), ((0, Some(0)), (0, Some(0))));
    assert_eq!(plain(1).size_hint(), (0, None));
}

#[test]
fn an_error_that_waits_behind_an_item_counts_as_one() {
    let mut items = Box::pin(try_stream(|mut y| async move {
        {
            let mut last = pin!(y.emit(1));
            assert!(poll_fn(|cx| Poll::Ready(last.as_mut().poll(cx))).await.is_pending());
        }
        Err("no more")
    }));
    assert_eq!(block_on(items.next()), Some(Ok(1)));
    assert_eq!((items.size_hint(), items.is_terminated()), ((1, Some(1)), false));
    assert_eq!(block_on(items.next()), Some(Err("no more")));
    assert_eq!((items.size_hint(), items.is_terminated()), ((0, Some(0)), true));
}

#[test]
fn an_item_in_the_slot_is_dropped_once_when_the_body_panics_behind_it() {
    let item = Rc::new(());
    let given = item.clone();
    let mut items = Box::pin(stream(|mut y| async move {
        let mut emission = pin!(y.emit(given));
        assert!(poll_fn(|cx| Poll::Ready(emission.as_mut().poll(cx))).await.is_pending());
        panic!("with an item on its way");
    }));
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| block_on(items.next()).is_some()));
    assert!(panicked.is_err());
    assert_eq!(Rc::strong_count(&item), 1);
}

#[test]
fn items_of_every_kind_arrive_whole() {
    // From nothing to more than any register holds; each over the straight way and out of a stream within.
    fn check<Y: Clone + PartialEq + std::fmt::Debug>(item: Y) {
        let straight = stream(|mut y| {
            let item = item.clone();
            async move {
                y.emit(item.clone()).await;
                y.emit(item).await;
            }
        });
        assert_eq!(block_on(straight.collect::<Vec<_>>()), [item.clone(), item.clone()]);
        let outwards = stream(|mut outer| {
            let item = item.clone();
            async move {
                let inner = stream(|mut y| async move {
                    outer.emit(item.clone()).await;
                    y.emit(item).await;
                });
                inner.collect::<Vec<_>>().await;
            }
        });
        assert_eq!(block_on(outwards.collect::<Vec<_>>()), [item]);
    }
    check(());
    check(7_u8);
    check(u128::MAX);
    check(String::from("on the heap"));
    check(Some(Box::new(1)));
    check([5_u64; 100]);
}

#[test]
fn a_panic_in_the_body_leaves_the_thread_as_it_was() {
    let mut items = Box::pin(stream(|mut y| async move {
        y.emit(1).await;
        panic!("out of items");
    }));
    assert_eq!(block_on(items.next()), Some(1));
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| block_on(items.next())));
    assert!(panicked.is_err());
    let fine = stream(|mut y| async move { y.emit(2).await });
    assert_eq!(block_on(fine.collect::<Vec<_>>()), [2]);
}

#[test]
fn a_loop_dropped_at_any_await_loses_no_item() {
    drop_at_every_await(|| {
        let items = Rc::new(RefCell::new(Box::pin(stream(|mut y| async move {
            for n in 0..4 {
                futures::pending!();
                y.emit(n).await;
            }
        }))));
        let seen = Rc::new(RefCell::new(Vec::new()));
        let (stream, log) = (items.clone(), seen.clone());
        let consumer = async move {
            loop {
                let item = poll_fn(|cx| {
                    cx.waker().wake_by_ref();
                    stream.borrow_mut().as_mut().poll_next(cx)
                })
                .await;
                let Some(n) = item else { break };
                log.borrow_mut().push(n);
            }
        };
        (consumer, move |_: End<()>| {
            let mut rest = Stepped::new(poll_fn(move |cx| {
                let item = items.borrow_mut().as_mut().poll_next(cx);
                if item.is_pending() {
                    cx.waker().wake_by_ref();
                }
                item
            }));
            while let Poll::Ready(Some(n)) = rest.poll_until_stalled() {
                seen.borrow_mut().push(n);
            }
            assert_eq!(*seen.borrow(), [0, 1, 2, 3]);
        })
    });
}

#[test]
fn a_stream_is_send_if_its_body_is() {
    fn is_send<T: Send>(_: &T) {}
    let words: Vec<&'static str> = vec!["a"];
    let error: Box<dyn std::error::Error + Send + Sync> = "no".into();
    let items = try_stream(move |mut y| async move {
        for word in &words {
            y.emit(*word).await;
        }
        pending::<()>().await;
        Err::<(), _>(error)
    });
    is_send(&items);
}
