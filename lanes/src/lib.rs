//! SHA-256 of several independent messages at once.
//!
//! ```
//! use defender_auth_lanes::{INITIAL, compress};
//!
//! let mut states = [INITIAL; 2];
//! let (mut empty, mut full) = ([0; 64], [0xff; 64]);
//! empty[0] = 0x80; // the padding of a message of no bytes
//! full[63] = 0;
//! compress(&mut states, &[empty, full]);
//! assert_eq!(states[0][0], 0xe3b0_c442);
//! ```
//!
//! Each lane is a state of its own; the lanes are independent, so that the rounds of one fill the time in which those of
//! another wait for their results. Most is gained by the second lane; eight are the fastest that were
//! measured.

#![no_std]
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(target_arch = "aarch64")]
mod aarch64;
#[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
mod constants;
#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(target_arch = "aarch64")]
use aarch64 as with_instructions;
use sha2::block_api::compress256;
#[cfg(target_arch = "x86_64")]
use x86 as with_instructions;

/// The state of SHA-256 between two blocks.
pub type State = [u32; 8];

/// The state before the first block (FIPS 180-4, section 5.3.3).
pub const INITIAL: State =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

#[cfg(target_arch = "aarch64")]
cpufeatures::new!(has_sha, "sha2");
#[cfg(target_arch = "x86_64")]
cpufeatures::new!(has_sha, "sha", "sse4.1");

/// Compresses one block into each state. What it leaves on the stack is the caller's to wipe.
#[inline]
pub fn compress<const LANES: usize>(states: &mut [State; LANES], blocks: &[[u8; 64]; LANES]) {
    #[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
    if has_sha::get() {
        #[expect(unsafe_code, reason = "it is compiled for instructions that not every processor has")]
        // SAFETY: the processor has the instructions that the function is compiled for, as was tested just now.
        unsafe {
            with_instructions::compress(states, blocks);
        }
        return;
    }
    one_by_one(states, blocks);
}

/// HMACs (RFC 2104): compresses the last block of each message into its inner state, and the hash that comes out into its
/// outer state. What it leaves on the stack is the caller's to wipe.
#[inline]
#[must_use]
pub fn macs<const LANES: usize>(
    inner: &[State; LANES],
    outer: &[State; LANES],
    blocks: &[[u8; 64]; LANES],
) -> [State; LANES] {
    #[cfg(any(target_arch = "aarch64", target_arch = "x86_64"))]
    if has_sha::get() {
        #[expect(unsafe_code, reason = "it is compiled for instructions that not every processor has")]
        // SAFETY: the processor has the instructions that the function is compiled for, as was tested just now.
        return unsafe { with_instructions::macs(inner, outer, blocks) };
    }
    macs_one_by_one(inner, outer, blocks)
}

/// The same for every processor.
fn one_by_one<const LANES: usize>(states: &mut [State; LANES], blocks: &[[u8; 64]; LANES]) {
    for (state, block) in states.iter_mut().zip(blocks) {
        compress256(state, &[*block]);
    }
}

/// The same for every processor.
fn macs_one_by_one<const LANES: usize>(
    inner: &[State; LANES],
    outer: &[State; LANES],
    blocks: &[[u8; 64]; LANES],
) -> [State; LANES] {
    let mut hashes = *inner;
    one_by_one(&mut hashes, blocks);
    let mut states = *outer;
    one_by_one(&mut states, &hashes.map(|hash| hash_block(&hash)));
    states
}

/// The block that a hash is the content of, behind a block of the key: 96 bytes have been hashed at its end.
#[must_use]
pub fn hash_block(hash: &State) -> [u8; 64] {
    let mut block = [0; 64];
    for (to, word) in block.as_chunks_mut::<4>().0.iter_mut().zip(hash) {
        *to = word.to_be_bytes();
    }
    block[32] = 0x80;
    block[62] = 0x03;
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_for_every_processor_gives_the_same() {
        let blocks = [[1; 64], [2; 64], [3; 64]];
        let (mut states, mut others) = ([INITIAL; 3], [INITIAL; 3]);
        compress(&mut states, &blocks);
        one_by_one(&mut others, &blocks);
        assert_eq!(states, others);
        assert_eq!(macs(&others, &[INITIAL; 3], &blocks), macs_one_by_one(&others, &[INITIAL; 3], &blocks));
    }
}
