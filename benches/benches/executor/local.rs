//! The cells on one thread, with tasks that need not be `Send`.

use crate::pool::YieldNow;
use futures::channel::oneshot;
use futures::executor::{LocalPool, LocalSpawner};
use futures::task::LocalSpawnExt as _;
use motet_benches::floor::{FLOOR, Floor};
use motet_benches::{Cell, Family};
use motet_executor::LocalExecutor;
use std::cell::{Cell as StdCell, RefCell};
use std::future::Future;
use std::rc::Rc;
use tokio::task::LocalSet;

const MANY: u32 = 10_000;
const YIELDERS: u32 = 200;
const YIELDS: u32 = 1_000;

/// Every local cell.
pub(crate) fn cells(family: &mut Family) {
    family.run(contest("local/spawn_many_10k", MANY, MANY, 0));
    family.run(contest("local/yield_200x1000", YIELDERS * YIELDS, YIELDERS, YIELDS));
}

/// Spawns `tasks` that yield `yields` times each, and waits for the last.
fn contest(name: &'static str, operations: u32, tasks: u32, yields: u32) -> Cell<'static> {
    let tokio = tokio::runtime::Builder::new_current_thread().build().expect("it starts no thread");
    Cell::new(name, operations)
        .rival("motet", move || {
            let executor = LocalExecutor::new();
            let done = spawn_all(&executor, tasks, yields);
            executor.block_on(done).expect("every task runs");
        })
        .rival("tokio LocalSet", move || {
            let set = LocalSet::new();
            let done = spawn_all(&set, tasks, yields);
            set.block_on(&tokio, done).expect("every task runs");
        })
        .rival("smol LocalExecutor", move || {
            let executor = smol::LocalExecutor::new();
            let done = spawn_all(&executor, tasks, yields);
            smol::block_on(executor.run(done)).expect("every task runs");
        })
        .rival("futures LocalPool", move || {
            let mut pool = LocalPool::new();
            let done = spawn_all(&pool.spawner(), tasks, yields);
            pool.run_until(done).expect("every task runs");
        })
        .floor(FLOOR, move || {
            let done = spawn_all(&Floor, tasks, yields);
            Floor.run(done).expect("every task runs");
        })
}

/// What spawns onto one thread.
trait Local {
    fn spawn_detached(&self, future: impl Future<Output = ()> + 'static);
}

impl Local for LocalExecutor<'static> {
    fn spawn_detached(&self, future: impl Future<Output = ()> + 'static) {
        self.spawn(future).detach();
    }
}

impl Local for LocalSet {
    fn spawn_detached(&self, future: impl Future<Output = ()> + 'static) {
        self.spawn_local(future);
    }
}

impl Local for smol::LocalExecutor<'static> {
    fn spawn_detached(&self, future: impl Future<Output = ()> + 'static) {
        self.spawn(future).detach();
    }
}

impl Local for Floor {
    fn spawn_detached(&self, future: impl Future<Output = ()> + 'static) {
        self.spawn_local(future);
    }
}

impl Local for LocalSpawner {
    fn spawn_detached(&self, future: impl Future<Output = ()> + 'static) {
        self.spawn_local(future).expect("the pool lives");
    }
}

/// Counts down, and sends when it gets to zero.
struct Countdown {
    left: StdCell<u32>,
    done: RefCell<Option<oneshot::Sender<()>>>,
}

impl Countdown {
    fn count(&self) {
        self.left.set(self.left.get() - 1);
        if self.left.get() == 0 {
            let done = self.done.borrow_mut().take();
            done.expect("only the last one sends").send(()).expect("the round waits");
        }
    }
}

fn spawn_all(executor: &impl Local, tasks: u32, yields: u32) -> oneshot::Receiver<()> {
    let (sender, done) = oneshot::channel();
    let countdown = Rc::new(Countdown { left: StdCell::new(tasks), done: RefCell::new(Some(sender)) });
    for _ in 0..tasks {
        let countdown = Rc::clone(&countdown);
        executor.spawn_detached(async move {
            for _ in 0..yields {
                YieldNow::default().await;
            }
            countdown.count();
        });
    }
    done
}
