//! The HMAC of `resource LF expiry`, with everything that does not depend on the expiry computed beforehand.
//!
//! ```text
//! inner hash:  [ key ^ ipad ][ whole blocks of `resource LF` ][ rest, expiry, padding ]
//!              `-------- absorbed once, by `new` ------------' `- one or two blocks ---'
//! ```

use crate::{
    key::{Last, PreparedKey, SharedAccessKey, State},
    sas::write::DIGITS_MAX,
};

const _: () = assert!(DIGITS_MAX <= Last::ROOM, "an expiry fits after any tail");

/// An HMAC that lacks only the expiry.
#[derive(Clone)]
pub(super) struct Prepared {
    /// After the whole blocks of `resource LF`.
    key: PreparedKey,
    /// What follows, with room for the ten digits of every expiry from 2001 to 2286.
    last: Last,
    /// How much of `resource LF` precedes the digits, in bytes.
    tail_len: usize,
    /// How much was hashed before that, in bytes.
    absorbed: usize,
}

impl Prepared {
    /// To be called on a stack that is wiped.
    pub(super) fn new(key: &SharedAccessKey, resource: &str) -> Self {
        let mut key = PreparedKey::new(key);
        let (whole, rest) = resource.as_bytes().as_chunks::<64>();
        key.absorb(whole);
        let mut absorbed = 64 * (1 + whole.len());
        let mut tail = [0; 64];
        let mut tail_len = rest.len() + 1;
        if let Some((to, after)) = tail.split_at_mut_checked(rest.len()) {
            to.copy_from_slice(rest);
            after.fill(b'\n');
        }
        if tail_len == tail.len() {
            key.absorb(&[tail]);
            absorbed += tail_len;
            tail_len = 0;
        }
        let last = Last::new(tail.get(..tail_len).unwrap_or_default(), absorbed, 10);
        Self { key, last, tail_len, absorbed }
    }

    /// The MAC for an expiry of ten digits, which `put` writes where they belong.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a frame of its own would be more stack to wipe after each token")]
    pub(super) fn mac_of_ten(&self, put: impl Fn(&mut [u8])) -> State {
        // One block is the common case and half the copying.
        if let Some(block) = self.last.only() {
            let mut block = *block;
            block.get_mut(self.tail_len..).map(put);
            self.key.finish(&[block])
        } else {
            let mut last = self.last;
            last.flat_mut().get_mut(self.tail_len..).map(put);
            self.key.finish(last.blocks())
        }
    }

    /// The MAC for any expiry.
    #[cold]
    pub(super) fn mac_of_any(&self, digits: &[u8]) -> State {
        let tail = self.last.flat().get(..self.tail_len).unwrap_or_default();
        let mut last = Last::new(tail, self.absorbed, digits.len());
        let room = last.flat_mut().get_mut(self.tail_len..).unwrap_or_default();
        room.iter_mut().zip(digits).for_each(|(to, digit)| *to = *digit);
        self.key.finish(last.blocks())
    }
}
