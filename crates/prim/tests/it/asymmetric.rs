//! The pair of fences: of two threads that each write one word and then read the other's, one sees the other.

use motet_prim::AsymmetricFence;
use motet_prim::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::process::Command;
use std::sync::Barrier;
use std::{env, thread};

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

/// Runs a test of this name in a process of its own, which knows by the variable that it is there; true in that process.
fn is_alone(test: &str) -> bool {
    const VARIABLE: &str = "MOTET_TEST_IS_ALONE";
    if env::var_os(VARIABLE).is_some() {
        return true;
    }
    let this = env::current_exe().expect("a test is a file");
    let ended = Command::new(this).args([test, "--exact"]).env(VARIABLE, "").output();
    let ended = ended.expect("this process was started, too");
    assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stdout));
    false
}

#[test]
fn a_process_with_threads_is_registered_when_it_must_be() {
    let Some(fence) = AsymmetricFence::of_this_system() else { return };
    if is_alone("asymmetric::a_process_with_threads_is_registered_when_it_must_be") {
        let is_over = Barrier::new(2);
        thread::scope(|scope| {
            scope.spawn(|| is_over.wait());
            fence.register_early();
            assert!(!fence.is_registered(), "it would have to wait");
            fence.register();
            assert!(fence.is_registered() && fence.heavy());
            is_over.wait();
        });
    }
}
