//! Runtimes inside of runtimes, workers that are hogged, runtimes that go while sockets wait.

use motet::Runtime;
use motet::io::{TcpListener, TcpStream};
use motet::prelude::*;
use std::io;
use std::sync::{Arc, Barrier, mpsc};
use std::time::Duration;

/// Sends a word to itself over a socket, after a short sleep.
async fn echo() -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = motet::spawn(async move {
        let (mut stream, _peer) = listener.accept().await?;
        let mut bytes = [0; 5];
        stream.read_exact(&mut bytes).await?;
        motet::sleep(Duration::from_millis(1)).await;
        stream.write_all(&bytes).await
    });
    let mut stream = TcpStream::connect(address).await?;
    stream.write_all(b"hello").await?;
    let mut bytes = [0; 5];
    stream.read_exact(&mut bytes).await?;
    assert_eq!(&bytes, b"hello");
    server.await.expect("no panic")
}

fn runs_inside(depth: u32) {
    motet::run(async move {
        echo().await.expect("the echo comes");
        if depth > 0 {
            runs_inside(depth - 1);
            motet::spawn(async move { runs_inside(depth - 1) }).await.expect("no panic");
            motet::to_thread(move || runs_inside(depth - 1)).await.expect("no panic");
        }
        echo().await.expect("the echo comes again");
    });
}

#[test]
fn run_nests_in_main_in_a_task_and_on_the_pool() {
    runs_inside(2);
}

#[test]
fn a_root_that_blocks_its_worker_stops_neither_time_nor_sockets() {
    let runtime = Runtime::builder().threads(2).build().expect("a thread");
    runtime.block_on(async {
        for _ in 0..5 {
            let (release, hogged) = mpsc::channel();
            motet::spawn(async move {
                motet::sleep(Duration::from_millis(2)).await;
                echo().await.expect("the echo comes");
                release.send(()).expect("the root waits");
            })
            .detach();
            motet::yield_now().await;
            hogged.recv().expect("the task releases the root");
        }
    });
}

#[test]
fn time_passes_while_every_worker_blocks_in_a_nested_call() {
    for threads in [1, 2] {
        let runtime = Runtime::builder().threads(threads).build().expect("a thread");
        let all = Arc::new(Barrier::new(threads));
        let nested = {
            let runtime = runtime.clone();
            move || {
                all.wait();
                runtime.block_on(motet::sleep(Duration::from_millis(1)));
                motet_executor::block_on(motet::sleep(Duration::from_millis(1)));
            }
        };
        runtime.block_on(async {
            let beside = (1..threads).map(|_| {
                let nested = nested.clone();
                runtime.spawn(async move { nested() })
            });
            let beside: Vec<_> = beside.collect();
            nested();
            motet::sleep(Duration::from_millis(1)).await;
            for task in beside {
                task.await.expect("no panic");
            }
        });
    }
}

#[test]
fn time_passes_in_a_nested_call_inside_of_a_run_too() {
    let runtime = Runtime::builder().threads(1).build().expect("a runtime");
    let nested = runtime.clone();
    runtime.run(async move { nested.block_on(motet::sleep(Duration::from_millis(1))) });
}

#[test]
fn a_runtime_dropped_while_it_waits_for_everybodys_sockets_hands_them_on() {
    let stays = Runtime::builder().threads(2).build().expect("a thread");
    for _ in 0..10 {
        let goes = Runtime::builder().threads(2).build().expect("a thread");
        let listener = stays.block_on(TcpListener::bind("127.0.0.1:0")).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let accepted = stays.spawn(async move {
            let (mut stream, _peer) = listener.accept().await?;
            let mut bytes = [0; 5];
            stream.read_exact(&mut bytes).await.map(|()| bytes)
        });
        // A task of the one that goes holds sockets too, and is in the middle of a read.
        let (one, other) = goes
            .block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await?;
                let one = TcpStream::connect(listener.local_addr()?).await?;
                let (other, _) = listener.accept().await?;
                io::Result::Ok((one, other))
            })
            .expect("they connect");
        goes.spawn(async move { other.read(&mut [0; 8]).await }).detach();
        drop(goes);
        let mut stream = stays.block_on(TcpStream::connect(address)).expect("it connects");
        stays.block_on(stream.write_all(b"hello")).expect("it is sent");
        assert_eq!(&stays.block_on(accepted).expect("no panic").expect("no error"), b"hello");
        drop(one);
    }
}

#[test]
fn halves_on_two_runtimes_may_be_dropped_anywhere() {
    let [one, two] = [2, 2].map(|n| Runtime::builder().threads(n).build().expect("a thread"));
    for _ in 0..10 {
        let (here, there) = one
            .block_on(async {
                let listener = TcpListener::bind("127.0.0.1:0").await?;
                let here = TcpStream::connect(listener.local_addr()?).await?;
                let (there, _) = listener.accept().await?;
                io::Result::Ok((here, there))
            })
            .expect("they connect");
        let (mut reads, writes) = here.into_split();
        let read = two.spawn(async move { reads.read(&mut [0; 8]).await });
        let dropped = std::thread::spawn(move || drop(writes));
        let closed = std::thread::spawn(move || drop(there));
        assert_eq!(two.block_on(read).expect("no panic").expect("no error"), 0);
        dropped.join().expect("no panic");
        closed.join().expect("no panic");
    }
}
