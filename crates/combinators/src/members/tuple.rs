//! Tuples of one to twelve futures, polled in place.

use super::{
    All, AllOk, First, FirstOk, IntoMembers, Which, clear_member, output, poll_member, poll_ok, poll_output,
    poll_value, value,
};
use crate::select::{Select2, Select3, Select4, Select5, Select6};
use crate::settle::{Clear, Decide};
use core::future::IntoFuture;
use core::pin::Pin;
use core::task::{Context, Poll};
use futures_util::future::{MaybeDone, maybe_done};
use pin_project_lite::pin_project;

macro_rules! tuple {
    ($Members:ident: $($F:ident $T:ident $f:ident),+) => {
        pin_project! {
            /// The futures of a tuple.
            pub struct $Members<$($F: Future),+> {
                $(#[pin] $f: MaybeDone<$F>),+
            }
        }

        impl<$($F: IntoFuture),+> IntoMembers for ($($F,)+) {
            type Members = $Members<$($F::IntoFuture),+>;

            fn into_members(self) -> Self::Members {
                let ($($f,)+) = self;
                $Members { $($f: maybe_done($f.into_future())),+ }
            }
        }

        impl<$($F: Future),+> Clear for $Members<$($F),+> {
            fn clear(self: Pin<&mut Self>) {
                let this = self.project();
                $(clear_member(this.$f);)+
            }
        }

        impl<$($F: Future),+> Decide<All> for $Members<$($F),+> {
            type Output = ($($F::Output,)+);

            #[inline]
            fn decide(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                let mut this = self.project();
                let mut all = true;
                $(all &= poll_member(this.$f.as_mut(), cx);)+
                if all { Poll::Ready(($(output(this.$f),)+)) } else { Poll::Pending }
            }
        }

        impl<Error, $($F: Future<Output = Result<$T, Error>>, $T),+> Decide<AllOk> for $Members<$($F),+> {
            type Output = Result<($($T,)+), Error>;

            fn decide(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                let mut this = self.project();
                let mut all = true;
                $(all &= poll_ok(this.$f.as_mut(), cx)?;)+
                if all { Poll::Ready(Ok(($(value(this.$f),)+))) } else { Poll::Pending }
            }
        }

        impl<Output, $($F: Future<Output = Output>),+> Decide<First> for $Members<$($F),+> {
            type Output = Output;

            fn decide(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                let this = self.project();
                $(if let Some(output) = poll_output(this.$f, cx) {
                    return Poll::Ready(output);
                })+
                Poll::Pending
            }
        }

        impl<Value, Error, $($F: Future<Output = Result<Value, Error>>),+> Decide<FirstOk> for $Members<$($F),+> {
            type Output = Result<Value, Vec<Error>>;

            fn decide(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                let mut this = self.project();
                let mut all_failed = true;
                $(match poll_value(this.$f.as_mut(), cx) {
                    Ok(value) => return Poll::Ready(Ok(value)),
                    Err(failed) => all_failed &= failed,
                })+
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
    ($Members:ident, $Select:ident: $($F:ident $f:ident $Variant:ident),+) => {
        impl<$($F: Future),+> Decide<Which> for $Members<$($F),+> {
            type Output = $Select<$($F::Output),+>;

            fn decide(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
                let this = self.project();
                $(if let Some(output) = poll_output(this.$f, cx) {
                    return Poll::Ready($Select::$Variant(output));
                })+
                Poll::Pending
            }
        }
    };
}

tuple!(Members1: A TA a);
tuple!(Members2: A TA a, B TB b);
tuple!(Members3: A TA a, B TB b, C TC c);
tuple!(Members4: A TA a, B TB b, C TC c, D TD d);
tuple!(Members5: A TA a, B TB b, C TC c, D TD d, E TE e);
tuple!(Members6: A TA a, B TB b, C TC c, D TD d, E TE e, F TF f);
tuple!(Members7: A TA a, B TB b, C TC c, D TD d, E TE e, F TF f, G TG g);
tuple!(Members8: A TA a, B TB b, C TC c, D TD d, E TE e, F TF f, G TG g, H TH h);
tuple!(Members9: A TA a, B TB b, C TC c, D TD d, E TE e, F TF f, G TG g, H TH h, I TI i);
tuple!(Members10: A TA a, B TB b, C TC c, D TD d, E TE e, F TF f, G TG g, H TH h, I TI i, J TJ j);
tuple!(Members11: A TA a, B TB b, C TC c, D TD d, E TE e, F TF f, G TG g, H TH h, I TI i, J TJ j, K TK k);
tuple!(Members12: A TA a, B TB b, C TC c, D TD d, E TE e, F TF f, G TG g, H TH h, I TI i, J TJ j, K TK k, L TL l);

select!(Members2, Select2: A a First, B b Second);
select!(Members3, Select3: A a First, B b Second, C c Third);
select!(Members4, Select4: A a First, B b Second, C c Third, D d Fourth);
select!(Members5, Select5: A a First, B b Second, C c Third, D d Fourth, E e Fifth);
select!(Members6, Select6: A a First, B b Second, C c Third, D d Fourth, E e Fifth, F f Sixth);
