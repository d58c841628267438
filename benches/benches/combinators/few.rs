//! A few, and the first of some: `join`, `wait`, and their rivals.

use crate::drive::{Bells, Task, held, yield_once};
use crate::floor::{FLOOR, in_turn};
use crate::gather::tokio_runtime;
use futures::channel::oneshot::{self, Receiver, Sender};
use futures::future::select_all;
use futures::stream::{FuturesUnordered, StreamExt as _};
use futures_concurrency::future::Join as _;
use motet_benches::{Cell, Family};
use motet_combinators::{FirstCompleted, WaitSet, join, wait};
use std::hint::black_box;
use std::pin::Pin;
use std::task::Poll;
use tokio::task::JoinSet;

const JOINS: u32 = 100_000;
const FEW: u32 = 200;
/// How often a round waits for all of the few.
const TURNS: u32 = 20;

/// Every cell of this file.
pub(crate) fn cells(family: &mut Family) {
    family.run(join3("comb/join3", yield_once));
    family.run(join3("comb/join3_held", |n| held(yield_once(n))));
    family.run(wait_first());
    family.run(next());
}

/// Three children of a kind. Each contestant is compiled together with how they are made.
fn join3<F>(name: &'static str, child: impl Fn(u32) -> F + Copy + 'static) -> Cell<'static>
where
    F: Future<Output = u32> + Unpin + 'static,
{
    fn times<C: Copy>(child: C, once: fn(&Task, u32, C)) -> impl FnMut() {
        let task = Task::new();
        move || (0..JOINS).for_each(|n| once(&task, n, child))
    }
    Cell::new(name, JOINS)
        .rival(
            "motet",
            times(child, |task, n, child| {
                black_box(task.run(join((child(n), child(n), child(n)))));
            }),
        )
        .rival(
            "futures join!",
            times(child, |task, n, child| {
                black_box(task.run(async { futures::join!(child(n), child(n), child(n)) }));
            }),
        )
        .rival(
            "futures join3",
            times(child, |task, n, child| {
                black_box(task.run(futures::future::join3(child(n), child(n), child(n))));
            }),
        )
        .rival(
            "tokio join!",
            times(child, |task, n, child| {
                black_box(task.run(async { tokio::join!(child(n), child(n), child(n)) }));
            }),
        )
        .rival(
            "futures-concurrency",
            times(child, |task, n, child| {
                black_box(task.run((child(n), child(n), child(n)).join()));
            }),
        )
        .floor(
            FLOOR,
            times(child, |task, n, child| {
                black_box(task.run(in_turn::Three { children: [n; 3].map(child), numbers: [None; 3] }));
            }),
        )
}

fn wait_first() -> Cell<'static> {
    let bells = Bells::new(FEW);
    Cell::new("comb/wait_first_x200", FEW * TURNS)
        .rival("motet", move || (0..TURNS).for_each(|_| wait_for_each(bells)))
        .rival("futures select_all", move || (0..TURNS).for_each(|_| select_each(bells)))
}

fn next() -> Cell<'static> {
    let bells = Bells::new(FEW);
    let tokio = tokio_runtime();
    Cell::new("comb/next_of_200", FEW * TURNS)
        .rival("motet", move || (0..TURNS).for_each(|_| wait_for_each(bells)))
        .rival("FuturesUnordered", move || (0..TURNS).for_each(|_| take_each(bells)))
        .rival("tokio JoinSet", move || (0..TURNS).for_each(|_| tokio.block_on(join_each(bells))))
}

/// Oneshots: what is awaited is done elsewhere.
fn oneshots() -> (Vec<Option<Sender<()>>>, Vec<Receiver<()>>) {
    (0..FEW).map(|_| oneshot::channel()).map(|(sender, receiver)| (Some(sender), receiver)).unzip()
}

fn send(sender: &mut Option<Sender<()>>) {
    let sender = sender.take().expect("each is used once");
    sender.send(()).expect("the receiver is there");
}

/// Waits for the first, again and again, until the set is empty.
fn wait_for_each(bells: Bells) {
    let (mut senders, receivers) = oneshots();
    let mut set: WaitSet<_> = receivers.into_iter().collect();
    let task = Task::new();
    let mut left = FEW;
    let mut take = || {
        let mut first = wait(&mut set, FirstCompleted);
        if let Poll::Ready(done) = task.run_while_woken(|cx| Pin::new(&mut first).poll(cx)) {
            left -= done.map_or(0, |done| done.into_iter().count() as u32);
        }
    };
    take();
    for &at in bells.order() {
        send(&mut senders[at]);
        take();
    }
    assert_eq!(left, 0);
}

/// The same with `select_all`, which gives back what is left.
fn select_each(bells: Bells) {
    let (mut senders, mut left) = oneshots();
    let task = Task::new();
    for &at in bells.order() {
        let mut first = select_all(std::mem::take(&mut left));
        // Pending at first, as in every real loop.
        assert!(task.run_while_woken(|cx| Pin::new(&mut first).poll(cx)).is_pending());
        send(&mut senders[at]);
        match task.run_while_woken(|cx| Pin::new(&mut first).poll(cx)) {
            Poll::Ready((_, _, rest)) => left = rest,
            Poll::Pending => panic!("one was sent"),
        }
    }
    assert!(left.is_empty());
}

fn take_each(bells: Bells) {
    let (mut senders, receivers) = oneshots();
    let mut set: FuturesUnordered<_> = receivers.into_iter().collect();
    let task = Task::new();
    let mut left = FEW;
    let mut take = || {
        if let Poll::Ready(Some(_)) = task.run_while_woken(|cx| set.poll_next_unpin(cx)) {
            left -= 1;
        }
    };
    take();
    for &at in bells.order() {
        send(&mut senders[at]);
        take();
    }
    assert_eq!(left, 0);
}

async fn join_each(bells: Bells) {
    let (mut senders, receivers) = oneshots();
    let mut set: JoinSet<_> = receivers.into_iter().collect();
    // All of them wait.
    tokio::task::yield_now().await;
    for &at in bells.order() {
        send(&mut senders[at]);
        assert!(set.join_next().await.is_some());
    }
}
