use crate::key::SharedAccessKey;
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
        // Keys of 32 and 64 bytes are by far the most; one byte less is what losing a character makes of them.
        let unusual = !(16..=64).contains(&key.len()) || matches!(key.len(), 31 | 63);
        let length = unusual.then_some(Self::KeyLength { bytes: key.len() });
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
            Self::KeyLength { bytes } => {
                write!(
                    f,
                    "the key has {bytes} bytes; services make keys of 32 or 64, rarely of 16 to 64, so check that it is whole"
                )
            }
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
