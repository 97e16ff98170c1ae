//! HMAC-SHA256 over `resource LF expiry`, with everything that the expiry does not touch done beforehand.
//!
//! ```text
//! inner hash:  [ key ^ ipad ][ whole blocks of `resource LF` ][ rest, expiry, padding ]
//!              `------------- once, kept as `inner` --------' `- one or two blocks ---'
//! outer hash:  [ key ^ opad ][ inner hash, padding ]
//!              `- `outer` -' `---- one block -----'
//! ```
//!
//! What is kept is as good as the key for this resource, and is wiped like a key.

#![expect(
    clippy::indexing_slicing,
    reason = "`tail_len` is below 64 and at most 20 digits, one byte and eight bytes follow it: two blocks hold that"
)]

use crate::{key::SharedAccessKey, sas::write::DIGITS_MAX, secret::Zeroizing};
use sha2::block_api::compress256;

/// FIPS 180-4, section 5.3.3.
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// The second block of the outer hash but for the inner hash: 96 bytes have been hashed by its end.
const OUTER: [u8; 64] = {
    let mut block = [0; 64];
    block[32] = 0x80;
    block[62] = 0x03;
    block
};

/// An HMAC that waits for an expiry.
#[derive(Clone)]
pub(super) struct Prepared {
    inner: Zeroizing<[u32; 8]>,
    outer: Zeroizing<[u32; 8]>,
    last: Last,
}

impl Prepared {
    pub(super) fn new(key: &SharedAccessKey, resource: &str) -> Self {
        let (mut inner, mut outer) = (Zeroizing::new(INITIAL), Zeroizing::new(INITIAL));
        let mut block = key.block();
        block.iter_mut().for_each(|byte| *byte ^= 0x36);
        compress256(&mut inner, &[*block]);
        block.iter_mut().for_each(|byte| *byte ^= 0x36 ^ 0x5c);
        compress256(&mut outer, &[*block]);

        let (whole, rest) = resource.as_bytes().as_chunks::<64>();
        compress256(&mut inner, whole);
        let mut absorbed = 64 + resource.len() - rest.len();
        let mut tail = [0; 64];
        tail[..rest.len()].copy_from_slice(rest);
        tail[rest.len()] = b'\n';
        let mut tail_len = rest.len() + 1;
        if tail_len == tail.len() {
            compress256(&mut inner, &[tail]);
            absorbed += tail_len;
            tail_len = 0;
        }
        Self { inner, outer, last: Last::new(&tail[..tail_len], absorbed, 10) }
    }

    /// The MAC for an expiry of ten digits, which `put` writes where they belong.
    #[inline]
    pub(super) fn mac_of_ten(&self, put: impl Fn(&mut [u8])) -> [u32; 8] {
        // One block is the common case and half the copying.
        if self.last.used == 1 {
            let mut block = self.last.blocks[0];
            block.get_mut(self.last.tail_len..).map(put);
            self.finish(&[block])
        } else {
            let mut blocks = self.last.blocks;
            blocks.as_flattened_mut().get_mut(self.last.tail_len..).map(put);
            self.finish(&blocks)
        }
    }

    /// The MAC for any expiry.
    #[cold]
    pub(super) fn mac_of_any(&self, digits: &[u8]) -> [u32; 8] {
        let tail = &self.last.blocks.as_flattened()[..self.last.tail_len];
        let mut last = Last::new(tail, self.last.absorbed, digits.len());
        last.blocks.as_flattened_mut()[last.tail_len..last.tail_len + digits.len()].copy_from_slice(digits);
        self.finish(&last.blocks[..last.used])
    }

    #[inline]
    fn finish(&self, last: &[[u8; 64]]) -> [u32; 8] {
        let mut state = *self.inner;
        compress256(&mut state, last);
        let mut block = OUTER;
        for (to, [high, low]) in block.as_chunks_mut::<8>().0.iter_mut().zip(state.as_chunks::<2>().0) {
            *to = (u64::from(*high) << 32 | u64::from(*low)).to_be_bytes();
        }
        let mut state = *self.outer;
        compress256(&mut state, &[block]);
        state
    }
}

/// The last one or two blocks of the inner hash, complete but for the digits.
#[derive(Clone, Copy)]
struct Last {
    blocks: [[u8; 64]; 2],
    used: usize,
    /// How much of `resource LF` stands before the digits.
    tail_len: usize,
    /// What was hashed before these blocks, in bytes.
    absorbed: usize,
}

impl Last {
    fn new(tail: &[u8], absorbed: usize, digits: usize) -> Self {
        debug_assert!(digits <= DIGITS_MAX);
        let mut blocks = [[0; 64]; 2];
        let flat = blocks.as_flattened_mut();
        flat[..tail.len()].copy_from_slice(tail);
        let end = tail.len() + digits;
        flat[end] = 0x80;
        let used = if end + 9 <= 64 { 1 } else { 2 };
        let bits = (absorbed as u64 + end as u64) * 8;
        flat[used * 64 - 8..used * 64].copy_from_slice(&bits.to_be_bytes());
        Self { blocks, used, tail_len: tail.len(), absorbed }
    }
}
