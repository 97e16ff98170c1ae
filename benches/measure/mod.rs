//! How all benches take the time.

use std::time::Instant;

/// Seconds a call, of the fifth fastest of 41 runs of so many calls: what else the machine does only ever adds.
pub(crate) fn seconds(calls: u32, mut call: impl FnMut()) -> f64 {
    let mut run = || {
        let start = Instant::now();
        (0..calls).for_each(|_| call());
        start.elapsed().as_secs_f64() / f64::from(calls)
    };
    run();
    let mut runs: Vec<f64> = (0..41).map(|_| run()).collect();
    runs.sort_by(f64::total_cmp);
    runs[4]
}
