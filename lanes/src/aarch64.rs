//! The cryptographic extension of AArch64, which works on two halves of a state: `a b c d` and `e f g h`.
//!
//! Source: Arm Architecture Reference Manual for A-profile, `SHA256H`, `SHA256H2`, `SHA256SU0`, `SHA256SU1`.

#![expect(clippy::indexing_slicing, reason = "every index is below a constant that the array's type carries")]
#![expect(clippy::many_single_char_names, reason = "the names that FIPS 180-4 gives to the words of a hash")]

use super::{State, constants::K};
use core::arch::aarch64::{
    uint32x4_t, vaddq_u32, vcombine_u32, vcreate_u32, vdupq_n_u32, vgetq_lane_u32, vreinterpretq_u8_u32,
    vreinterpretq_u32_u8, vrev32q_u8, vsha256h2q_u32, vsha256hq_u32, vsha256su0q_u32, vsha256su1q_u32,
};

/// A register of each lane.
type Lanes<const LANES: usize> = [uint32x4_t; LANES];

#[target_feature(enable = "neon,sha2")]
pub(crate) fn compress<const LANES: usize>(states: &mut [State; LANES], blocks: &[[u8; 64]; LANES]) {
    let mut registers = loaded(states);
    sixty_four_rounds(&mut registers, block_words(blocks));
    store(registers, states);
}

#[target_feature(enable = "neon,sha2")]
pub(crate) fn macs<const LANES: usize>(
    inner: &[State; LANES],
    outer: &[State; LANES],
    blocks: &[[u8; 64]; LANES],
) -> [State; LANES] {
    let mut registers = loaded(inner);
    sixty_four_rounds(&mut registers, block_words(blocks));
    let hashes = registers;
    let mut registers = loaded(outer);
    sixty_four_rounds(&mut registers, hash_words(&hashes));
    let mut states = [[0; 8]; LANES];
    store(registers, &mut states);
    states
}

/// The two halves of the states of all lanes.
type Registers<const LANES: usize> = [(uint32x4_t, uint32x4_t); LANES];

#[inline]
#[target_feature(enable = "neon,sha2")]
fn loaded<const LANES: usize>(states: &[State; LANES]) -> Registers<LANES> {
    let mut registers = [(vdupq_n_u32(0), vdupq_n_u32(0)); LANES];
    for lane in 0..LANES {
        let [a, b, c, d, e, f, g, h] = states[lane];
        registers[lane] = (register([a, b, c, d]), register([e, f, g, h]));
    }
    registers
}

#[inline]
#[target_feature(enable = "neon,sha2")]
fn store<const LANES: usize>(registers: Registers<LANES>, states: &mut [State; LANES]) {
    for lane in 0..LANES {
        let ([a, b, c, d], [e, f, g, h]) = (four_words(registers[lane].0), four_words(registers[lane].1));
        states[lane] = [a, b, c, d, e, f, g, h];
    }
}

/// The words of a block of each lane, four in a register.
#[inline]
#[target_feature(enable = "neon,sha2")]
fn block_words<const LANES: usize>(blocks: &[[u8; 64]; LANES]) -> [Lanes<LANES>; 4] {
    let mut words = [[vdupq_n_u32(0); LANES]; 4];
    for lane in 0..LANES {
        for (to, from) in words.iter_mut().zip(sixteen_words(&blocks[lane])) {
            to[lane] = from;
        }
    }
    words
}

/// The words of the block that a hash is the content of, behind a block of the key.
#[inline]
#[target_feature(enable = "neon,sha2")]
fn hash_words<const LANES: usize>(hashes: &Registers<LANES>) -> [Lanes<LANES>; 4] {
    let (one, length) = (register([1 << 31, 0, 0, 0]), register([0, 0, 0, 8 * (64 + 32)]));
    let mut words = [[one; LANES], [one; LANES], [one; LANES], [length; LANES]];
    for lane in 0..LANES {
        (words[0][lane], words[1][lane]) = hashes[lane];
    }
    words
}

#[inline]
#[target_feature(enable = "neon,sha2")]
fn sixty_four_rounds<const LANES: usize>(states: &mut Registers<LANES>, mut words: [Lanes<LANES>; 4]) {
    let before = *states;
    for i in 0..4 {
        four_rounds(K[i], &words[i], states);
    }
    for group in 1..4 {
        for i in 0..4 {
            let next = schedule(&words[i], &words[(i + 1) % 4], &words[(i + 2) % 4], &words[(i + 3) % 4]);
            words[i] = next;
            four_rounds(K[4 * group + i], &next, states);
        }
    }
    for lane in 0..LANES {
        let ((abcd, efgh), before) = (states[lane], before[lane]);
        states[lane] = (vaddq_u32(abcd, before.0), vaddq_u32(efgh, before.1));
    }
}

/// Four rounds of every lane.
#[inline]
#[target_feature(enable = "neon,sha2")]
fn four_rounds<const LANES: usize>(constants: [u32; 4], words: &Lanes<LANES>, states: &mut Registers<LANES>) {
    let constants = register(constants);
    for lane in 0..LANES {
        let (abcd, efgh) = &mut states[lane];
        let (sum, before) = (vaddq_u32(words[lane], constants), *abcd);
        *abcd = vsha256hq_u32(before, *efgh, sum);
        *efgh = vsha256h2q_u32(*efgh, before, sum);
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
