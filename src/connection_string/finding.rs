use crate::key::{SharedAccessKey, UnusualLength};
use core::fmt;

/// What was noticed in a connection string that is good all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// A byte order mark at the start was left out.
    ByteOrderMark,
    /// A line break at the end was left out.
    LineBreak,
    /// A name that the library does not know was passed over.
    UnknownName {
        /// Where it begins, in bytes.
        offset: usize,
    },
    /// The key has another length than the services give to keys.
    KeyLength {
        /// Its length in bytes.
        bytes: usize,
    },
    /// The key lacks the `=` at its end. It is whole all the same.
    KeyPadding,
    /// The given token's resource is encoded twice.
    EncodedTwice,
    /// The given token is good for another identity than the string's.
    OtherResource,
}

impl Finding {
    /// What there is to say about a key and the text it was read from.
    pub(crate) fn of_key(text: &str, key: &SharedAccessKey) -> impl Iterator<Item = Self> {
        let length = key.unusual_length().map(|length| Self::KeyLength { bytes: length.bytes() });
        let padding = (!text.trim().len().is_multiple_of(4)).then_some(Self::KeyPadding);
        length.into_iter().chain(padding)
    }

    /// Whether it may be a mistake. The others are said for completeness.
    #[must_use]
    pub const fn is_warning(self) -> bool {
        !matches!(self, Self::ByteOrderMark | Self::LineBreak)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ByteOrderMark => f.write_str("a byte order mark at the start was left out"),
            Self::LineBreak => f.write_str("a line break at the end was left out"),
            Self::UnknownName { offset } => write!(f, "the name at byte {offset} is unknown and was passed over"),
            Self::KeyLength { bytes } => match UnusualLength::of(*bytes) {
                Some(length) => length.fmt(f),
                None => write!(f, "the key has {bytes} bytes"),
            },
            Self::KeyPadding => f.write_str("the key lacks the `=` at its end; nothing else of it is missing"),
            Self::OtherResource => {
                f.write_str("the token is good for another identity than this one; have one made for it")
            }
            Self::EncodedTwice => {
                f.write_str("the token's resource is encoded twice; some services and tools misread that")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{string::ToString as _, vec::Vec};

    fn noticed(text: &str) -> Vec<Finding> {
        Finding::of_key(text, &SharedAccessKey::from_base64(text).unwrap()).collect()
    }

    #[test]
    fn a_key_of_unusual_length_is_noticed() {
        for (bytes, is_unusual) in
            [(15, true), (16, false), (31, true), (32, false), (33, true), (63, true), (64, false), (65, true)]
        {
            let key = SharedAccessKey::from_bytes(&[7; 65][..bytes]).unwrap();
            let expected = is_unusual.then_some(Finding::KeyLength { bytes });
            assert_eq!(noticed(key.to_base64().expose()), Vec::from_iter(expected));
        }
    }

    #[test]
    fn a_key_without_its_end_is_noticed() {
        assert_eq!(noticed("AwoRGB8mLTQ7QklQV15lbA=="), []);
        assert_eq!(noticed("AwoRGB8mLTQ7QklQV15lbA"), [Finding::KeyPadding]);
    }

    #[test]
    fn what_a_file_leaves_at_either_end_is_no_mistake() {
        assert!(!Finding::ByteOrderMark.is_warning() && !Finding::LineBreak.is_warning());
        assert!(Finding::KeyPadding.is_warning() && Finding::UnknownName { offset: 0 }.is_warning());
    }

    #[test]
    fn what_was_noticed_is_said_with_its_place() {
        let text = Finding::UnknownName { offset: 7 }.to_string();
        assert_eq!(text, "the name at byte 7 is unknown and was passed over");
    }
}
