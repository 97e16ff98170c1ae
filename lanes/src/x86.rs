//! The SHA extensions of x86-64, which work on two halves of a state: `a b e f` and `c d g h`.
//!
//! Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2, `SHA256RNDS2`, `SHA256MSG1`, `SHA256MSG2`.

#![expect(clippy::cast_possible_wrap, reason = "the intrinsics take words as signed numbers")]
#![expect(clippy::indexing_slicing, reason = "every index is below a constant that the array's type carries")]

use super::{State, constants::K};
use core::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_blend_epi16, _mm_cvtsi128_si64, _mm_set_epi32, _mm_set_epi64x,
    _mm_setzero_si128, _mm_sha256msg1_epu32, _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32, _mm_shuffle_epi8,
    _mm_shuffle_epi32, _mm_unpackhi_epi64,
};

/// Some registers of each lane.
type Lanes<const LANES: usize> = [__m128i; LANES];

#[target_feature(enable = "sha,sse4.1")]
pub(crate) fn compress<const LANES: usize>(states: &mut [State; LANES], blocks: &[[u8; 64]; LANES]) {
    let mut abef = [_mm_setzero_si128(); LANES];
    let mut cdgh = abef;
    let mut words = [abef; 4];
    for lane in 0..LANES {
        (abef[lane], cdgh[lane]) = halves(&states[lane]);
        let block = sixteen_words(&blocks[lane]);
        for (to, from) in words.iter_mut().zip(block) {
            to[lane] = from;
        }
    }
    let before = (abef, cdgh);
    for i in 0..4 {
        four_rounds(K[i], &words[i], &mut abef, &mut cdgh);
    }
    for group in 1..4 {
        for i in 0..4 {
            let next = schedule(&words[i], &words[(i + 1) % 4], &words[(i + 2) % 4], &words[(i + 3) % 4]);
            words[i] = next;
            four_rounds(K[4 * group + i], &next, &mut abef, &mut cdgh);
        }
    }
    for lane in 0..LANES {
        let (abef, cdgh) = (_mm_add_epi32(abef[lane], before.0[lane]), _mm_add_epi32(cdgh[lane], before.1[lane]));
        states[lane] = whole(abef, cdgh);
    }
}

/// Four rounds of every lane.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn four_rounds<const LANES: usize>(
    constants: [u32; 4],
    words: &Lanes<LANES>,
    abef: &mut Lanes<LANES>,
    cdgh: &mut Lanes<LANES>,
) {
    let [k0, k1, k2, k3] = constants.map(|k| k as i32);
    let constants = _mm_set_epi32(k3, k2, k1, k0);
    for lane in 0..LANES {
        let sum = _mm_add_epi32(words[lane], constants);
        cdgh[lane] = _mm_sha256rnds2_epu32(cdgh[lane], abef[lane], sum);
        abef[lane] = _mm_sha256rnds2_epu32(abef[lane], cdgh[lane], _mm_shuffle_epi32::<0x0e>(sum));
    }
}

/// The next four words of every lane's schedule, from the last sixteen.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn schedule<const LANES: usize>(
    w0: &Lanes<LANES>,
    w1: &Lanes<LANES>,
    w2: &Lanes<LANES>,
    w3: &Lanes<LANES>,
) -> Lanes<LANES> {
    let mut next = [_mm_setzero_si128(); LANES];
    for lane in 0..LANES {
        let sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0[lane], w1[lane]), _mm_alignr_epi8::<4>(w3[lane], w2[lane]));
        next[lane] = _mm_sha256msg2_epu32(sum, w3[lane]);
    }
    next
}

/// A state, as the instructions take it.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn halves(state: &State) -> (__m128i, __m128i) {
    let [a, b, c, d, e, f, g, h] = state.map(|word| word as i32);
    let cdab = _mm_shuffle_epi32::<0xb1>(_mm_set_epi32(d, c, b, a));
    let efgh = _mm_shuffle_epi32::<0x1b>(_mm_set_epi32(h, g, f, e));
    (_mm_alignr_epi8::<8>(cdab, efgh), _mm_blend_epi16::<0xf0>(efgh, cdab))
}

/// A state in its order.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn whole(abef: __m128i, cdgh: __m128i) -> State {
    let (feba, dchg) = (_mm_shuffle_epi32::<0x1b>(abef), _mm_shuffle_epi32::<0xb1>(cdgh));
    let [a, b, c, d] = four_words(_mm_blend_epi16::<0xf0>(feba, dchg));
    let [e, f, g, h] = four_words(_mm_alignr_epi8::<8>(dchg, feba));
    [a, b, c, d, e, f, g, h]
}

#[inline]
#[target_feature(enable = "sha,sse4.1")]
#[expect(clippy::cast_sign_loss, clippy::cast_possible_truncation, reason = "a register is split into its words")]
fn four_words(register: __m128i) -> [u32; 4] {
    let low = _mm_cvtsi128_si64(register) as u64;
    let high = _mm_cvtsi128_si64(_mm_unpackhi_epi64(register, register)) as u64;
    [low as u32, (low >> 32) as u32, high as u32, (high >> 32) as u32]
}

/// A block as big-endian words, four in a register.
#[inline]
#[target_feature(enable = "sha,sse4.1")]
fn sixteen_words(block: &[u8; 64]) -> [__m128i; 4] {
    let swap = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
    let halves = block.as_chunks::<8>().0;
    let eight = |i: usize| u64::from_le_bytes(halves[i]) as i64;
    [0, 1, 2, 3].map(|i| _mm_shuffle_epi8(_mm_set_epi64x(eight(2 * i + 1), eight(2 * i)), swap))
}
