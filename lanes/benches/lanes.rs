//! Nanoseconds a compression, by the number of lanes: `cargo bench --package defender-auth-lanes`.

#[path = "../../benches/measure/mod.rs"]
mod measure;

use defender_auth_lanes::{INITIAL, compress};
use sha2::block_api::compress256;
use std::hint::black_box;

const CALLS: u32 = 10_000;

fn lanes<const LANES: usize>() {
    // Calls do not wait for each other, as those for a fleet do not.
    let took = measure::seconds(CALLS, || {
        let mut states = black_box([INITIAL; LANES]);
        compress(&mut states, black_box(&[[7; 64]; LANES]));
        black_box(states);
    });
    println!("{LANES} lanes{:>38.1} ns a compression", took * 1e9 / f64::from(u8::try_from(LANES).unwrap_or(u8::MAX)));
}

fn main() {
    let (mut state, block) = (INITIAL, [[7; 64]]);
    let took = measure::seconds(CALLS, || compress256(black_box(&mut state), black_box(&block)));
    println!("the crate sha2, each after the other{:>10.1} ns a compression", took * 1e9);
    lanes::<1>();
    lanes::<2>();
    lanes::<3>();
    lanes::<4>();
    lanes::<6>();
    lanes::<8>();
}
