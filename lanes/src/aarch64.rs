//! The cryptographic extension of AArch64, which works on two halves of a state: `a b c d` and `e f g h`.
//!
//! Source: Arm Architecture Reference Manual for A-profile, `SHA256H`, `SHA256H2`, `SHA256SU0`, `SHA256SU1`.

#![expect(clippy::indexing_slicing, reason = "every index is below a constant that the array's type carries")]

use super::{State, constants::K};
use core::arch::aarch64::{
    uint32x4_t, vaddq_u32, vcombine_u32, vcreate_u32, vdupq_n_u32, vgetq_lane_u32, vreinterpretq_u8_u32,
    vreinterpretq_u32_u8, vrev32q_u8, vsha256h2q_u32, vsha256hq_u32, vsha256su0q_u32, vsha256su1q_u32,
};

/// Some registers of each lane.
type Lanes<const LANES: usize> = [uint32x4_t; LANES];

#[target_feature(enable = "neon,sha2")]
pub(crate) fn compress<const LANES: usize>(states: &mut [State; LANES], blocks: &[[u8; 64]; LANES]) {
    let mut abcd = [vdupq_n_u32(0); LANES];
    let mut efgh = abcd;
    let mut words = [abcd; 4];
    for lane in 0..LANES {
        let [a, b, c, d, e, f, g, h] = states[lane];
        (abcd[lane], efgh[lane]) = (register([a, b, c, d]), register([e, f, g, h]));
        let block = sixteen_words(&blocks[lane]);
        for (to, from) in words.iter_mut().zip(block) {
            to[lane] = from;
        }
    }
    for i in 0..4 {
        four_rounds(K[i], &words[i], &mut abcd, &mut efgh);
    }
    for group in 1..4 {
        for i in 0..4 {
            let next = schedule(&words[i], &words[(i + 1) % 4], &words[(i + 2) % 4], &words[(i + 3) % 4]);
            words[i] = next;
            four_rounds(K[4 * group + i], &next, &mut abcd, &mut efgh);
        }
    }
    for lane in 0..LANES {
        let words = [four_words(abcd[lane]), four_words(efgh[lane])];
        for (to, word) in states[lane].iter_mut().zip(words.as_flattened()) {
            *to = to.wrapping_add(*word);
        }
    }
}

/// Four rounds of every lane.
#[inline]
#[target_feature(enable = "neon,sha2")]
fn four_rounds<const LANES: usize>(
    constants: [u32; 4],
    words: &Lanes<LANES>,
    abcd: &mut Lanes<LANES>,
    efgh: &mut Lanes<LANES>,
) {
    let constants = register(constants);
    for lane in 0..LANES {
        let (sum, before) = (vaddq_u32(words[lane], constants), abcd[lane]);
        abcd[lane] = vsha256hq_u32(before, efgh[lane], sum);
        efgh[lane] = vsha256h2q_u32(efgh[lane], before, sum);
    }
}

/// The next four words of every lane's schedule, from the last sixteen.
#[inline]
#[target_feature(enable = "neon,sha2")]
fn schedule<const LANES: usize>(
    w0: &Lanes<LANES>,
    w1: &Lanes<LANES>,
    w2: &Lanes<LANES>,
    w3: &Lanes<LANES>,
) -> Lanes<LANES> {
    let mut next = *w0;
    for lane in 0..LANES {
        next[lane] = vsha256su1q_u32(vsha256su0q_u32(w0[lane], w1[lane]), w2[lane], w3[lane]);
    }
    next
}

/// Four words in a register.
#[inline]
#[target_feature(enable = "neon")]
fn register([a, b, c, d]: [u32; 4]) -> uint32x4_t {
    let pair = |low: u32, high: u32| vcreate_u32(u64::from(low) | u64::from(high) << 32);
    vcombine_u32(pair(a, b), pair(c, d))
}

#[inline]
#[target_feature(enable = "neon")]
fn four_words(register: uint32x4_t) -> [u32; 4] {
    [
        vgetq_lane_u32::<0>(register),
        vgetq_lane_u32::<1>(register),
        vgetq_lane_u32::<2>(register),
        vgetq_lane_u32::<3>(register),
    ]
}

/// A block as big-endian words, four in a register.
#[inline]
#[target_feature(enable = "neon")]
fn sixteen_words(block: &[u8; 64]) -> [uint32x4_t; 4] {
    let halves = block.as_chunks::<8>().0;
    let eight = |i: usize| vcreate_u32(u64::from_le_bytes(halves[i]));
    let swapped = |i: usize| vrev32q_u8(vreinterpretq_u8_u32(vcombine_u32(eight(2 * i), eight(2 * i + 1))));
    [0, 1, 2, 3].map(|i| vreinterpretq_u32_u8(swapped(i)))
}
