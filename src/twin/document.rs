use super::{
    error::{self, TwinError},
    properties::Properties,
};
use alloc::string::String;
use core::str::FromStr;
use serde_json::{Map, Value};

/// The whole twin, as the hub answers a message to [`get_topic`](super::get_topic):
/// `{"desired": {…}, "reported": {…}}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Twin {
    /// The desired properties, written by the service.
    pub desired: Desired,
    /// The reported properties, written by the module. Empty when the hub omits them.
    pub reported: Properties,
}

/// The desired properties: all of them, or a patch.
///
/// They differ in the meaning of an absent property: absent from the whole twin, it has its default; absent from a patch,
/// it is unchanged, and `null` removes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desired {
    properties: Properties,
    whole: bool,
}

impl Twin {
    /// The largest message that is read, in bytes. A hub allows 32 KiB for each part, not counting JSON's
    /// quotation marks, colons and commas.
    pub const LIMIT: usize = error::LIMIT;

    /// How deep objects and arrays may be nested. A hub allows 10.
    pub const DEPTH: usize = error::DEPTH;

    /// Reads the whole twin. Of two equal names in an object the last one is used; a hub sends none.
    ///
    /// # Errors
    /// [`TwinError`], which names the place and never quotes the message.
    pub fn parse(json: &[u8]) -> Result<Self, TwinError> {
        let mut twin = object(json)?;
        let desired = part(&mut twin, "desired")?.ok_or(TwinError::NoPart { part: "desired" })?;
        let reported = part(&mut twin, "reported")?.unwrap_or_default();
        Ok(Self { desired: Desired { properties: desired, whole: true }, reported })
    }
}

impl Desired {
    /// Reads a patch of the desired part, whose properties are at the root.
    ///
    /// # Errors
    /// As [`Twin::parse`].
    pub fn patch(json: &[u8]) -> Result<Self, TwinError> {
        Ok(Self { properties: Properties::new(object(json)?), whole: false })
    }

    /// The properties, as they were sent.
    #[must_use]
    pub const fn properties(&self) -> &Properties {
        &self.properties
    }

    /// The version of the desired part. When a patch does not have the next version, a patch was lost: request the whole
    /// twin.
    #[must_use]
    pub const fn version(&self) -> Option<u64> {
        self.properties.version()
    }

    /// Whether it is a patch.
    #[must_use]
    pub const fn is_patch(&self) -> bool {
        !self.whole
    }
}

impl FromStr for Twin {
    type Err = TwinError;

    fn from_str(json: &str) -> Result<Self, TwinError> {
        Self::parse(json.as_bytes())
    }
}

fn object(json: &[u8]) -> Result<Map<String, Value>, TwinError> {
    if json.len() > Twin::LIMIT {
        return Err(TwinError::TooLarge);
    }
    match serde_json::from_slice(json) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(TwinError::NotAnObject),
        Err(error) => Err(TwinError::NotJson { line: error.line(), column: error.column() }),
    }
}

fn part(twin: &mut Map<String, Value>, part: &'static str) -> Result<Option<Properties>, TwinError> {
    match twin.remove(part) {
        None => Ok(None),
        Some(Value::Object(object)) => Ok(Some(Properties::new(object))),
        Some(_) => Err(TwinError::NoPart { part }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{
        format,
        string::{String, ToString as _},
    };
    use serde_json::json;

    #[test]
    fn both_parts_are_read_with_their_versions() {
        let twin = Twin::parse(br#"{"desired":{"a":1,"$version":3},"reported":{"b":2,"$version":5}}"#).unwrap();
        assert_eq!((twin.desired.version(), twin.reported.version()), (Some(3), Some(5)));
        assert_eq!(twin.desired.properties().get("a"), Some(&json!(1)));
        assert_eq!(twin.reported.get("b"), Some(&json!(2)));
        assert!(!twin.desired.is_patch());
        assert_eq!(r#"{"desired":{}}"#.parse::<Twin>(), Twin::parse(br#"{"desired":{}}"#));
    }

    #[test]
    fn the_properties_of_a_patch_are_at_the_root() {
        let patch = Desired::patch(br#"{"a":null,"$version":4}"#).unwrap();
        assert!(patch.is_patch());
        assert_eq!(patch.version(), Some(4));
        assert_eq!(patch.properties().get("a"), Some(&Value::Null));
    }

    #[test]
    fn nothing_reported_yet_is_an_empty_part() {
        let twin = Twin::parse(br#"{"desired":{}}"#).unwrap();
        assert_eq!(twin.reported, Properties::default());
        assert_eq!(twin.desired.version(), None);
    }

    #[test]
    fn every_problem_has_its_error() {
        use TwinError as E;
        for (json, error) in [
            ("", E::NotJson { line: 1, column: 0 }),
            ("{\n\"desired\": secret}", E::NotJson { line: 2, column: 12 }),
            ("{\"desired\":{}} x", E::NotJson { line: 1, column: 16 }),
            ("{\"desired\":{\"a\":1e999}}", E::NotJson { line: 1, column: 21 }),
            ("[]", E::NotAnObject),
            ("null", E::NotAnObject),
            ("{}", E::NoPart { part: "desired" }),
            (r#"{"highPriorityMessageFrequency":{"value":"PT1H"}}"#, E::NoPart { part: "desired" }),
            (r#"{"desired":null}"#, E::NoPart { part: "desired" }),
            (r#"{"desired":{},"reported":"secret"}"#, E::NoPart { part: "reported" }),
        ] {
            assert_eq!(Twin::parse(json.as_bytes()), Err(error), "{json}");
            assert!(!error.to_string().contains("secret"));
        }
        assert!(matches!(Twin::parse(b"{\"desired\":{\"a\":\"\xff\"}}"), Err(E::NotJson { .. })));
        assert_eq!(Desired::patch(b"\"text\""), Err(E::NotAnObject));
    }

    #[test]
    fn the_largest_twin_is_read_and_a_larger_one_is_not() {
        let with = |padding: usize| format!("{{\"desired\":{{\"a\":\"{}\"}}}}", "x".repeat(padding));
        let most = Twin::LIMIT - with(0).len();
        assert!(Twin::parse(with(most).as_bytes()).is_ok());
        assert_eq!(Twin::parse(with(most + 1).as_bytes()), Err(TwinError::TooLarge));
        assert_eq!(Desired::patch(with(most + 1).as_bytes()), Err(TwinError::TooLarge));
    }

    #[test]
    fn the_deepest_twin_is_read_and_a_deeper_one_is_not() {
        // The root is a level of its own.
        let with = |levels: usize| -> String {
            let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
            format!("{{\"a\":{open}{close}}}")
        };
        assert!(Desired::patch(with(Twin::DEPTH).as_bytes()).is_ok());
        assert!(matches!(Desired::patch(with(Twin::DEPTH + 1).as_bytes()), Err(TwinError::NotJson { .. })));
        assert!(Desired::patch("{\"a\":".repeat(20_000).as_bytes()).is_err(), "and the stack does not overflow");
    }
}
