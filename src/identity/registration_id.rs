//! Registration IDs that are borrowed: those of a fleet are lines of a list, and stay where they are.

use super::{IdentifierError, IdentifierKind, RegistrationId, names::check};
use core::fmt;

/// A registration ID in a text of the caller's: a checked `&str`, as [`RegistrationId`] is a checked string.
///
/// ```
/// use defender_auth::identity::{RegistrationId, RegistrationIdRef};
///
/// let list = "dev-1\ndev-2\n";
/// let ids = list.lines().map(RegistrationIdRef::new).collect::<Result<Vec<_>, _>>()?;
/// assert_eq!(ids[1].as_str(), "dev-2");
/// assert_eq!(RegistrationId::from(ids[1]), "dev-2");
/// # Ok::<_, defender_auth::identity::IdentifierError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegistrationIdRef<'a>(&'a str);

impl<'a> RegistrationIdRef<'a> {
    /// Checks the text.
    ///
    /// # Errors
    /// Those of [`RegistrationId::new`].
    #[inline]
    pub fn new(text: &'a str) -> Result<Self, IdentifierError> {
        // Most are valid. Which rule another one breaks is found afterwards.
        let is_plain = text.bytes().all(|byte| PLAIN.get(usize::from(byte)) == Some(&true));
        if !(is_plain && (3..=LIMIT).contains(&text.len())) {
            check(IdentifierKind::RegistrationId, text)?;
        }
        Ok(Self(text))
    }

    /// The text.
    #[must_use]
    pub const fn as_str(self) -> &'a str {
        self.0
    }
}

const LIMIT: usize = IdentifierKind::RegistrationId.limit();

/// Which bytes are letters, digits, `-`, `.`, `_` or `:`. With three of them and more, no other rule can be broken.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0u8;
    while byte < 128 {
        #[expect(clippy::indexing_slicing, reason = "a byte indexes 256 entries")]
        {
            plain[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b':');
        }
        byte += 1;
    }
    plain
};

impl<'a> From<&'a RegistrationId> for RegistrationIdRef<'a> {
    fn from(id: &'a RegistrationId) -> Self {
        Self(id.as_str())
    }
}

impl From<RegistrationIdRef<'_>> for RegistrationId {
    fn from(id: RegistrationIdRef<'_>) -> Self {
        Self::checked(id.0)
    }
}

impl fmt::Debug for RegistrationIdRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RegistrationIdRef({})", self.0)
    }
}

impl fmt::Display for RegistrationIdRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{
        string::{String, ToString as _},
        vec::Vec,
    };

    #[test]
    fn a_text_is_valid_or_wrong_in_the_same_way_whether_it_is_borrowed_or_owned() {
        let mut texts: Vec<String> = (0..=0x2ff).filter_map(char::from_u32).map(|c| c.to_string()).collect();
        for c in (0..=0x2ff).filter_map(char::from_u32) {
            texts.extend([alloc::format!("dev{c}1"), alloc::format!("{c}dev"), alloc::format!("de{c}")]);
        }
        for length in [0, 1, 2, 3, 127, 128, 129, 300] {
            texts.extend(["d".repeat(length), ".".repeat(length)]);
        }
        texts.extend(["<id>", "{id}", "[id]", "$ID", "%ID1%", "...", "dev…", "a b"].map(String::from));
        for text in texts {
            let borrowed = RegistrationIdRef::new(&text).map(RegistrationId::from);
            assert_eq!(borrowed, RegistrationId::new(&text), "{text:?}");
        }
    }
}
