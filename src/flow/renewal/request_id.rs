use alloc::{boxed::Box, string::String};
use core::{fmt, str::FromStr};

/// The number of a request for a certificate, by which its answers are recognized (`$rid`): 4 to 36 ASCII letters, digits
/// and `-`, neither first nor last a `-`.
#[derive(Clone, PartialEq, Eq)]
pub struct RequestId(Box<str>);

/// A text is not a [`RequestId`].
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the ID of a request has 4 to 36 letters, digits and `-`, and neither begins nor ends with `-`; take the one that \
     was kept with the request, or make a new one"
)]
pub struct RequestIdError;

crate::base::debug::debug_as_text! { RequestIdError }

impl RequestId {
    /// From 16 random bytes, which no other request of this device has.
    #[must_use]
    pub fn from_entropy(entropy: [u8; 16]) -> Self {
        let digits = entropy.into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let digits = digits.filter_map(|digit| char::from_digit(u32::from(digit), 16));
        Self(digits.collect::<String>().into())
    }

    /// The ID of a request that was begun earlier.
    ///
    /// # Errors
    /// When the text is not one.
    pub fn new(text: &str) -> Result<Self, RequestIdError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let is_one = (4..=36).contains(&text.len())
            && text.bytes().all(allowed)
            && !text.starts_with('-')
            && !text.ends_with('-');
        is_one.then(|| Self(text.into())).ok_or(RequestIdError)
    }

    /// The text.
    #[must_use]
    pub const fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RequestId {
    type Err = RequestIdError;

    fn from_str(text: &str) -> Result<Self, RequestIdError> {
        Self::new(text)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RequestId({self})")
    }
}

crate::base::text::as_text!(RequestId);

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn an_id_has_4_to_36_letters_digits_and_hyphens() {
        let longest = "a".repeat(36);
        for text in ["abcd", "a--1", "0f8fad5b-d9cb-469f-a165-70867728950e", &longest] {
            assert_eq!(RequestId::new(text).unwrap().as_str(), text);
        }
        let long = "a".repeat(37);
        for text in ["", "abc", "-abc", "abc-", "ab_c", "ab c", "ab/c", "ab&c", "abcé", &long] {
            assert_eq!(text.parse::<RequestId>(), Err(RequestIdError), "{text}");
        }
    }

    #[test]
    fn entropy_becomes_an_id() {
        let id = RequestId::from_entropy([0, 17, 34, 51, 68, 85, 102, 119, 136, 153, 170, 187, 204, 221, 238, 255]);
        assert_eq!(id.to_string(), "00112233445566778899aabbccddeeff");
        assert_eq!(RequestId::new(id.as_str()), Ok(id));
    }
}
