use crate::{
    BufferTooSmall, Head, Key,
    prepared::Prepared,
    stack::on_wiped_stack,
    text::{DIGITS_MAX, SIGNATURE_MAX, ascii},
};

use core::mem::MaybeUninit;

/// A key and a resource, prepared: the way from an expiry to a token. Wiped when dropped.
///
/// A value that is moved leaves a copy of itself behind: make it where it stays.
pub struct Signer<'a> {
    prepared: Prepared,
    head: Head<'a>,
}

impl<'a> Signer<'a> {
    /// Prepares a key for a resource.
    #[must_use]
    pub fn new(key: &Key, head: Head<'a>) -> Self {
        on_wiped_stack(|| Self { prepared: Prepared::new(key.block(), head.resource()), head })
    }

    /// The length of the longest token of this signer, in bytes.
    #[must_use]
    pub const fn max_len(&self) -> usize {
        self.head.as_str().len() + SIGNATURE_MAX + "&se=".len() + DIGITS_MAX + self.head.policy().len()
    }

    /// Writes the token that expires at `expiry`, in seconds since 1970, into a buffer.
    ///
    /// # Errors
    /// When the buffer is too small, with the length that this token needs; the buffer is unchanged then. One of
    /// [`max_len`](Self::max_len) bytes is always large enough.
    pub fn token_into<'b>(&self, expiry: u64, buffer: &'b mut [u8]) -> Result<&'b str, BufferTooSmall> {
        let length = self.prepared.token_into(self.head.as_str(), self.head.policy(), expiry, buffer)?;
        Ok(ascii(buffer.get(..length).unwrap_or_default()))
    }

    /// The same into memory that may hold nothing yet, and the length of the token.
    ///
    /// # Errors
    /// As [`token_into`](Self::token_into).
    pub fn token_into_uninit(&self, expiry: u64, buffer: &mut [MaybeUninit<u8>]) -> Result<usize, BufferTooSmall> {
        self.prepared.token_into_uninit(self.head.as_str(), self.head.policy(), expiry, buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_of_the_exact_length_is_enough_and_a_shorter_one_stays_as_it_was() {
        let key = Key::from_bytes(&[7; 32]);
        let mut head = [0; 128];
        let signer = Signer::new(&key, Head::registration("0ne00000000", "dev-1", &mut head).unwrap());
        for expiry in [0, 999_999_999, 1_700_003_600, u64::MAX] {
            let mut large = [0; 512];
            let token = signer.token_into(expiry, &mut large).unwrap();
            assert!(token.ends_with(&std::format!("&se={expiry}&skn=registration")) && token.len() <= signer.max_len());
            assert_eq!(signer.token_into(expiry, &mut std::vec![0; token.len()]), Ok(token));
            for length in 0..token.len() {
                let mut short = std::vec![9; length];
                assert_eq!(signer.token_into(expiry, &mut short), Err(BufferTooSmall { needed: token.len() }));
                assert!(short.iter().all(|byte| *byte == 9));
            }
        }
    }
}
