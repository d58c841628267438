//! What the docs call "no allocation": counted, on this thread.

use motet_test::{CountingAllocator, WakeCount, allocations};
use motet_timer::{Timer, Timers};
use std::pin::pin;
use std::time::{Duration, Instant};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const SECOND: Duration = Duration::from_secs(1);

/// Sleeps after that time, a hundred of each kind: cancelled, and moved and fired. Gives the time that was reached.
fn lives(timers: &Timers, wakes: &WakeCount, start: Instant) -> Instant {
    (1..=100).fold(start, |reached, seconds| {
        let deadline = reached + seconds * seconds * SECOND;
        let mut cancelled = pin!(Some(timers.sleep_until(deadline)));
        let mut fired = pin!(timers.sleep_until(deadline));
        assert!(wakes.poll(cancelled.as_mut().as_pin_mut().expect("there")).is_pending());
        assert!(wakes.poll(fired.as_mut()).is_pending());
        fired.as_mut().reset(deadline + SECOND);
        fired.as_mut().reset(deadline);
        cancelled.set(None);
        assert_eq!(timers.next_deadline(), Some(deadline));
        assert_eq!(timers.advance(deadline), 1);
        assert!(wakes.poll(fired).is_ready());
        deadline
    })
}

#[test]
fn sleeps_allocate_nothing_however_they_end() {
    let wakes = WakeCount::new();
    let (virtual_, _clock) = Timers::virtual_time();
    for timers in [Timers::new(), virtual_] {
        // The first of them make the wheel.
        let reached = lives(&timers, &wakes, timers.now());
        let (_, allocated) = allocations(|| lives(&timers, &wakes, reached));
        assert_eq!((allocated.count, allocated.held), (0, 0));
    }
}
