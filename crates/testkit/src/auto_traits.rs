//! Auto traits, pinned: a change that takes `Send` from a public type fails to compile.

/// Fails to compile unless each type is `Send`.
///
/// ```
/// motet_test::assert_send!(Vec<u8>, std::sync::Arc<str>);
/// ```
///
/// ```compile_fail
/// motet_test::assert_send!(std::rc::Rc<u8>);
/// ```
#[macro_export]
macro_rules! assert_send {
    ($($type:ty),+ $(,)?) => {
        const _: () = {
            const fn is_send<T: ?Sized + ::core::marker::Send>() {}
            $(is_send::<$type>();)+
        };
    };
}

/// Fails to compile unless each type is `Sync`.
///
/// ```
/// motet_test::assert_sync!(Vec<u8>, std::sync::Arc<str>);
/// ```
///
/// ```compile_fail
/// motet_test::assert_sync!(std::cell::Cell<u8>);
/// ```
#[macro_export]
macro_rules! assert_sync {
    ($($type:ty),+ $(,)?) => {
        const _: () = {
            const fn is_sync<T: ?Sized + ::core::marker::Sync>() {}
            $(is_sync::<$type>();)+
        };
    };
}

/// Fails to compile unless each type is `Unpin`.
///
/// ```
/// motet_test::assert_unpin!(Vec<u8>);
/// ```
///
/// ```compile_fail
/// motet_test::assert_unpin!(std::marker::PhantomPinned);
/// ```
#[macro_export]
macro_rules! assert_unpin {
    ($($type:ty),+ $(,)?) => {
        const _: () = {
            const fn is_unpin<T: ?Sized + ::core::marker::Unpin>() {}
            $(is_unpin::<$type>();)+
        };
    };
}

/// Fails to compile if a type is `Send`.
///
/// ```
/// motet_test::assert_not_send!(std::rc::Rc<u8>, *const u8);
/// ```
///
/// ```compile_fail
/// motet_test::assert_not_send!(u8);
/// ```
#[macro_export]
macro_rules! assert_not_send {
    ($($type:ty),+ $(,)?) => {
        const _: () = {
            // Two impls apply to a `Send` type, so that the one to call is ambiguous.
            trait AmbiguousIfSend<A> { fn pin() {} }
            impl<T: ?Sized> AmbiguousIfSend<()> for T {}
            struct IsSend;
            impl<T: ?Sized + ::core::marker::Send> AmbiguousIfSend<IsSend> for T {}
            $(let _ = <$type as AmbiguousIfSend<_>>::pin;)+
        };
    };
}

/// Fails to compile if a type is `Sync`.
///
/// ```
/// motet_test::assert_not_sync!(std::cell::Cell<u8>);
/// ```
///
/// ```compile_fail
/// motet_test::assert_not_sync!(u8);
/// ```
#[macro_export]
macro_rules! assert_not_sync {
    ($($type:ty),+ $(,)?) => {
        const _: () = {
            // Two impls apply to a `Sync` type, so that the one to call is ambiguous.
            trait AmbiguousIfSync<A> { fn pin() {} }
            impl<T: ?Sized> AmbiguousIfSync<()> for T {}
            struct IsSync;
            impl<T: ?Sized + ::core::marker::Sync> AmbiguousIfSync<IsSync> for T {}
            $(let _ = <$type as AmbiguousIfSync<_>>::pin;)+
        };
    };
}

/// Fails to compile if a type is `Unpin`: one that other code pins must say so.
///
/// ```
/// motet_test::assert_not_unpin!(std::marker::PhantomPinned);
/// ```
///
/// ```compile_fail
/// motet_test::assert_not_unpin!(u8);
/// ```
#[macro_export]
macro_rules! assert_not_unpin {
    ($($type:ty),+ $(,)?) => {
        const _: () = {
            // Two impls apply to an `Unpin` type, so that the one to call is ambiguous.
            trait AmbiguousIfUnpin<A> { fn pin() {} }
            impl<T: ?Sized> AmbiguousIfUnpin<()> for T {}
            struct IsUnpin;
            impl<T: ?Sized + ::core::marker::Unpin> AmbiguousIfUnpin<IsUnpin> for T {}
            $(let _ = <$type as AmbiguousIfUnpin<_>>::pin;)+
        };
    };
}
