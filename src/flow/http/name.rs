//! Names that stand in the paths of requests.

use crate::identity::is_folder;
use alloc::boxed::Box;
use core::{fmt, str::FromStr};

/// The version of a service's interface, the value of `api-version=`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiVersion(Box<str>);

/// Why a text is not the version of an interface.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiVersionError {
    /// No text, or more than 32 bytes of it.
    #[error("an API version has 1 to 32 characters; write one such as `2019-03-31`")]
    Length,
    /// A character that is not allowed.
    #[error(
        "the API version has a character that is not allowed at byte {offset}; allowed are letters, digits, `-` and `.`"
    )]
    Character {
        /// Where, in bytes from its start.
        offset: usize,
    },
}

crate::base::debug::debug_as_text! { ApiVersionError }

impl ApiVersion {
    /// A version by its name: 1 to 32 letters, digits, `-` and `.`.
    ///
    /// # Errors
    /// Says which rule the text breaks, and where.
    pub fn new(text: &str) -> Result<Self, ApiVersionError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
        if !(1..=32).contains(&text.len()) {
            return Err(ApiVersionError::Length);
        }
        match text.bytes().position(|byte| !allowed(byte)) {
            Some(offset) => Err(ApiVersionError::Character { offset }),
            None => Ok(Self(text.into())),
        }
    }

    /// `2019-03-31`, which every SDK but two sends to the provisioning service.
    pub(crate) fn provisioning() -> Self {
        Self("2019-03-31".into())
    }

    /// `2025-07-01-preview`, the provisioning service's first version that takes certificate signing requests.
    ///
    /// Source: `Azure/azure-rest-api-specs`, the device provisioning data plane (`device/main.tsp`).
    #[must_use]
    pub fn certificate_issuance() -> Self {
        Self("2025-07-01-preview".into())
    }

    /// `2026-11-02-preview`, the provisioning service's first version that tells the
    /// [connection profile](crate::outcome::ConnectionProfile) of the hub. It takes certificate signing requests too.
    ///
    /// Source: `Azure/azure-iot-sdk:c/docs/connecting.md`.
    #[must_use]
    pub fn connection_profile() -> Self {
        Self("2026-11-02-preview".into())
    }

    /// `2025-08-01-preview`, the hub's version that renews certificates.
    ///
    /// Source: `Azure/azure-iot-sdk-csharp`, branch `feature/iot-csr-preview`.
    #[must_use]
    pub fn certificate_renewal() -> Self {
        Self("2025-08-01-preview".into())
    }
}

impl FromStr for ApiVersion {
    type Err = ApiVersionError;

    fn from_str(text: &str) -> Result<Self, ApiVersionError> {
        Self::new(text)
    }
}

impl TryFrom<&str> for ApiVersion {
    type Error = ApiVersionError;

    fn try_from(text: &str) -> Result<Self, ApiVersionError> {
        Self::new(text)
    }
}

/// The provisioning service's ID of a registration in progress. Opaque.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationId(Box<str>);

/// A text is not the ID of an operation.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "it is not the ID of an operation, which has 1 to 256 letters, digits, `.`, `-` and `_`; leave it out to register anew"
)]
pub struct OperationIdError;

crate::base::debug::debug_as_text! { OperationIdError }

impl OperationId {
    /// It goes into a path and a topic, and must not change either.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
        let fits = (1..=256).contains(&text.len()) && text.bytes().all(allowed) && !is_folder(text);
        fits.then(|| Self(text.into()))
    }
}

impl FromStr for OperationId {
    type Err = OperationIdError;

    fn from_str(text: &str) -> Result<Self, OperationIdError> {
        Self::new(text).ok_or(OperationIdError)
    }
}

macro_rules! texts {
    ($($name:ident)*) => {$(
        impl $name {
            /// The text.
            #[must_use]
            pub const fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        crate::base::text::as_text!($name);
    )*};
}

texts! { ApiVersion OperationId }

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;

    #[test]
    fn a_version_has_1_to_32_characters_that_a_query_can_hold() {
        let longest = "1".repeat(32);
        for text in ["1", "2019-03-31", "2021-10-01-preview", "1.0", &longest] {
            let version = ApiVersion::new(text).unwrap();
            assert_eq!((version.as_str(), version.to_string().as_str(), version.as_ref()), (text, text, text));
            assert!(version == text && version == *text);
            assert_eq!((text.parse(), ApiVersion::try_from(text)), (Ok(version.clone()), Ok(version)));
        }
        for text in ["", &"1".repeat(33)] {
            assert_eq!(ApiVersion::new(text), Err(ApiVersionError::Length), "{text}");
        }
        for (text, offset) in [("a b", 1), ("a&b", 1), ("a/b", 1), ("2019_03", 4), ("é", 0)] {
            assert_eq!(ApiVersion::new(text), Err(ApiVersionError::Character { offset }), "{text}");
        }
    }

    #[test]
    fn an_operation_has_1_to_256_characters_and_changes_no_path() {
        let longest = "a".repeat(256);
        for text in ["4.d3ef2cb3.0b1f-7c_a", "...", &longest] {
            assert!(text.parse::<OperationId>().unwrap() == text);
        }
        for text in ["", ".", "..", "..?", "a/b", "a?b", "a#b", "a&b", "a+b", "%2e", "é", &"a".repeat(257)] {
            assert_eq!(text.parse::<OperationId>(), Err(OperationIdError), "{text}");
        }
    }
}
