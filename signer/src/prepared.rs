//! A token of which everything that does not depend on its expiry was computed beforehand.
//!
//! ```text
//! inner hash:  [ key ^ ipad ][ whole blocks of `resource LF` ][ rest, expiry, padding ]
//!              `-------- absorbed once, by `new` ------------' `- one or two blocks ---'
//! ```

use crate::{
    BufferTooSmall,
    hmac::{Last, PreparedKey, State},
    stack::{on_wiped_stack, wipe_small_stack},
    text::{DIGITS_MAX, Place, SIGNATURE_ROOM, copy, decimal, escape_base64, ten_digits},
};
use core::mem::MaybeUninit;

const _: () = assert!(DIGITS_MAX <= Last::ROOM, "an expiry fits after any tail");

/// The HMAC of `resource LF expiry`, which lacks only the expiry.
#[derive(Clone)]
pub struct Prepared {
    /// After the whole blocks of `resource LF`.
    pub(crate) key: PreparedKey,
    /// What follows, with room for the ten digits of every expiry from 2001 to 2286.
    last: Last,
    /// How much of `resource LF` precedes the digits, in bytes.
    tail_len: usize,
    /// How much was hashed before that, in bytes.
    absorbed: usize,
}

impl Prepared {
    /// Prepares a key, as [`block`](crate::block) gives it, for a resource as it is written after `sr=`. To be called on a
    /// stack that is wiped.
    #[must_use]
    pub fn new(block: &[u8; 64], resource: &str) -> Self {
        let mut key = PreparedKey::new(block);
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

    /// The MAC for an expiry. To be called on a stack that is wiped.
    #[must_use]
    pub fn mac(&self, expiry: u64) -> State {
        match ten_digits(expiry) {
            Some(digits) => self.mac_of_ten(|to| digits.put(to)),
            None => self.mac_of_any(decimal(expiry, &mut [0; DIGITS_MAX])),
        }
    }

    /// Writes the token that expires at `expiry`, in seconds since 1970, and returns its length. `head` is the text up to and
    /// with `&sig=`, `policy` is `&skn=…` or empty. The stack that was used is wiped.
    ///
    /// # Errors
    /// When `out` is too small; it is unchanged then.
    pub fn token_into(&self, head: &str, policy: &str, expiry: u64, out: &mut [u8]) -> Result<usize, BufferTooSmall> {
        let written = self.token_in_a_call(&Around { head, policy }, expiry, out);
        wipe_small_stack();
        written
    }

    /// The same for memory that holds nothing yet. Not one generic function for both: that would be compiled with the crate that
    /// calls it, which may be optimised for size, and with another stack than the one that is wiped.
    ///
    /// # Errors
    /// When `out` is too small; it is unchanged then.
    pub fn token_into_uninit(
        &self,
        head: &str,
        policy: &str,
        expiry: u64,
        out: &mut [MaybeUninit<u8>],
    ) -> Result<usize, BufferTooSmall> {
        let written = self.token_in_a_call(&Around { head, policy }, expiry, out);
        wipe_small_stack();
        written
    }

    /// In a call of its own, for the stack that it used to be wiped.
    #[inline(never)]
    fn token_in_a_call<P: Place>(
        &self,
        around: &Around<'_>,
        expiry: u64,
        out: &mut [P],
    ) -> Result<usize, BufferTooSmall> {
        let Some(digits) = ten_digits(expiry) else { return self.any_token_into(around, expiry, out) };
        around.write(&self.mac_of_ten(|to| digits.put(to)), 10, |to| digits.put(to), out)
    }

    /// For an expiry before 2001 or after 2286.
    #[cold]
    fn any_token_into<P: Place>(
        &self,
        around: &Around<'_>,
        expiry: u64,
        out: &mut [P],
    ) -> Result<usize, BufferTooSmall> {
        on_wiped_stack(|| around.write_for(&self.mac(expiry), expiry, out))
    }

    /// The MAC for an expiry of ten digits, which `put` writes where they belong.
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a frame of its own would be more stack to wipe after each token")]
    fn mac_of_ten(&self, put: impl Fn(&mut [u8])) -> State {
        // One block is the common case and half the copying.
        if let Some(block) = self.last.only() {
            let mut block = *block;
            block.get_mut(self.tail_len..).map(put);
            self.key.finish(&[block])
        } else {
            self.key.finish(self.last_with(put).blocks())
        }
    }

    /// The last blocks with an expiry of ten digits, which `put` writes where they belong.
    #[inline]
    pub(crate) fn last_with(&self, put: impl Fn(&mut [u8])) -> Last {
        let mut last = self.last;
        last.flat_mut().get_mut(self.tail_len..).map(put);
        last
    }

    /// The MAC for any expiry.
    #[cold]
    fn mac_of_any(&self, digits: &[u8]) -> State {
        let tail = self.last.flat().get(..self.tail_len).unwrap_or_default();
        let mut last = Last::new(tail, self.absorbed, digits.len());
        let room = last.flat_mut().get_mut(self.tail_len..).unwrap_or_default();
        copy(room, digits);
        self.key.finish(last.blocks())
    }
}

/// Writes the token whose MAC was computed before, as [`Prepared::token_into`] does. To be called on a stack that is wiped.
///
/// # Errors
/// When `out` is too small; it is unchanged then.
#[inline]
pub fn write_token(
    mac: &State,
    head: &str,
    policy: &str,
    expiry: u64,
    out: &mut [u8],
) -> Result<usize, BufferTooSmall> {
    Around { head, policy }.write_for(mac, expiry, out)
}

/// What a token has before its signature and after its expiry.
struct Around<'a> {
    head: &'a str,
    policy: &'a str,
}

impl Around<'_> {
    #[inline]
    fn write_for<P: Place>(&self, mac: &State, expiry: u64, out: &mut [P]) -> Result<usize, BufferTooSmall> {
        if let Some(digits) = ten_digits(expiry) {
            return self.write(mac, 10, |to| digits.put(to), out);
        }
        let mut buffer = [0; DIGITS_MAX];
        let digits = decimal(expiry, &mut buffer);
        self.write(mac, digits.len(), |to| copy(to, digits), out)
    }

    #[inline]
    fn write<P: Place>(
        &self,
        mac: &[u32; 8],
        digits: usize,
        put: impl Fn(&mut [P]),
        out: &mut [P],
    ) -> Result<usize, BufferTooSmall> {
        // With room to spare the signature is escaped where it belongs.
        if out.len() >= self.head.len() + SIGNATURE_ROOM + 4 + DIGITS_MAX + self.policy.len()
            && let Some((head, rest)) = out.split_at_mut_checked(self.head.len())
            && let Some(signature) = rest.first_chunk_mut()
        {
            let length = escape_base64(mac, signature);
            copy(head, self.head.as_bytes());
            let end = rest.get_mut(length..).map_or(0, |end| self.write_end(digits, put, end));
            return Ok(self.head.len() + length + end);
        }
        on_wiped_stack(|| self.write_exactly(mac, digits, put, out))
    }

    /// Into a buffer that may have the exact size: the signature goes through a buffer of our own.
    fn write_exactly<P: Place>(
        &self,
        mac: &[u32; 8],
        digits: usize,
        put: impl Fn(&mut [P]),
        out: &mut [P],
    ) -> Result<usize, BufferTooSmall> {
        let mut buffer = [0; SIGNATURE_ROOM];
        let length = escape_base64(mac, &mut buffer);
        let needed = self.head.len() + length + 4 + digits + self.policy.len();
        let Some((head, rest)) = out.get_mut(..needed).and_then(|out| out.split_at_mut_checked(self.head.len())) else {
            return Err(BufferTooSmall { needed });
        };
        copy(head, self.head.as_bytes());
        if let Some((signature, end)) = rest.split_at_mut_checked(length) {
            copy(signature, &buffer);
            self.write_end(digits, put, end);
        }
        Ok(needed)
    }

    /// `&se=…` and the policy.
    #[inline]
    fn write_end<P: Place>(&self, digits: usize, put: impl Fn(&mut [P]), out: &mut [P]) -> usize {
        if let Some((name, rest)) = out.split_first_chunk_mut()
            && let Some((number, rest)) = rest.split_at_mut_checked(digits)
        {
            *name = b"&se=".map(P::holding);
            put(number);
            if let Some(policy) = rest.get_mut(..self.policy.len())
                && !policy.is_empty()
            {
                copy(policy, self.policy.as_bytes());
            }
        }
        4 + digits + self.policy.len()
    }
}
