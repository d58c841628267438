//! Work for the processor, or a call that blocks, goes to the blocking pool: the tasks go on meanwhile.

use motet::prelude::*;
use std::time::Duration;

/// Sums the primes below `limit`, the slow way. Nothing in it awaits, so on a worker it would hold up every task there.
fn sum_of_primes(limit: u64) -> u64 {
    (2..limit).filter(|n| (2..*n).take_while(|d| d * d <= *n).all(|d| n % d != 0)).sum()
}

/// Ticks until it is dropped; `Skip` counts no tick twice if it was held up.
async fn tick(ticks: &mut u32) {
    let mut ticker = motet::interval(Duration::from_millis(5)).missed_tick(motet::time::MissedTick::Skip);
    while ticker.next().await.is_some() {
        *ticks += 1;
    }
}

fn main() {
    motet::run(async {
        let mut ticks = 0;

        // `asyncio.to_thread`, twice: the pool has threads enough for both.
        let work = motet::join((
            motet::to_thread(|| sum_of_primes(400_000)),
            // The guide's `time.sleep`: a blocking call belongs here too.
            motet::to_thread(|| std::thread::sleep(Duration::from_millis(100))),
        ));

        // `race` over futures of different types is `select`; the ticker never ends, so the work always wins.
        let sum = match motet::select((work, tick(&mut ticks))).await {
            motet::Select2::First((sum, slept)) => {
                slept.expect("the pool survives");
                sum.expect("the sum is there")
            }
            motet::Select2::Second(()) => unreachable!("the ticker never ends"),
        };

        println!("sum of primes: {sum}, ticks meanwhile: {ticks}");
        assert_eq!(sum, 6_458_901_531);
        assert!(ticks >= 3, "the ticker went on while the pool was busy: {ticks}");
    });
}
