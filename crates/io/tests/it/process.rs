//! What a process is left with: descriptors, threads. Each test runs in a process of its own, for both belong to the process.

use crate::scene::{block_on, listener, pair, until};
use crate::seat::drive;
use motet_io::{Seat, TcpListener, TcpStream, UdpSocket, UnixStream};
use motet_test::{WakeCount, waker_that_panics_when_woken};
use std::fs;
use std::future::Future;
use std::os::fd::AsRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::task::Context;
use std::time::Duration;

const CHILD: &str = "MOTET_IO_TEST_CHILD";

/// Runs `test`, the test function named `name`, in a child process of this one.
fn alone(name: &str, test: impl FnOnce()) {
    if std::env::var_os(CHILD).is_some_and(|child| child == name) {
        return test();
    }
    let this = std::env::current_exe().unwrap();
    let full = format!("process::{name}");
    let child = Command::new(this).args(["--exact", &full, "--test-threads=1"]).env(CHILD, name).output().unwrap();
    assert!(child.status.success(), "{}", String::from_utf8_lossy(&child.stdout));
}

/// How many pollers the process has open.
fn pollers() -> usize {
    let links = fs::read_dir("/proc/self/fd").unwrap().filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
    links.filter(|link| link.to_string_lossy().contains("eventpoll")).count()
}

/// Whether the helper thread was started.
fn has_helper() -> bool {
    let names =
        fs::read_dir("/proc/self/task").unwrap().map(|task| fs::read_to_string(task.unwrap().path().join("comm")));
    names.filter_map(Result::ok).any(|name| name.trim() == "motet-io")
}

#[test]
fn a_runtime_without_sockets_opens_no_poller_and_starts_no_thread() {
    alone("a_runtime_without_sockets_opens_no_poller_and_starts_no_thread", || {
        let mut seat = Seat::new();
        seat.park(Some(Duration::from_micros(10)));
        seat.poll();
        assert_eq!(block_on(motet_io::lookup_host("127.0.0.1:1")).unwrap().len(), 1);
        assert_eq!(pollers(), 0);
        assert!(!has_helper());
        drop(seat);
        let _pair = pair();
        // mio keeps the poller and a second descriptor of it, for registering.
        assert!(pollers() > 0);
    });
}

#[test]
fn a_seat_that_is_parked_as_the_first_socket_opens_serves_it() {
    alone("a_seat_that_is_parked_as_the_first_socket_opens_serves_it", || {
        let mut seat = Seat::new();
        let unparker = seat.unparker();
        let sitter = std::thread::spawn(move || {
            seat.park(None);
            // As long as somebody sits there, no helper is needed.
            has_helper()
        });
        // Parked, or as good as: the poller is offered at its arrival, or found free.
        let (client, server) = pair();
        client.try_write(b"x").unwrap();
        assert_eq!(block_on(server.read(&mut [0; 8])).unwrap(), 1);
        unparker.wake();
        sitter.join().unwrap();
    });
}

#[test]
fn sockets_work_without_any_seat() {
    alone("sockets_work_without_any_seat", || {
        let (client, server) = pair();
        let reader = std::thread::spawn(move || block_on(server.read(&mut [0; 8])).unwrap());
        client.try_write(b"x").unwrap();
        assert_eq!(reader.join().unwrap(), 1);
        until(has_helper);
    });
}

#[test]
fn the_helper_takes_over_from_the_last_seat() {
    alone("the_helper_takes_over_from_the_last_seat", || {
        let (client, server) = drive(&mut Seat::new(), async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let addr = listener.local_addr().unwrap();
            let (client, accepted) = futures::join!(TcpStream::connect(addr), listener.accept());
            (client.unwrap(), accepted.unwrap().0)
        });
        // The seat is gone, the sockets are not.
        let reader = std::thread::spawn(move || block_on(server.read(&mut [0; 8])).unwrap());
        client.try_write(b"x").unwrap();
        assert_eq!(reader.join().unwrap(), 1);
    });
}

#[test]
fn every_descriptor_is_closed_in_programs_that_are_started() {
    alone("every_descriptor_is_closed_in_programs_that_are_started", || {
        let (listener, _) = listener();
        let ((client, server), (a, _b)) = (pair(), UnixStream::pair().unwrap());
        let udp = block_on(UdpSocket::bind("127.0.0.1:0")).unwrap();
        let ours = [listener.as_raw_fd(), client.as_raw_fd(), server.as_raw_fd(), a.as_raw_fd(), udp.as_raw_fd()];
        let pollers = fs::read_dir("/proc/self/fd").unwrap().filter_map(|entry| {
            let path = entry.unwrap().path();
            let link = fs::read_link(&path).ok()?;
            let ours = ["eventpoll", "eventfd"].iter().any(|kind| link.to_string_lossy().contains(kind));
            ours.then(|| path.file_name().unwrap().to_string_lossy().parse().unwrap())
        });
        let all: Vec<i32> = ours.into_iter().chain(pollers).collect();
        assert!(all.len() > ours.len());
        for fd in all {
            let info = fs::read_to_string(format!("/proc/self/fdinfo/{fd}")).unwrap();
            let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap().trim();
            let flags = u32::from_str_radix(flags, 8).unwrap();
            assert_ne!(flags & 0o2_000_000, 0, "descriptor {fd} would be inherited");
        }
    });
}

#[test]
fn a_waker_that_panics_stops_nobody_else() {
    // Alone, for the panic comes out of the park of whichever seat is inside.
    alone("a_waker_that_panics_stops_nobody_else", || {
        let (client, server) = pair();
        let (mut one, mut other) = ([0; 8], [0; 8]);
        let (mut bad, mut good) = (Box::pin(server.read(&mut one)), Box::pin(server.read(&mut other)));
        let wakes = WakeCount::new();
        let panics = waker_that_panics_when_woken();
        assert!(bad.as_mut().poll(&mut Context::from_waker(&panics)).is_pending());
        assert!(wakes.poll(good.as_mut()).is_pending());
        let mut seat = Seat::new();
        client.try_write(b"x").unwrap();
        until(|| {
            // The helper may be the one who meets the panic.
            let _ = catch_unwind(AssertUnwindSafe(|| seat.poll()));
            wakes.count() == 1
        });
        assert!(wakes.poll(good.as_mut()).is_ready());
        // And the poller is still in one piece.
        let (listener, addr) = listener();
        drive(&mut seat, async { futures::join!(TcpStream::connect(addr), listener.accept()).0.unwrap() });
    });
}
