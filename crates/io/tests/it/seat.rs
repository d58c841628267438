//! Seats, driven by hand.

use crate::scene::{block_on, pair, stall};
use motet_io::Seat;
use motet_test::Stepped;
use std::future::Future;
use std::pin::pin;
use std::sync::mpsc::channel;
use std::task::{Context, Poll};
use std::time::Duration;

/// A whole runtime: polls one future and parks in its seat.
pub(crate) fn drive<F: Future>(seat: &mut Seat, future: F) -> F::Output {
    let mut future = pin!(future);
    let unparker = seat.unparker();
    let mut cx = Context::from_waker(&unparker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return output;
        }
        seat.park(None);
    }
}

#[test]
fn an_unpark_before_the_park_ends_it_and_is_used_up() {
    let mut seat = Seat::new();
    let unparker = seat.unparker();
    unparker.wake_by_ref();
    unparker.wake_by_ref();
    seat.park(None);
    // Had it not been used up, `other` could not be the one who ends this.
    let (parks, told) = channel();
    let other = std::thread::spawn(move || {
        told.recv().unwrap();
        unparker.wake();
    });
    parks.send(()).unwrap();
    seat.park(None);
    other.join().unwrap();
}

#[test]
fn an_unpark_ends_the_park_of_any_seat_inside_or_not() {
    let seats: Vec<_> = (0..4).map(|_| Seat::new()).collect();
    let unparkers: Vec<_> = seats.iter().map(Seat::unparker).collect();
    // Some are inside by then, some wait, some are not even there.
    let threads: Vec<_> = seats
        .into_iter()
        .map(|mut seat| {
            std::thread::spawn(move || {
                (0..200).for_each(|_| seat.park(Some(Duration::from_micros(1))));
                seat.park(Some(Duration::from_secs(600)));
            })
        })
        .collect();
    for (thread, unparker) in threads.into_iter().zip(unparkers) {
        while !thread.is_finished() {
            unparker.wake_by_ref();
            std::thread::yield_now();
        }
        thread.join().unwrap();
    }
}

#[test]
fn a_limit_ends_a_park() {
    let mut seat = Seat::new();
    seat.park(Some(Duration::ZERO));
    seat.park(Some(Duration::from_micros(10)));
    // Two at once: one of them waits on its own parker.
    let other = std::thread::spawn(|| Seat::new().park(Some(Duration::from_millis(1))));
    seat.park(Some(Duration::from_millis(1)));
    other.join().unwrap();
}

#[test]
fn the_seats_of_two_runtimes_serve_each_other() {
    // Each end waits for the other in turn, so that the poller changes hands all the time.
    let (client, server) = pair();
    let echo = std::thread::spawn(move || {
        drive(&mut Seat::new(), async move {
            let mut byte = [0];
            while server.read(&mut byte).await.unwrap() == 1 {
                server.write(&byte).await.unwrap();
            }
        });
    });
    drive(&mut Seat::new(), async move {
        for i in 0..2000 {
            let mut byte = [i as u8];
            client.write(&byte).await.unwrap();
            byte[0] = !byte[0];
            assert_eq!(client.read(&mut byte).await.unwrap(), 1);
            assert_eq!(byte[0], i as u8);
        }
    });
    echo.join().unwrap();
}

#[test]
fn a_seat_that_stays_away_does_not_stop_the_others() {
    let mut away = Seat::new();
    // It was inside, and its runtime is busy ever since.
    away.park(Some(Duration::ZERO));
    let (client, server) = pair();
    let reader = std::thread::spawn(move || block_on(server.read(&mut [0; 8])).unwrap());
    let other = std::thread::spawn(move || {
        let (idle, mut peer) = pair();
        drop(idle);
        drive(&mut Seat::new(), async { futures::AsyncReadExt::read(&mut peer, &mut [0; 8]).await.unwrap() })
    });
    client.try_write(b"x").unwrap();
    assert_eq!(reader.join().unwrap(), 1);
    assert_eq!(other.join().unwrap(), 0);
    drop(away);
}

#[test]
fn a_task_may_block_its_runtime_on_a_socket() {
    let (client, server) = pair();
    let bytes = drive(&mut Seat::new(), async move {
        let mut buf = [0; 8];
        let mut first = Stepped::new(server.read(&mut buf));
        stall(&mut first);
        drop(first);
        std::thread::spawn(move || client.try_write(b"x").unwrap());
        // The only thread that would come back to the seat sits here.
        motet_prim::park::block_on(server.read(&mut buf)).unwrap()
    });
    assert_eq!(bytes, 1);
}

#[test]
fn a_runtime_that_never_parks_sees_events_by_polling() {
    let (client, server) = pair();
    let mut seat = Seat::new();
    let mut buf = [0; 8];
    let mut read = Stepped::new(server.read(&mut buf));
    stall(&mut read);
    client.try_write(b"x").unwrap();
    while !read.is_woken() {
        seat.poll();
    }
    assert!(read.poll().is_ready());
}

#[test]
fn a_seat_is_dropped_at_any_time() {
    for _ in 0..50 {
        let mut seat = Seat::new();
        let unparker = seat.unparker();
        seat.park(Some(Duration::ZERO));
        drop(seat);
        unparker.wake();
    }
}
