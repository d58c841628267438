//! The desk with a resolver of the test's own, which answers when the test says so.

use super::{Answer, LookupError, Lookups};
use futures::executor::block_on;
use futures::future::join_all;
use motet_prim::lock::Mutex;
use motet_test::{Stepped, WakeCount, waker_that_panics_when_dropped};
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier};
use std::task::Context;

fn addr_of(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

/// A desk whose resolver says which port it was asked for, and then waits for a go-ahead.
fn desk(most_at_once: usize) -> (Arc<Lookups>, Receiver<u16>, Sender<()>) {
    let (asked, ports) = channel();
    let (go, gone) = channel();
    let gone = Mutex::new(gone);
    let resolve = move |_: &str, port: u16| -> Answer {
        asked.send(port).unwrap();
        gone.lock().recv().unwrap();
        Ok(vec![addr_of(port)])
    };
    (Arc::new(Lookups::new(most_at_once, resolve)), ports, go)
}

#[test]
fn no_more_run_at_once_than_allowed() {
    let together = Arc::new(Barrier::new(3));
    let running = Arc::new(Mutex::new((0, 0)));
    let resolve = {
        let (together, running) = (together.clone(), running.clone());
        move |_: &str, port: u16| -> Answer {
            {
                let mut running = running.lock();
                running.0 += 1;
                running.1 = running.1.max(running.0);
            }
            together.wait();
            running.lock().0 -= 1;
            Ok(vec![addr_of(port)])
        }
    };
    let lookups = Arc::new(Lookups::new(3, resolve));
    let answers = block_on(join_all((1..=12).map(|port| lookups.lookup("host".into(), port))));
    for (answer, port) in answers.into_iter().zip(1..) {
        assert_eq!(answer.unwrap(), [addr_of(port)]);
    }
    assert_eq!(running.lock().1, 3);
}

#[test]
fn those_in_the_queue_go_in_order() {
    let (lookups, ports, go) = desk(1);
    let waiting: Vec<_> = (1..=5).map(|port| lookups.lookup("host".into(), port)).collect();
    (0..5).for_each(|_| go.send(()).unwrap());
    block_on(join_all(waiting));
    assert_eq!(ports.try_iter().collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
}

#[test]
fn a_lookup_dropped_in_the_queue_never_runs() {
    let (lookups, ports, go) = desk(1);
    let first = lookups.lookup("host".into(), 1);
    assert_eq!(ports.recv().unwrap(), 1);
    let second = lookups.lookup("host".into(), 2);
    let third = lookups.lookup("host".into(), 3);
    drop(second);
    assert_eq!(lookups.desk.lock().queue.len(), 1, "a dropped lookup leaves at once");
    (0..2).for_each(|_| go.send(()).unwrap());
    block_on(join_all([first, third]));
    assert_eq!(ports.try_iter().collect::<Vec<_>>(), [3]);
}

#[test]
fn a_lookup_dropped_while_it_runs_keeps_its_place_and_gives_it_back() {
    let (lookups, ports, go) = desk(1);
    let mut first = Stepped::new(lookups.lookup("host".into(), 1));
    assert!(first.poll().is_pending());
    assert_eq!(ports.recv().unwrap(), 1);
    drop(first);
    let mut second = Stepped::new(lookups.lookup("host".into(), 2));
    assert!(second.poll().is_pending());
    assert!(ports.try_recv().is_err(), "the first still has the only place");
    (0..2).for_each(|_| go.send(()).unwrap());
    assert_eq!(ports.recv().unwrap(), 2);
    drop(second);
}

#[test]
fn the_waker_of_the_last_poll_is_woken() {
    let (lookups, _ports, go) = desk(1);
    let mut lookup = Stepped::new(lookups.lookup("host".into(), 1));
    assert!(lookup.poll().is_pending());
    assert!(lookup.poll_with_new_waker().is_pending());
    let (done, wait) = channel();
    let other = lookups.lookup("host".into(), 2);
    let waiter = std::thread::spawn(move || done.send(block_on(other).unwrap()).unwrap());
    (0..2).for_each(|_| go.send(()).unwrap());
    wait.recv().unwrap();
    waiter.join().unwrap();
    assert!(lookup.is_woken(), "the second lookup came after the first, which is done");
    assert!(lookup.poll().is_ready());
}

#[test]
fn a_resolver_that_fails_or_panics_is_an_error_with_the_host_in_it() {
    let lookups = Arc::new(Lookups::new(1, |host: &str, _: u16| match host {
        "fails" => Err(io::Error::new(io::ErrorKind::TimedOut, "no answer")),
        _ => panic!("as the test wants"),
    }));
    for (host, kind) in [("fails", io::ErrorKind::TimedOut), ("panics", io::ErrorKind::Other)] {
        let error = block_on(lookups.lookup(host.into(), 1)).unwrap_err();
        assert_eq!(error.kind(), kind);
        assert!(LookupError::is_inside(&error));
        assert!(error.to_string().contains(host), "{error}");
    }
}

#[test]
fn a_lookup_dropped_while_it_runs_keeps_no_waker() {
    let (lookups, ports, go) = desk(1);
    let wakes = WakeCount::new();
    let mut lookup = Box::pin(lookups.lookup("host".into(), 1));
    assert!(wakes.poll(lookup.as_mut()).is_pending());
    assert_eq!(ports.recv().unwrap(), 1);
    drop(lookup);
    assert_eq!(wakes.wakers_alive(1), 0);
    go.send(()).unwrap();
}

#[test]
fn a_waker_that_panics_as_it_is_dropped_unwinds_into_no_poll_and_no_drop_of_a_lookup() {
    let (lookups, _ports, go) = desk(1);
    let mut lookup = Box::pin(lookups.lookup("host".into(), 1));
    for waker in [waker_that_panics_when_dropped(), waker_that_panics_when_dropped()] {
        assert!(lookup.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        drop(waker);
    }
    drop(lookup);
    go.send(()).unwrap();
}
