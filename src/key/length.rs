use core::fmt;

/// Why the length of a key is suspicious. Its text names the usual cause.
///
/// Services generate keys of 32 or 64 bytes. A key of another length is accepted here: keys that people make
/// themselves may have 16 to 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UnusualLength {
    /// One byte more than a service generates (33 or 65): a `=` at the end was replaced by another character.
    PaddingOverwritten {
        /// Length of the key in bytes.
        bytes: usize,
    },
    /// Slightly less than a service generates (29 to 31, or 61 to 63): characters are missing.
    CharactersMissing {
        /// Length of the key in bytes.
        bytes: usize,
    },
    /// Less than 16 or more than 64 bytes: services reject such keys.
    OutOfRange {
        /// Length of the key in bytes.
        bytes: usize,
    },
}

impl UnusualLength {
    /// Judges a length in bytes.
    #[must_use]
    pub const fn of(bytes: usize) -> Option<Self> {
        match bytes {
            33 | 65 | 66 => Some(Self::PaddingOverwritten { bytes }),
            29..=31 | 61..=63 => Some(Self::CharactersMissing { bytes }),
            ..16 | 65.. => Some(Self::OutOfRange { bytes }),
            _ => None,
        }
    }

    /// Length of the key in bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::PaddingOverwritten { bytes } | Self::CharactersMissing { bytes } | Self::OutOfRange { bytes } => {
                bytes
            }
        }
    }
}

impl fmt::Display for UnusualLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bytes = self.bytes();
        write!(f, "the key has {bytes} bytes; services make keys of 32 or 64: ")?;
        f.write_str(match self {
            Self::PaddingOverwritten { .. } => {
                "a `=` at its end was probably replaced by another character, so copy the key again"
            }
            Self::CharactersMissing { .. } => "characters are probably missing, so copy the key again",
            Self::OutOfRange { .. } => "they reject less than 16 and more than 64, so check that this is the whole key",
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::key::SharedAccessKey;
    use alloc::string::{String, ToString as _};

    fn about(text: &str) -> String {
        SharedAccessKey::from_base64(text).unwrap().unusual_length().map_or(String::new(), |length| length.to_string())
    }

    #[test]
    fn a_key_whose_last_padding_character_was_typed_over_is_recognized() {
        let text = "AwoRGB8mLTQ7QklQV15lbHN6gYiPlp2kq7K5wMfO1dw=";
        assert_eq!(about(text), "");
        let typed_over = text.replace('=', "A");
        assert_eq!(
            about(&typed_over),
            "the key has 33 bytes; services make keys of 32 or 64: a `=` at its end was probably replaced by another \
             character, so copy the key again"
        );
    }

    #[test]
    fn a_long_key_without_one_or_both_of_its_padding_characters_is_recognized() {
        let key = SharedAccessKey::from_bytes(&[7; 64]).unwrap();
        let text = key.to_base64();
        let bare = text.expose().strip_suffix("==").unwrap();
        for (end, bytes) in [("A=", 65), ("AA", 66)] {
            let about = about(&[bare, end].concat());
            assert!(about.contains(&bytes.to_string()) && about.contains("replaced"), "{about}");
        }
    }

    #[test]
    fn lengths_that_services_accept_and_no_mistake_explains_are_not_reported() {
        for (bytes, word) in [
            (15, "reject"),
            (16, ""),
            (20, ""),
            (30, "missing"),
            (31, "missing"),
            (32, ""),
            (34, ""),
            (48, ""),
            (63, "missing"),
            (64, ""),
            (67, "reject"),
        ] {
            let about = SharedAccessKey::from_bytes(&[7; 100][..bytes]).unwrap().unusual_length();
            let about = about.map_or(String::new(), |length| length.to_string());
            assert!(about.is_empty() == word.is_empty() && about.contains(word), "{bytes}: {about}");
        }
    }
}
