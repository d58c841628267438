//! The family `timer`: arming, cancelling, limits, and how late a sleep ends.
//!
//! | cell | what one operation is |
//! | --- | --- |
//! | `timer/1M_cancelled_held` | a million sleeps of 30 s, each armed and dropped, in a process of the contestant's own: kibibytes that it holds more than before |
//! | `timer/arm_cancel` | arm a sleep of 30 s by one poll, drop it |
//! | `timer/arm_cancel_2tasks` | the same from two tasks at once |
//! | `timer/arm_100k_drop` | 100,000 armed together, spread deadlines, then dropped |
//! | `timer/reset_later` | an armed sleep is moved to a later time |
//! | `timer/timeout_of_one_yield` | a limit of 30 s on one yield |
//! | `timer/timeout_of_ready` | a limit of 30 s on what is ready |
//! | `timer/lateness_p50`, `_p90` | sleeps of 0.3 to 8 ms, one after another: microseconds late |
//!
//! Each contestant runs where its users run it: Motet in the facade's runtime, tokio's in tokio's, async-io's in smol's executor; futures-timer,
//! which belongs to none, in an executor of futures.
#![forbid(unsafe_code)]

mod arming;
mod contestants;
mod held;
mod lateness;
mod limits;

use contestants::Contestants;
use motet_benches::Family;

fn main() {
    if held::is_child() {
        return held::run_child();
    }
    let mut family = Family::new("timer");
    held::cell(&mut family);
    let contestants = Contestants::new();
    arming::cells(&mut family, &contestants);
    limits::cells(&mut family, &contestants);
    lateness::cells(&mut family, &contestants);
    family.finish().expect("the results can be written");
}
