//! Several MACs at once, so that the hash unit is never idle.

use crate::{
    hmac::{OUTER, PreparedKey, State},
    prepared::Prepared,
    text::ten_digits,
};
use core::array;
use defender_auth_lanes::compress;

/// How many MACs are computed at once.
pub const LANES: usize = 8;

/// What is left on the stack by [`PreparedKey::macs`] or [`Prepared::macs`] and the calls in it is less than this, in bytes.
pub const STACK: usize = if cfg!(debug_assertions) { 65_536 } else { 8192 };

impl PreparedKey {
    /// The MACs of several messages, which may be of unequal length. To be called on a stack that is wiped, of [`STACK`] bytes.
    #[must_use]
    pub fn macs(&self, messages: &[&[u8]; LANES]) -> [State; LANES] {
        let counts = messages.map(|message| (message.len() + 9).div_ceil(64));
        let mut states = [*self.inner; LANES];
        for at in 0..counts.into_iter().max().unwrap_or_default() {
            let blocks = messages.map(|message| block(message, at));
            compress_some(&mut states, &blocks, |lane| counts.get(lane).is_some_and(|count| at < *count));
        }
        outer([&self.outer; LANES], &states)
    }
}

impl Prepared {
    /// The MACs of several resources for the same expiry. To be called on a stack that is wiped, of [`STACK`] bytes.
    #[must_use]
    pub fn macs(several: &[&Self; LANES], expiry: u64) -> [State; LANES] {
        let Some(digits) = ten_digits(expiry) else { return several.map(|one| one.mac(expiry)) };
        let mut states = several.map(|one| *one.key.inner);
        let lasts = several.map(|one| one.last_with(|to| digits.put(to)));
        compress_some(&mut states, &lasts.each_ref().map(|last| *last.first()), |_| true);
        if lasts.iter().any(|last| last.only().is_none()) {
            let has_two = |lane: usize| lasts.get(lane).is_some_and(|last| last.only().is_none());
            compress_some(&mut states, &lasts.each_ref().map(|last| *last.second()), has_two);
        }
        outer(several.map(|one| &*one.key.outer), &states)
    }
}

/// Compresses a block into each state that has one; a lane that has ended goes along, and its state is put back.
#[inline]
fn compress_some(states: &mut [State; LANES], blocks: &[[u8; 64]; LANES], has_block: impl Fn(usize) -> bool) {
    let before = *states;
    compress(states, blocks);
    for (lane, (state, before)) in states.iter_mut().zip(before).enumerate() {
        if !has_block(lane) {
            *state = before;
        }
    }
}

/// One of the blocks of a message that follows the block of the key, with the padding (FIPS 180-4, section 5.1.1).
#[inline]
fn block(message: &[u8], at: usize) -> [u8; 64] {
    let mut block = [0; 64];
    let rest = message.get(64 * at..).unwrap_or_default();
    let part = rest.get(..64).unwrap_or(rest);
    if let Some(to) = block.get_mut(..part.len()) {
        to.copy_from_slice(part);
    }
    // The end of the message may be that of the block before.
    if 64 * at <= message.len()
        && let Some(end) = block.get_mut(part.len())
    {
        *end = 0x80;
    }
    if part.len() < 64 - 8
        && let Some(end) = block.last_chunk_mut()
    {
        *end = ((64 + message.len() as u64) * 8).to_be_bytes();
    }
    block
}

/// The outer hashes.
#[inline]
fn outer(keys: [&State; LANES], inner: &[State; LANES]) -> [State; LANES] {
    let blocks = array::from_fn(|lane| {
        let mut block = OUTER;
        let words = inner.get(lane).into_iter().flatten();
        for (to, word) in block.as_chunks_mut::<4>().0.iter_mut().zip(words) {
            *to = word.to_be_bytes();
        }
        block
    });
    let mut states = keys.map(|state| *state);
    compress(&mut states, &blocks);
    states
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block as key_block;
    use std::{string::String, vec::Vec};

    fn prepared() -> PreparedKey {
        PreparedKey::new(&key_block(&[0x42; 32]))
    }

    #[test]
    fn messages_of_every_length_have_the_macs_that_they_have_alone() {
        let (key, bytes) = (prepared(), array::from_fn::<u8, 300, _>(|i| i.to_le_bytes()[0].wrapping_mul(37)));
        for length in 0..bytes.len() {
            let messages = array::from_fn(|lane| &bytes[lane..length.max(lane)]);
            assert_eq!(key.macs(&messages), messages.map(|message| key.mac(message)), "{length} bytes");
        }
    }

    #[test]
    fn messages_of_unequal_length_do_not_mix() {
        let (key, bytes) = (prepared(), [0x5a; 400]);
        let lengths = [0, 1, 55, 56, 63, 64, 119, 120, 128, 183, 184, 400];
        for first in 0..lengths.len() {
            let messages = array::from_fn(|lane| &bytes[..lengths[(first + lane * 5) % lengths.len()]]);
            assert_eq!(key.macs(&messages), messages.map(|message| key.mac(message)));
        }
    }

    #[test]
    fn tokens_of_every_resource_and_expiry_have_the_macs_that_they_have_alone() {
        let resources: Vec<String> = (0..140).map(|length| "r".repeat(length)).collect();
        let all: Vec<Prepared> =
            (1..).zip(&resources).map(|(byte, resource)| Prepared::new(&key_block(&[byte; 32]), resource)).collect();
        for expiry in [0, 999_999_999, 1_000_000_000, 1_700_003_600, 9_999_999_999, u64::MAX] {
            for first in 0..all.len() {
                let several = array::from_fn(|lane| &all[(first + lane * 23) % all.len()]);
                assert_eq!(Prepared::macs(&several, expiry), several.map(|one| one.mac(expiry)));
            }
        }
    }
}
