//! Tuples of one to twelve futures, polled in place.

use super::{
    All, AllOk, First, FirstOk, IntoMembers, Which, clear_future, clear_member, output, poll_member, poll_ok,
    poll_output, poll_value, value,
};
use crate::nest::Siblings;
use crate::select::{Select2, Select3, Select4, Select5, Select6};
use crate::settle::{Clear, Decide};
use core::future::IntoFuture;
use core::mem::needs_drop;
use core::pin::Pin;
use core::task::{Context, Poll};
use futures_util::future::{MaybeDone, maybe_done};
use pin_project_lite::pin_project;

macro_rules! tuple {
    ($Members:ident: $($F:ident $T:ident $f:ident $index:literal),+) => {
        pin_project! {
            /// The futures of a tuple.
            pub struct $Members<$($F: Future),+> {
                $(#[pin] $f: MaybeDone<$F>,)+
                siblings: Siblings,
            }
        }

        impl<$($F: IntoFuture),+> IntoMembers for ($($F,)+) {
            type Members = $Members<$($F::IntoFuture),+>;

            fn into_members(self) -> Self::Members {
                let ($($f,)+) = self;
                $Members { $($f: maybe_done($f.into_future()),)+ siblings: Siblings::new() }
            }
        }

        impl<$($F: Future),+> Clear for $Members<$($F),+> {
            fn clear(self: Pin<&mut Self>) {
                let this = self.project();
                $(clear_member(this.$f, this.siblings, $index);)+
            }

            fn clear_futures(self: Pin<&mut Self>) {
                let this = self.project();
                $(clear_future(this.$f, this.siblings, $index);)+
            }
        }

        impl<$($F: Future),+> Decide<All> for $Members<$($F),+> {
            type Output = ($($F::Output,)+);

            #[inline]
            fn decide(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                let mut this = self.project();
                let mut all = true;
                let round = this.siblings.begin($(needs_drop::<$F>())||+);
                $(
                    all &= poll_member(&round, $index, this.$f.as_mut(), cx);
                )+
                if all { Poll::Ready(($(output(this.$f),)+)) } else { Poll::Pending }
            }
        }

        impl<Error, $($F: Future<Output = Result<$T, Error>>, $T),+> Decide<AllOk> for $Members<$($F),+> {
            type Output = Result<($($T,)+), Error>;

            fn decide(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                let mut this = self.project();
                let mut all = true;
                let round = this.siblings.begin($(needs_drop::<$F>())||+);
                $(
                    match poll_ok(&round, $index, this.$f.as_mut(), cx) {
                        Ok(ready) => all &= ready,
                        Err(error) => return Poll::Ready(Err(error)),
                    }
                )+
                if all { Poll::Ready(Ok(($(value(this.$f),)+))) } else { Poll::Pending }
            }
        }

        impl<Output, $($F: Future<Output = Output>),+> Decide<First> for $Members<$($F),+> {
            type Output = Output;

            fn decide(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                let this = self.project();
                let round = this.siblings.begin($(needs_drop::<$F>())||+);
                $(
                    if let Some(output) = poll_output(&round, $index, this.$f, cx) {
                        return Poll::Ready(output);
                    }
                )+
                Poll::Pending
            }
        }

        impl<Value, Error, $($F: Future<Output = Result<Value, Error>>),+> Decide<FirstOk> for $Members<$($F),+> {
            type Output = Result<Value, Vec<Error>>;

            fn decide(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                let mut this = self.project();
                let mut all_failed = true;
                let round = this.siblings.begin($(needs_drop::<$F>())||+);
                $(
                    match poll_value(&round, $index, this.$f.as_mut(), cx) {
                        Ok(value) => return Poll::Ready(Ok(value)),
                        Err(failed) => all_failed &= failed,
                    }
                )+
                if !all_failed {
                    return Poll::Pending;
                }
                let mut errors = Vec::new();
                $(errors.extend(output(this.$f).err());)+
                Poll::Ready(Err(errors))
            }
        }
    };
}

macro_rules! select {
    ($Members:ident, $Select:ident: $($F:ident $f:ident $index:literal $Variant:ident),+) => {
        impl<$($F: Future),+> Decide<Which> for $Members<$($F),+> {
            type Output = $Select<$($F::Output),+>;

            fn decide(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                let this = self.project();
                let round = this.siblings.begin($(needs_drop::<$F>())||+);
                $(
                    if let Some(output) = poll_output(&round, $index, this.$f, cx) {
                        return Poll::Ready($Select::$Variant(output));
                    }
                )+
                Poll::Pending
            }
        }
    };
}

tuple!(Members1: A TA a 0);
tuple!(Members2: A TA a 0, B TB b 1);
tuple!(Members3: A TA a 0, B TB b 1, C TC c 2);
tuple!(Members4: A TA a 0, B TB b 1, C TC c 2, D TD d 3);
tuple!(Members5: A TA a 0, B TB b 1, C TC c 2, D TD d 3, E TE e 4);
tuple!(Members6: A TA a 0, B TB b 1, C TC c 2, D TD d 3, E TE e 4, F TF f 5);
tuple!(Members7: A TA a 0, B TB b 1, C TC c 2, D TD d 3, E TE e 4, F TF f 5, G TG g 6);
tuple!(Members8: A TA a 0, B TB b 1, C TC c 2, D TD d 3, E TE e 4, F TF f 5, G TG g 6, H TH h 7);
tuple!(Members9: A TA a 0, B TB b 1, C TC c 2, D TD d 3, E TE e 4, F TF f 5, G TG g 6, H TH h 7, I TI i 8);
tuple!(Members10: A TA a 0, B TB b 1, C TC c 2, D TD d 3, E TE e 4, F TF f 5, G TG g 6, H TH h 7, I TI i 8, J TJ j 9);
tuple!(Members11: A TA a 0, B TB b 1, C TC c 2, D TD d 3, E TE e 4, F TF f 5, G TG g 6, H TH h 7, I TI i 8, J TJ j 9, K TK k 10);
tuple!(Members12: A TA a 0, B TB b 1, C TC c 2, D TD d 3, E TE e 4, F TF f 5, G TG g 6, H TH h 7, I TI i 8, J TJ j 9, K TK k 10, L TL l 11);

select!(Members2, Select2: A a 0 First, B b 1 Second);
select!(Members3, Select3: A a 0 First, B b 1 Second, C c 2 Third);
select!(Members4, Select4: A a 0 First, B b 1 Second, C c 2 Third, D d 3 Fourth);
select!(Members5, Select5: A a 0 First, B b 1 Second, C c 2 Third, D d 3 Fourth, E e 4 Fifth);
select!(Members6, Select6: A a 0 First, B b 1 Second, C c 2 Third, D d 3 Fourth, E e 4 Fifth, F f 5 Sixth);
