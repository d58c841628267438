//! What the three kinds of semaphore have in common.

use super::{BoundedSemaphore, ClosableSemaphore, Closed, Semaphore};

/// A semaphore of any kind: [`Semaphore`], [`ClosableSemaphore`] or [`BoundedSemaphore`]. There are no others.
///
/// For code that is generic over their permits.
///
/// ```
/// use motet_sync::{AnySemaphore, Permit, Semaphore};
///
/// fn all_but_one<'a, S: AnySemaphore>(permits: &mut Permit<'a, S>) -> Option<Permit<'a, S>> {
///     permits.split(permits.count().checked_sub(1)?)
/// }
///
/// let seats = Semaphore::new(3);
/// let mut all = seats.try_acquire_many(3).unwrap();
/// assert_eq!(all_but_one(&mut all).map(|two| two.count()), Some(2));
/// ```
pub trait AnySemaphore: sealed::Sealed + Sized {
    /// What acquiring gives: the permit; or a `Result`, if the semaphore can be closed.
    type Acquired<P>;

    #[doc(hidden)]
    const CLOSABLE: bool;

    #[doc(hidden)]
    fn semaphore(&self) -> &Semaphore;

    #[doc(hidden)]
    fn acquired<P>(permit: Result<P, Closed>) -> Self::Acquired<P>;

    #[doc(hidden)]
    fn on_forget(&self, _count: usize) {}
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for super::Semaphore {}
    impl Sealed for super::ClosableSemaphore {}
    impl Sealed for super::BoundedSemaphore {}
}

/// For a kind that has no `close`.
fn never_closed<P>(permit: Result<P, Closed>) -> P {
    permit.unwrap_or_else(|Closed| unreachable!("only a `ClosableSemaphore` can be closed"))
}

impl AnySemaphore for Semaphore {
    type Acquired<P> = P;

    const CLOSABLE: bool = false;

    #[inline]
    fn semaphore(&self) -> &Self {
        self
    }

    #[inline]
    fn acquired<P>(permit: Result<P, Closed>) -> P {
        never_closed(permit)
    }
}

impl AnySemaphore for ClosableSemaphore {
    type Acquired<P> = Result<P, Closed>;

    const CLOSABLE: bool = true;

    fn semaphore(&self) -> &Semaphore {
        &self.semaphore
    }

    fn acquired<P>(permit: Result<P, Closed>) -> Result<P, Closed> {
        permit
    }
}

impl AnySemaphore for BoundedSemaphore {
    type Acquired<P> = P;

    const CLOSABLE: bool = false;

    fn semaphore(&self) -> &Semaphore {
        &self.semaphore
    }

    fn acquired<P>(permit: Result<P, Closed>) -> P {
        never_closed(permit)
    }

    fn on_forget(&self, count: usize) {
        self.note_forgotten(count);
    }
}
