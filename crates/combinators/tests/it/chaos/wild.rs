//! The wilder kinds of tree: sets and streams that are left early, futures that are dropped in a poll, siblings whose exits wait for each
//! other, and panics, caught here or on their way out.

use super::{Dice, History, Tree};
use futures::channel::oneshot;
use futures::future::FutureExt as _;
use futures::stream::StreamExt as _;
use motet_cancel::{CancelToken, guard, scope};
use motet_combinators::{
    FirstCompleted, TimeoutScope, WaitSet, as_completed, borrow_scope, cancel_after, gather, join, map_bounded, race,
    select, task_group, timeout, try_join, wait,
};
use motet_test::Sim;
use motet_timer::sleep;
use std::future::{poll_fn, ready};
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::task::Poll;
use std::time::Duration;

/// What a wild tree is made of.
pub(super) struct Wild {
    pub(super) dice: Dice,
    pub(super) inside: Option<usize>,
    pub(super) span: Duration,
    pub(super) history: History,
    pub(super) sim: Sim,
    /// Whether an exit may panic here: somebody waits for it.
    pub(super) exits_may_panic: bool,
}

impl Wild {
    /// `child` makes another tree each time.
    pub(super) fn tree(self, mut child: impl FnMut(Option<usize>) -> Tree) -> Tree {
        let Self { mut dice, inside, span, history, sim, exits_may_panic } = self;
        let (turns, kind) = (dice.roll(4), dice.roll(if exits_may_panic { 12 } else { 11 }));
        let mut some = |count| (0..count).map(|_| child(inside)).collect::<Vec<_>>();
        match kind {
            0 => set(some(3), turns, span).boxed(),
            1 => as_completed(some(3)).take(turns as usize).map(drop).for_each(ready).boxed(),
            2 => map_bounded(some(4), 2, |tree| tree).take(turns as usize).for_each(ready).boxed(),
            3 => map_bounded(some(4), 2, |tree| tree).unordered().for_each(ready).boxed(),
            4 => borrowing(some(3)).boxed(),
            5 => limited(some(1), span).boxed(),
            6 => stopped(some(1), span).boxed(),
            7 => given_up(some(1), turns).boxed(),
            8 if dice.roll(3) == 0 => caught_beside_a_pair(history, inside, span).boxed(),
            8 => caught(turns, dice.roll(2), some(2), span, sim).boxed(),
            9 => cancelled(some(1), span).boxed(),
            10 => entangled(dice.roll(7), history, inside, span).boxed(),
            _ => exit_panics(some(1), history, inside, span).boxed(),
        }
    }
}

/// Takes some as they come, waits for one more for a while, and drops the rest: all at once, or with the set.
async fn set(members: Vec<Tree>, turns: u64, span: Duration) {
    let mut set: WaitSet<_> = members.into_iter().collect();
    for _ in 0..turns {
        if set.next().await.is_none() {
            return;
        }
    }
    wait(&mut set, FirstCompleted).timeout(span).await.ok();
    if turns % 2 == 0 {
        set.clear();
        sleep(span).await;
    }
}

async fn borrowing(mut children: Vec<Tree>) {
    let body = children.pop().expect("there are some");
    borrow_scope(|scope| {
        children.into_iter().for_each(|child| drop(scope.spawn(child)));
        body
    })
    .await;
}

async fn limited(children: Vec<Tree>, span: Duration) {
    TimeoutScope::new(span).run(gather(children)).await.ok();
}

async fn cancelled(children: Vec<Tree>, span: Duration) {
    cancel_after(span, Box::pin(scope(gather(children)).0)).await.ok();
}

async fn stopped(children: Vec<Tree>, span: Duration) {
    let stop = CancelToken::new();
    let stops = async {
        sleep(span).await;
        stop.cancel();
    };
    join((stop.run_until_cancelled(gather(children)), stops)).await;
}

/// Dropped in the midst of a poll.
async fn given_up(children: Vec<Tree>, polls: u64) {
    let (mut children, mut left) = (Some(gather(children)), polls);
    poll_fn(|cx| {
        if left == 0 {
            children = None;
        }
        left = left.saturating_sub(1);
        match &mut children {
            Some(running) => {
                cx.waker().wake_by_ref();
                running.poll_unpin(cx).map(drop)
            }
            None => Poll::Ready(()),
        }
    })
    .await;
}

fn panics(after: Duration) -> Tree {
    async move {
        sleep(after).await;
        // Without the hook: nobody is to hear of it.
        resume_unwind(Box::new("chaos"));
    }
    .boxed()
}

/// One of three panics at some time; the panic ends here.
async fn caught(which: u64, more: u64, mut children: Vec<Tree>, span: Duration, sim: Sim) {
    children.insert(usize::try_from(more).expect("it is small"), panics(span));
    let work = match which {
        0 => gather(children).map(drop).boxed(),
        1 if more == 0 => gather(children).catch_panics().map(drop).boxed(),
        1 => in_group(children, sim).boxed(),
        2 if more == 0 => borrowing(children).boxed(),
        2 => timeout(2 * span, as_completed(children).map(drop).for_each(ready)).map(drop).boxed(),
        _ if more == 0 => map_bounded(children, 2, |tree| tree).for_each(ready).boxed(),
        _ => one_by_one(children).boxed(),
    };
    AssertUnwindSafe(work).catch_unwind().await.ok();
}

/// A panic in the very poll in which two others leave their exits.
async fn caught_beside_a_pair(history: History, inside: Option<usize>, span: Duration) {
    let [one, two] = pair(&history, inside, [span; 2]);
    AssertUnwindSafe(gather([one, two, panics(span)])).catch_unwind().await.ok();
}

async fn in_group(children: Vec<Tree>, sim: Sim) {
    let ended = task_group(&sim, |group| async move {
        children.into_iter().for_each(|child| drop(group.spawn(child.map(Ok::<_, &str>))));
        Ok(())
    });
    ended.await.ok();
}

/// The set goes on after a panic.
async fn one_by_one(children: Vec<Tree>) {
    let mut set: WaitSet<_> = children.into_iter().collect();
    while AssertUnwindSafe(set.next()).catch_unwind().await.is_ok_and(|next| next.is_some()) {}
    set.next().await;
}

/// Two of which each has an exit that waits for the other's to begin, held so long.
fn pair(history: &History, inside: Option<usize>, spans: [Duration; 2]) -> [Tree; 2] {
    let (mine, theirs) = (oneshot::channel(), oneshot::channel());
    [(mine.0, theirs.1, spans[0]), (theirs.0, mine.1, spans[1])].map(|(tell, told, span)| {
        let (resource, history) = (history.acquire(inside), history.clone());
        let held = guard(resource, async move |resource, _outcome| {
            tell.send(()).ok();
            history.release_after(resource, told.map(drop)).await;
        });
        async move {
            let _held = held;
            sleep(span).await;
        }
        .boxed()
    })
}

async fn entangled(which: u64, history: History, inside: Option<usize>, span: Duration) {
    let [one, two] = pair(&history, inside, [span, span / 2]);
    match which {
        0 => join((one, two)).map(drop).await,
        1 => gather([one, two]).map(drop).await,
        2 => race(vec![one, two]).await,
        3 => select((one, two)).map(drop).await,
        4 => try_join((one.map(Ok::<_, ()>), two.map(Ok))).map(drop).await,
        5 => borrowing(vec![one, two]).await,
        _ => set(vec![one, two], 1, span).await,
    }
}

/// An exit beside the children panics, while two hold on.
async fn exit_panics(mut children: Vec<Tree>, history: History, inside: Option<usize>, span: Duration) {
    let work = async move {
        let resource = history.acquire(inside);
        let log = history.clone();
        drop(guard(resource, async move |resource, _outcome| {
            log.release(resource, span).await;
            resume_unwind(Box::new("chaos"));
        }));
        children.extend(pair(&history, inside, [2 * span; 2]));
        gather(children).await;
    };
    AssertUnwindSafe(scope(work).0).catch_unwind().await.ok();
}
