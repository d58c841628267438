//! A limit that is made when it is polled for the first time.
//!
//! ```text
//!   Unarmed ──first poll──▶ Armed
//! ```
//!
//! The limited future is polled before its limit, so one that is ready at once pays for no clock and no timer.

use core::pin::Pin;
use core::task::{Context, Poll};
use pin_project_lite::pin_project;

/// How a limit comes to be.
pub(crate) trait Arm {
    /// The limit.
    type Limit: Future<Output = ()>;

    /// Makes the limit.
    fn arm(&self) -> Self::Limit;
}

pin_project! {
    /// A limit, or how it will come to be.
    #[project = LazyProjection]
    pub enum Lazy<A> where A: Arm {
        /// It was not polled yet.
        Unarmed {
            arm: A,
        },
        /// It was polled.
        Armed {
            #[pin]
            limit: A::Limit,
        },
    }
}

impl<A: Arm> Future for Lazy<A> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        if let LazyProjection::Unarmed { arm } = self.as_mut().project() {
            let limit = arm.arm();
            self.set(Self::Armed { limit });
        }
        match self.project() {
            LazyProjection::Armed { limit } => limit.poll(cx),
            LazyProjection::Unarmed { .. } => unreachable!("it was armed above"),
        }
    }
}
