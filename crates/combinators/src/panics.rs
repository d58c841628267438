//! A future's panic as a value.

use core::any::Any;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use motet_cancel::PanicPayload;
use pin_project_lite::pin_project;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The panic of a future whose panics are caught.
///
/// ```
/// # futures::executor::block_on(async {
/// use motet_combinators::gather;
///
/// let results = gather([async { panic!("out of cheese") }]).catch_panics().await;
/// let panicked: Result<(), _> = results.into_iter().next().unwrap();
/// assert_eq!(panicked.unwrap_err().to_string(), "panicked: out of cheese");
/// # });
/// ```
#[derive(Debug)]
pub struct Panicked {
    payload: PanicPayload,
}

impl Panicked {
    /// What the panic said, if it was a text.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.payload.message()
    }

    /// What the panic carried.
    #[must_use]
    pub fn into_payload(self) -> PanicPayload {
        self.payload
    }

    /// Goes on with the panic.
    ///
    /// # Panics
    ///
    /// Always: that is what it is for.
    pub fn resume(self) -> ! {
        self.payload.resume()
    }
}

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.message() {
            Some(message) => write!(f, "panicked: {message}"),
            None => f.write_str("panicked with a payload that is no text"),
        }
    }
}

impl std::error::Error for Panicked {}

pin_project! {
    /// A future whose panics are caught; see [`Gather::catch_panics`](crate::Gather::catch_panics).
    #[must_use = "futures do nothing unless polled"]
    pub struct CatchPanics<F> {
        #[pin]
        future: Option<F>,
    }
}

impl<F> CatchPanics<F> {
    pub(crate) fn new(future: F) -> Self {
        Self { future: Some(future) }
    }
}

impl<F: Future> Future for CatchPanics<F> {
    type Output = Result<F::Output, Panicked>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut slot = self.project().future;
        // The future is never looked at again after a panic, but to drop it.
        let polled = catch_unwind(AssertUnwindSafe(|| {
            let future = slot.as_mut().as_pin_mut().expect("polled again after it was ready");
            let output = core::task::ready!(future.poll(cx));
            slot.set(None);
            Poll::Ready(output)
        }));
        match polled {
            Ok(polled) => polled.map(Ok),
            Err(payload) => {
                // The first panic is the one to tell of.
                silence(|| slot.set(None));
                Poll::Ready(Err(Panicked { payload: PanicPayload::new(payload) }))
            }
        }
    }
}

/// What a panic carries.
pub(crate) type Payload = Box<dyn Any + Send>;

/// Runs foreign code whose panic nobody is to hear of: another came first, or others are to go on.
pub(crate) fn silence(run: impl FnOnce()) {
    if let Err(later) = catch_unwind(AssertUnwindSafe(run)) {
        // Dropping the payload may panic once more.
        core::mem::forget(later);
    }
}

impl<F> fmt::Debug for CatchPanics<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CatchPanics").finish_non_exhaustive()
    }
}
