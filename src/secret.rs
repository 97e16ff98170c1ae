//! What must not be printed, compared byte by byte, or left in memory.

use alloc::{string::String, vec::Vec};
use core::fmt;
use subtle::ConstantTimeEq as _;

pub(crate) use zeroize::Zeroizing;

/// Whether two secrets are the same, in a time that depends on their lengths only.
pub(crate) fn same(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// Text with a secret in it: a token, a key in base64, a connection string.
///
/// It is wiped when dropped, hidden in `Debug`, has no `Display`, and is compared in constant time.
#[derive(Clone)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// Takes over a text; it is wiped when this value is dropped.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Writes a text of at most `capacity` bytes. A text that grew beyond it would leave its beginning behind in
    /// the memory that it grew out of.
    pub(crate) fn build(capacity: usize, write: impl FnOnce(&mut String)) -> Self {
        let mut text = Zeroizing::new(String::with_capacity(capacity));
        write(&mut text);
        debug_assert!(text.len() <= capacity, "{} bytes announced, {} written", capacity, text.len());
        Self(text)
    }

    /// The text itself: the only way out.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl PartialEq for SecretText {
    fn eq(&self, other: &Self) -> bool {
        same(self.0.as_bytes(), other.0.as_bytes())
    }
}

impl Eq for SecretText {}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(..)")
    }
}

/// Bytes of a key. Wiped when dropped, compared in constant time, not printable at all.
#[derive(Clone)]
pub(crate) struct SecretBytes(Zeroizing<Vec<u8>>);

impl SecretBytes {
    pub(crate) fn copy_of(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    pub(crate) const fn from_zeroizing(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl PartialEq for SecretBytes {
    fn eq(&self, other: &Self) -> bool {
        same(&self.0, &other.0)
    }
}

impl Eq for SecretBytes {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", SecretText::new("hush".into())), "SecretText(..)");
    }

    #[test]
    fn secrets_of_different_length_differ() {
        assert!(!same(b"abc", b"abcd"));
        assert!(same(b"abc", b"abc"));
    }
}
