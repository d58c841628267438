//! The pair of fences: of two threads that each write one word and then read the other's, one sees the other.

use motet_prim::AsymmetricFence;
use motet_prim::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

#[test]
fn the_light_side_and_the_heavy_one_are_never_both_alone() {
    let Some(fence) = AsymmetricFence::of_this_system() else { return };
    let (is_busy, is_claimed, is_over) = (AtomicBool::new(false), AtomicBool::new(false), AtomicBool::new(false));
    let (inside, light, met) = (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
    let enter = || {
        met.fetch_add(usize::from(inside.swap(true, Ordering::Relaxed)), Ordering::Relaxed);
        inside.store(false, Ordering::Relaxed);
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                is_busy.store(true, Ordering::Relaxed);
                fence.light();
                if !is_claimed.load(Ordering::Acquire) {
                    enter();
                    light.fetch_add(1, Ordering::Relaxed);
                }
                is_busy.store(false, Ordering::Release);
            }
        });
        while light.load(Ordering::Relaxed) == 0 {
            thread::yield_now();
        }
        for _ in 0..20_000 {
            is_claimed.store(true, Ordering::Relaxed);
            if fence.heavy() && !is_busy.load(Ordering::Acquire) {
                enter();
            }
            is_claimed.store(false, Ordering::Release);
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert_eq!(met.into_inner(), 0, "both were alone");
}
