//! JSON that travels through the library untouched.

use crate::base::secret::SecretText;
use alloc::{borrow::ToOwned as _, boxed::Box};
use core::{fmt, mem};
use serde::Serialize;
use serde_json::value::RawValue;

crate::base::debug::with_structure! {
    /// Why a text is not a payload.
    #[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum PayloadError {
        /// It is not one JSON value.
        #[error("line {line}, column {column} of the payload is not JSON; correct it there")]
        Json {
            /// Counted from 1.
            line: usize,
            /// Counted from 1.
            column: usize,
        },
        /// More than [`Payload::LIMIT`] bytes.
        #[error("the payload is longer than {} bytes; the service takes less", Payload::LIMIT)]
        TooLong,
    }
}

/// Any JSON value, kept as text: custom data that is sent with a registration or handed back by it. It may hold
/// secrets: `Debug` shows its length alone, and it is wiped when dropped.
#[derive(Clone)]
pub struct Payload(Box<RawValue>);

impl Payload {
    /// The longest text that is taken, in bytes.
    pub const LIMIT: usize = 32 * 1024;

    /// Checks that the text is one JSON value, and keeps it as it is.
    ///
    /// # Errors
    /// Where the text stops being JSON.
    pub fn parse(json: &str) -> Result<Self, PayloadError> {
        if json.len() > Self::LIMIT {
            return Err(PayloadError::TooLong);
        }
        let place = |error: serde_json::Error| PayloadError::Json { line: error.line(), column: error.column() };
        serde_json::from_str(json).map(Self).map_err(place)
    }

    /// `{"modelId": …}`, by which IoT Central assigns a device template.
    ///
    /// Source: `documents/`, Device authentication concepts in IoT Central.
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
    fn payloads_with_the_same_text_are_the_same() {
        let payload = |text| Payload::parse(text).unwrap();
        assert_eq!(payload("[1]"), payload("[1]"));
        assert_ne!(payload("[1]"), payload("[2]"));
        assert_ne!(payload("[1]"), payload("[1 ]"), "it is kept as it is, and not understood");
    }

    #[test]
    fn only_the_length_of_a_payload_is_shown() {
        assert_eq!(format!("{:?}", Payload::parse("{\"key\":\"AwoR\"}").unwrap()), "Payload(14 bytes)");
    }

    #[test]
    fn what_is_no_json_is_refused_where_it_stops() {
        assert_eq!(Payload::parse("{\n\"a\":}"), Err(PayloadError::Json { line: 2, column: 5 }));
        assert!(Payload::parse("").is_err() && Payload::parse("{} {}").is_err());
        assert_eq!(Payload::parse(&format!("\"{}\"", "a".repeat(Payload::LIMIT))), Err(PayloadError::TooLong));
        assert!(Payload::parse(&format!("\"{}\"", "a".repeat(Payload::LIMIT - 2))).is_ok());
    }
}
