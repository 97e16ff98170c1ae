//! JSON that the library carries and does not interpret.

use crate::base::secret::SecretText;
use alloc::{borrow::ToOwned as _, boxed::Box};
use core::{fmt, mem, str::FromStr};
use serde::Serialize;
use serde_json::value::RawValue;

/// Why a text is not a payload.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PayloadError {
    /// The text is not one JSON value.
    #[error("line {line}, column {column} of the payload is not JSON; correct it there")]
    Json {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// More than [`Payload::LIMIT`] bytes.
    #[error("the payload is longer than {} bytes; shorten it, the service accepts no more", Payload::LIMIT)]
    TooLong,
}

/// Any JSON value, kept as text: the custom data that a registration sends or returns. A custom allocation may return
/// secrets in it, so it is hidden in `Debug` and wiped when dropped.
///
/// It implements neither `Serialize` nor `Deserialize`: [`parse`](Self::parse) is the only way in, with its limit, and
/// [`as_str`](Self::as_str) the only way out.
///
/// ```
/// use defender_auth::payload::Payload;
///
/// let payload: Payload = r#"{"modelId": "dtmi:a:b;1"}"#.parse()?;
/// assert_eq!(payload.as_str(), r#"{"modelId": "dtmi:a:b;1"}"#);
/// # Ok::<_, defender_auth::payload::PayloadError>(())
/// ```
#[derive(Clone)]
pub struct Payload(Box<RawValue>);

impl Payload {
    /// The longest text, in bytes.
    pub const LIMIT: usize = 32 * 1024;

    /// Checks that the text is one JSON value, and keeps it as it is.
    ///
    /// # Errors
    /// [`PayloadError::Json`] with the place where the text stops being JSON, [`PayloadError::TooLong`] for more than
    /// [`LIMIT`](Self::LIMIT) bytes.
    pub fn parse(json: &str) -> Result<Self, PayloadError> {
        if json.len() > Self::LIMIT {
            return Err(PayloadError::TooLong);
        }
        let place = |error: serde_json::Error| PayloadError::Json { line: error.line(), column: error.column() };
        serde_json::from_str(json).map(Self).map_err(place)
    }

    /// `{"modelId": …}`, by which IoT Central assigns a device template.
    ///
    /// Source: Microsoft's page `Device authentication concepts in IoT Central`.
    #[must_use]
    pub fn model_id(dtmi: &str) -> Self {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Model<'a> {
            model_id: &'a str,
        }
        // A text always serialises.
        Self(serde_json::value::to_raw_value(&Model { model_id: dtmi }).unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    #[cfg(feature = "flows")]
    pub(crate) fn from_raw(value: &RawValue) -> Self {
        Self(value.to_owned())
    }

    #[cfg(feature = "flows")]
    pub(crate) fn as_raw(&self) -> &RawValue {
        &self.0
    }
}

impl FromStr for Payload {
    type Err = PayloadError;

    fn from_str(json: &str) -> Result<Self, PayloadError> {
        Self::parse(json)
    }
}

impl TryFrom<&str> for Payload {
    type Error = PayloadError;

    fn try_from(json: &str) -> Result<Self, PayloadError> {
        Self::parse(json)
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        let text: Box<str> = mem::take(&mut self.0).into();
        drop(SecretText::new(text.into_string()));
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({} bytes)", self.as_str().len())
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Payload {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn json_is_kept_as_it_is() {
        for text in ["{\"a\": [1, 2]}", "null", "\"x\"", "1e400"] {
            assert_eq!(Payload::parse(text).unwrap().as_str(), text);
        }
        assert_eq!(Payload::model_id("dtmi:a:b;1").as_str(), "{\"modelId\":\"dtmi:a:b;1\"}");
    }

    #[test]
    fn payloads_with_the_same_text_are_equal() {
        let payload = |text| Payload::parse(text).unwrap();
        assert_eq!(payload("[1]"), payload("[1]"));
        assert_ne!(payload("[1]"), payload("[2]"));
        assert_ne!(payload("[1]"), payload("[1 ]"), "it is kept as it is, and not interpreted");
    }

    /// Deserialising would pass the limit by, and serialising would copy a secret.
    #[test]
    fn a_payload_has_no_way_round_its_limit() {
        trait Either<T> {
            fn compiles_if_it_is_the_only_one() {}
        }
        impl<T> Either<()> for T {}
        impl<T: Serialize> Either<u8> for T {}
        impl<T: serde::de::DeserializeOwned> Either<u16> for T {}
        <Payload as Either<_>>::compiles_if_it_is_the_only_one();
    }

    #[test]
    fn only_the_length_of_a_payload_is_shown() {
        assert_eq!(format!("{:?}", Payload::parse("{\"key\":\"AwoR\"}").unwrap()), "Payload(14 bytes)");
    }

    #[test]
    fn a_text_that_is_not_json_is_refused_with_its_place() {
        assert_eq!(Payload::parse("{\n\"a\":}"), Err(PayloadError::Json { line: 2, column: 5 }));
        assert!(Payload::parse("").is_err() && Payload::parse("{} {}").is_err());
        assert_eq!(Payload::parse(&format!("\"{}\"", "a".repeat(Payload::LIMIT))), Err(PayloadError::TooLong));
        assert!(Payload::parse(&format!("\"{}\"", "a".repeat(Payload::LIMIT - 2))).is_ok());
        assert_eq!(format!("\"{}\"", "a".repeat(Payload::LIMIT)).parse::<Payload>(), Err(PayloadError::TooLong));
        assert_eq!(Payload::try_from("}"), Payload::parse("}"));
    }
}
