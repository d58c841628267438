//! The smallest thing to wait for: a gate that admits as many as it has tickets, to any of two lines.

use motet_prim::{Admit, Leave, Locked, WaitList, Waitable, Waiter, WakeBatch, pin_project};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Who waits, and what was granted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pass {
    pub(crate) wants: usize,
    pub(crate) granted: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Gate {
    line: WaitList<Books, Pass, 2>,
}

/// What the gate's lock guards.
#[derive(Debug, Default)]
pub(crate) struct Books {
    pub(crate) tickets: usize,
    /// How many left a line ungranted, were granted and dropped.
    pub(crate) left: usize,
    pub(crate) returned: usize,
}

impl Waitable<2> for Gate {
    type State = Books;
    type Payload = Pass;

    fn wait_list(&self) -> &WaitList<Books, Pass, 2> {
        &self.line
    }

    fn on_leave(&self, list: usize, locked: &mut Locked<'_, Books, Pass, 2>, wakes: &mut WakeBatch) {
        locked.left += 1;
        grant(list, locked, wakes);
    }

    fn on_return(&self, list: usize, payload: Pass) {
        assert!(payload.granted, "only a grant is returned");
        self.line.lock().returned += 1;
        self.add(list, payload.wants);
    }
}

fn grant(list: usize, locked: &mut Locked<'_, Books, Pass, 2>, wakes: &mut WakeBatch) {
    locked.grant_while(list, wakes, |books, pass| {
        pass.granted = pass.wants <= books.tickets;
        books.tickets -= if pass.granted { pass.wants } else { 0 };
        pass.granted
    });
}

impl Gate {
    pub(crate) fn with(tickets: usize) -> Arc<Self> {
        Arc::new(Self { line: WaitList::new(Books { tickets, ..Books::default() }) })
    }

    /// Adds tickets, and grants to those of `list` whom they suffice.
    pub(crate) fn add(&self, list: usize, tickets: usize) {
        let mut wakes = WakeBatch::new();
        let mut locked = self.line.lock();
        locked.tickets += tickets;
        grant(list, &mut locked, &mut wakes);
        drop(locked);
        wakes.wake_all();
    }

    /// Grants one place of `list`, whatever the tickets.
    pub(crate) fn grant_one(&self, list: usize) -> bool {
        let wakeup = self.line.lock().grant_front(list, |_, pass| pass.granted = true);
        wakeup.map(motet_prim::Wakeup::wake).is_some()
    }

    pub(crate) fn locked(&self) -> Locked<'_, Books, Pass, 2> {
        self.line.lock()
    }

    pub(crate) fn enter(&self, list: usize, wants: usize) -> Enter<&Self> {
        Enter { waiter: Waiter::new(self, list, Pass { wants, granted: false }), first: false }
    }

    pub(crate) fn enter_owned(self: &Arc<Self>, list: usize, wants: usize) -> Enter<Arc<Self>> {
        Enter { waiter: Waiter::new(self.clone(), list, Pass { wants, granted: false }), first: false }
    }
}

pin_project! {
    /// Waits for tickets in one of the two lines.
    pub(crate) struct Enter<H> where H: Waitable<2, State = Books, Payload = Pass> {
        #[pin]
        pub(crate) waiter: Waiter<H, 2>,
        pub(crate) first: bool,
    }
}

impl<H: Waitable<2, State = Books, Payload = Pass>> Enter<H> {
    /// Waits before all others.
    pub(crate) fn first(mut self) -> Self {
        self.first = true;
        self
    }

    pub(crate) fn leave(self: Pin<&mut Self>) -> Leave<H, Pass> {
        self.project().waiter.leave()
    }
}

impl<H: Waitable<2, State = Books, Payload = Pass>> Future for Enter<H> {
    type Output = Pass;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Pass> {
        let this = self.project();
        let wait = if *this.first { Admit::WaitFirst } else { Admit::Wait };
        let admit = |_: &H, locked: &mut Locked<'_, Books, Pass, 2>, pass: &mut Pass| {
            if pass.wants > locked.tickets {
                return wait;
            }
            locked.tickets -= pass.wants;
            pass.granted = true;
            Admit::Pass
        };
        this.waiter.poll_wait(cx, |_, _| false, admit).map(|(_, pass)| pass)
    }
}
