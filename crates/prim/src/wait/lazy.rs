//! A place in line for a future that will most often find it need not wait.
//!
//! A waiter is some ten words, and its drop looks at most of them. So it is made where there is something to wait for, and until then
//! one tag is all that is written and all that the drop looks at.

use core::fmt;
use core::mem::ManuallyDrop;
use core::pin::Pin;
use core::task::{Context, Poll, ready};

use super::list::Locked;
use super::waiter::{Admit, Waitable, Waiter};

/// Room for a [`Waiter`], taken when there is something to wait for; the pinned part of a future that tries first.
///
/// ```
/// use motet_prim::{LazyWaiter, WaitList, Waitable, Waiter};
///
/// struct Gate { line: WaitList<(), ()> }
///
/// impl Waitable for Gate {
///     type State = ();
///     type Payload = ();
///     fn wait_list(&self) -> &WaitList<(), ()> { &self.line }
///     fn on_return(&self, _list: usize, (): ()) {}
/// }
///
/// let gate = Gate { line: WaitList::new(()) };
/// let mut place = std::pin::pin!(LazyWaiter::new());
/// assert!(place.is_vacant());
/// let waiter = place.as_mut().enter(|| Waiter::new(&gate, 0, ()));
/// assert!(!waiter.is_waiting());
/// assert!(!place.is_vacant());
/// ```
pub struct LazyWaiter<H: Waitable<N>, const N: usize = 1> {
    waiter: ManuallyDrop<Option<Waiter<H, N>>>,
}

impl<H: Waitable<N>, const N: usize> LazyWaiter<H, N> {
    /// A place that nobody has taken.
    #[inline]
    #[must_use]
    pub const fn new() -> Self {
        Self { waiter: ManuallyDrop::new(None) }
    }

    /// Whether nobody has taken it.
    #[inline]
    #[must_use]
    pub fn is_vacant(&self) -> bool {
        self.waiter.is_none()
    }

    /// The waiter; made by `waiter` if there is none yet.
    #[inline]
    pub fn enter(mut self: Pin<&mut Self>, waiter: impl FnOnce() -> Waiter<H, N>) -> Pin<&mut Waiter<H, N>> {
        if self.is_vacant() {
            // Written over, so that the waiter is built where it stays: there is nothing to drop.
            // SAFETY: nothing is pinned in a vacant place.
            unsafe { self.as_mut().get_unchecked_mut() }.waiter = ManuallyDrop::new(Some(waiter()));
        }
        match self.get() {
            Some(waiter) => waiter,
            None => unreachable!("it has just been entered"),
        }
    }

    /// The waiter, if there is one.
    #[inline]
    #[must_use]
    pub fn get(self: Pin<&mut Self>) -> Option<Pin<&mut Waiter<H, N>>> {
        self.place().as_pin_mut()
    }

    /// [`Waiter::poll_wait`], of one that has entered and had its try before that. Once it is ready the place is vacant again.
    ///
    /// # Panics
    ///
    /// If nobody has entered (as after it was ready), and if `admit` exchanges its `Locked` for another list's.
    #[inline]
    pub fn poll_wait(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        admit: impl FnOnce(&H, &mut Locked<'_, H::State, H::Payload, N>, &mut H::Payload) -> Admit,
    ) -> Poll<(H, H::Payload)> {
        let waiter = self.as_mut().get().expect("a future was polled after it was ready");
        let done = ready!(waiter.poll_wait(cx, |_, _| false, admit));
        // SAFETY: the waiter is done: it is in no list and has given away all it had, so that its memory is free for other use and there
        // is nothing to drop.
        unsafe { self.get_unchecked_mut() }.waiter = ManuallyDrop::new(None);
        Poll::Ready(done)
    }

    #[inline]
    fn place(self: Pin<&mut Self>) -> Pin<&mut Option<Waiter<H, N>>> {
        // SAFETY: the waiter is pinned as the place is: it is never moved out, and `drop` drops it where it is.
        unsafe { self.map_unchecked_mut(|this| &mut *this.waiter) }
    }

    #[cold]
    #[inline(never)]
    fn vacate(&mut self) {
        // SAFETY: called by `drop` alone, once, and nothing looks at the waiter after that.
        unsafe { ManuallyDrop::drop(&mut self.waiter) };
    }
}

impl<H: Waitable<N>, const N: usize> Default for LazyWaiter<H, N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<H: Waitable<N>, const N: usize> Drop for LazyWaiter<H, N> {
    #[inline]
    fn drop(&mut self) {
        if !self.is_vacant() {
            self.vacate();
        }
    }
}

impl<H: Waitable<N>, const N: usize> fmt::Debug for LazyWaiter<H, N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LazyWaiter").field(&*self.waiter).finish()
    }
}
