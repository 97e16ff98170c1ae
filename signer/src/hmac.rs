//! HMAC-SHA256 with the two blocks of the key hashed beforehand.
//!
//! ```text
//! inner hash:  [ key ^ ipad ][ message, padding ]      outer hash:  [ key ^ opad ][ inner hash, padding ]
//!              `- `inner` --'                                       `- `outer` -'`---- one block -----'
//! ```
//!
//! The two states can sign everything that the key can, and are wiped as the key is. They are computed on a stack that is
//! wiped afterwards (`on_wiped_stack`) and kept in a box, because moving a value leaves a copy of it behind.

use defender_auth_lanes::INITIAL;
pub use defender_auth_lanes::State;
use sha2::{Digest as _, Sha256, block_api::compress256};
use zeroize::Zeroizing;

/// The second block of the outer hash without the inner hash: 96 bytes have been hashed at its end.
pub(crate) const OUTER: [u8; 64] = {
    let mut block = [0; 64];
    block[32] = 0x80;
    block[62] = 0x03;
    block
};

/// A key as HMAC uses it: hashed if it is longer than a block of SHA-256, then filled up with zeros (RFC 2104). To be called on
/// a stack that is wiped.
#[must_use]
pub fn block(key: &[u8]) -> [u8; 64] {
    let mut block = [0; 64];
    let hash: [u8; 32];
    let source = if key.len() > block.len() {
        hash = Sha256::digest(key).into();
        &hash
    } else {
        key
    };
    if let Some(to) = block.get_mut(..source.len()) {
        to.copy_from_slice(source);
    }
    block
}

/// A key after its two blocks: it can sign everything that the key can.
#[derive(Clone)]
pub struct PreparedKey {
    pub(crate) inner: Zeroizing<State>,
    pub(crate) outer: Zeroizing<State>,
}

impl PreparedKey {
    /// Hashes the two blocks of a key. To be called on a stack that is wiped.
    #[must_use]
    pub fn new(block: &[u8; 64]) -> Self {
        let mut this = Self { inner: Zeroizing::new(INITIAL), outer: Zeroizing::new(INITIAL) };
        compress256(&mut this.inner, &[block.map(|byte| byte ^ 0x36)]);
        compress256(&mut this.outer, &[block.map(|byte| byte ^ 0x5c)]);
        this
    }

    /// Hashes the beginning of every message that will be signed.
    pub(crate) fn absorb(&mut self, blocks: &[[u8; 64]]) {
        compress256(&mut self.inner, blocks);
    }

    /// The MAC of what was absorbed and these blocks, the last of which is padded.
    #[inline]
    pub(crate) fn finish(&self, last: &[[u8; 64]]) -> State {
        Self::finish_from(*self.inner, &self.outer, last)
    }

    /// The MAC of a message. To be called on a stack that is wiped.
    #[must_use]
    pub fn mac(&self, message: &[u8]) -> State {
        let (whole, tail) = message.as_chunks::<64>();
        let mut inner = *self.inner;
        compress256(&mut inner, whole);
        let last = Last::new(tail, 64 * (1 + whole.len()), 0);
        Self::finish_from(inner, &self.outer, last.blocks())
    }

    #[inline]
    fn finish_from(mut inner: State, outer: &State, last: &[[u8; 64]]) -> State {
        compress256(&mut inner, last);
        let mut block = OUTER;
        for (to, word) in block.as_chunks_mut::<4>().0.iter_mut().zip(inner) {
            *to = word.to_be_bytes();
        }
        let mut state = *outer;
        compress256(&mut state, &[block]);
        state
    }
}

/// The last one or two blocks of an inner hash: what is left of the message, room for what follows, and the padding.
#[derive(Clone, Copy)]
pub(crate) struct Last {
    blocks: [[u8; 64]; 2],
    used: usize,
}

impl Last {
    /// What may follow the tail of a message, in bytes: a tail, that, one byte and eight fit into two blocks.
    pub(crate) const ROOM: usize = 2 * 64 - 63 - 1 - 8;

    /// `tail` is shorter than a block, `absorbed` is what was hashed before it, `room` is what stays zero after it.
    #[expect(
        clippy::indexing_slicing,
        reason = "a tail of less than 64 bytes and at most `ROOM` more leave nine of two blocks"
    )]
    pub(crate) fn new(tail: &[u8], absorbed: usize, room: usize) -> Self {
        debug_assert!(tail.len() < 64 && room <= Self::ROOM);
        let mut blocks = [[0; 64]; 2];
        let flat = blocks.as_flattened_mut();
        flat[..tail.len()].copy_from_slice(tail);
        let end = tail.len() + room;
        flat[end] = 0x80;
        let used = if end + 9 <= 64 { 1 } else { 2 };
        let bits = (absorbed as u64 + end as u64) * 8;
        flat[used * 64 - 8..used * 64].copy_from_slice(&bits.to_be_bytes());
        Self { blocks, used }
    }

    pub(crate) fn blocks(&self) -> &[[u8; 64]] {
        self.blocks.get(..self.used).unwrap_or(&self.blocks)
    }

    /// The only block, if there is one only. It is the common case and half the copying.
    pub(crate) const fn only(&self) -> Option<&[u8; 64]> {
        if self.used == 1 { Some(self.first()) } else { None }
    }

    pub(crate) const fn first(&self) -> &[u8; 64] {
        let [first, _] = &self.blocks;
        first
    }

    /// All zeros if there is one block only.
    pub(crate) const fn second(&self) -> &[u8; 64] {
        let [_, second] = &self.blocks;
        second
    }

    /// Both blocks as one.
    pub(crate) const fn flat(&self) -> &[u8] {
        self.blocks.as_flattened()
    }

    /// Both blocks as one, to write into.
    pub(crate) const fn flat_mut(&mut self) -> &mut [u8] {
        self.blocks.as_flattened_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hmac::{Hmac, KeyInit as _, Mac as _};

    #[test]
    fn macs_equal_those_of_the_hmac_crate_for_every_length() {
        let bytes: [u8; 300] = core::array::from_fn(|i| i.to_le_bytes()[0].wrapping_mul(37));
        for key_length in [1, 32, 63, 64, 65, 131] {
            let key = &bytes[..key_length];
            let prepared = PreparedKey::new(&block(key));
            for length in 0..bytes.len() {
                let message = &bytes[bytes.len() - length..];
                let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
                mac.update(message);
                let expected: [u8; 32] = mac.finalize().into_bytes().into();
                assert_eq!(prepared.mac(message).map(u32::to_be_bytes).as_flattened(), expected, "{length} bytes");
            }
        }
    }
}
