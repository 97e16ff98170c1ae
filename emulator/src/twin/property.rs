//! What a hub takes as the name and the value of a property.
//!
//! Source: "Understand and use device twins in IoT Hub", section "Device twin size" and "Tags and properties format".

use crate::journal::Refusal;
use serde_json::{Map, Value};

/// The longest name, in bytes.
const NAME: usize = 1024;

/// The longest string, in bytes.
const TEXT: usize = 4096;

/// How many objects may be inside each other.
const DEPTH: usize = 10;

/// The smallest and the largest whole number.
const NUMBERS: [i64; 2] = [-4_503_599_627_370_496, 4_503_599_627_370_495];

/// Whether a patch has only names and values that a hub takes. A value may be null, which removes the property.
pub(super) fn check(patch: &Value) -> Result<(), Refusal> {
    object(patch.as_object().ok_or(Refusal::Patch)?, 1)
}

fn object(members: &Map<String, Value>, depth: usize) -> Result<(), Refusal> {
    members.iter().try_for_each(|(name, member)| {
        let is_excluded = |c: char| c.is_control() || matches!(c, '.' | '$' | ' ');
        if name.is_empty() || name.len() > NAME || name.contains(is_excluded) {
            return Err(Refusal::PropertyName { name: name.chars().take(64).collect() });
        }
        value(name, member, depth)
    })
}

fn value(name: &str, value_of: &Value, depth: usize) -> Result<(), Refusal> {
    let refused = |fault| Err(Refusal::PropertyValue { name: name.into(), fault });
    let [least, most] = NUMBERS;
    match value_of {
        Value::Object(_) if depth >= DEPTH => refused("more than 10 objects deep"),
        Value::Object(members) => object(members, depth + 1),
        Value::Array(values) => values.iter().try_for_each(|each| value(name, each, depth)),
        Value::String(text) if text.len() > TEXT => refused("a string of more than 4096 bytes"),
        Value::Number(number)
            if !number.is_f64() && !number.as_i64().is_some_and(|it| (least..=most).contains(&it)) =>
        {
            refused("a whole number outside of -4503599627370496 to 4503599627370495")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_have_no_dot_dollar_space_or_control_character_at_any_depth() {
        for name in ["a.b", ".", "$version", "a$", "a b", " ", "", "a\u{7}", "a\u{85}", "a\n", &"a".repeat(1025)] {
            for patch in [json!({ name: 1 }), json!({ "x": { name: null } }), json!({ "x": [{ name: 1 }] })] {
                assert!(matches!(check(&patch), Err(Refusal::PropertyName { .. })), "{patch}");
            }
        }
        let long = "a".repeat(1024);
        for name in ["a", "A-b_c:d", "ä", "ms_iotn:urn_azureiot", "a/b", long.as_str()] {
            assert_eq!(check(&json!({ "x": { name: 1 } })), Ok(()), "{name}");
        }
    }

    #[test]
    fn values_have_limits() {
        let deep = |levels: usize| (0..levels).fold(json!(1), |inner, _| json!({ "a": inner }));
        assert_eq!(check(&deep(10)), Ok(()));
        assert!(matches!(check(&deep(11)), Err(Refusal::PropertyValue { .. })));
        for (value, is_taken) in [
            (json!("x".repeat(4096)), true),
            (json!("x".repeat(4097)), false),
            (json!(["x".repeat(4097)]), false),
            (json!(NUMBERS[0]), true),
            (json!(NUMBERS[0] - 1), false),
            (json!(NUMBERS[1] + 1), false),
            (json!(u64::MAX), false),
            (json!(1e300), true),
            (json!([null, true, {}]), true),
        ] {
            assert_eq!(check(&json!({ "a": value })).is_ok(), is_taken, "{value}");
        }
        for patch in [json!([]), json!(null), json!("a"), json!(1)] {
            assert_eq!(check(&patch), Err(Refusal::Patch));
        }
    }
}
