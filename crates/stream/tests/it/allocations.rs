//! What items allocate: counted.

use futures::Stream;
use motet_stream::{generator, stream, try_stream};
use motet_test::CountingAllocator;
use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// What `run` gives, and how often it allocates.
fn count<R>(run: impl FnOnce() -> R) -> (R, usize) {
    let (result, allocated) = motet_test::allocations(run);
    (result, allocated.count)
}

/// All items, without an allocation of its own; how many there were.
fn drain(mut items: Pin<&mut impl Stream>) -> usize {
    let mut count = 0;
    while let Poll::Ready(Some(_)) = items.as_mut().poll_next(&mut Context::from_waker(Waker::noop())) {
        count += 1;
    }
    count
}

#[test]
fn a_stream_and_its_items_allocate_nothing() {
    let numbers = || {
        let items = stream(|mut y| async move {
            for n in 0..1000 {
                y.emit(n).await;
            }
        });
        drain(pin!(items))
    };
    assert_eq!(count(numbers), (1000, 0));
    let large = || {
        let items = try_stream(|mut y| async move {
            for n in 0..1000_u64 {
                // More than any register or small buffer holds.
                y.emit([n; 100]).await;
            }
            Ok::<_, Infallible>(())
        });
        drain(pin!(items))
    };
    assert_eq!(count(large), (1000, 0));
}

#[test]
fn streams_within_one_another_allocate_nothing() {
    let nested = || {
        let items = stream(|mut y| async move {
            let mut inner = pin!(stream(|mut y| async move {
                for n in 0..1000 {
                    y.emit(n).await;
                }
            }));
            while let Some(n) = futures::StreamExt::next(&mut inner).await {
                y.emit(n).await;
            }
        });
        drain(pin!(items))
    };
    assert_eq!(count(nested), (1000, 0));
}

#[test]
fn a_generator_allocates_its_body_and_nothing_an_item() {
    let conversation = || {
        let mut echo = generator(|mut y| async move {
            let mut answer = y.emit(0).await;
            while let Some(n) = answer {
                answer = y.emit(n).await;
            }
        });
        let mut items = usize::from(poll(echo.next()).is_some());
        for n in 1..1000 {
            assert_eq!(poll(echo.send(n)), Some(n));
            items += 1;
        }
        items
    };
    assert_eq!(count(conversation), (1000, 1));
}

/// The output of a future that is ready at once.
fn poll<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}
