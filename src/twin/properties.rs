//! One part of a twin: how a patch is applied to it, and the patch between two states of it.

use alloc::string::String;
use core::fmt;
use serde_json::{Map, Value};

/// The properties of one part of a twin, without those that the hub adds (`$version` and the like).
///
/// It is displayed as JSON, the message for [`report_topic`](super::report_topic).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Properties {
    version: Option<u64>,
    map: Map<String, Value>,
}

impl Properties {
    /// Removes the hub's own properties, whose names begin with `$`.
    pub(super) fn new(mut map: Map<String, Value>) -> Self {
        let version = map.get("$version").and_then(Value::as_u64);
        map.retain(|name, _| !name.starts_with('$'));
        Self { version, map }
    }

    /// The version that the hub gave to the part. `None` for properties that were made here.
    #[must_use]
    pub const fn version(&self) -> Option<u64> {
        self.version
    }

    /// The JSON of one property.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.map.get(name)
    }

    /// All properties, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.map.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// The patch to report when the hub has `before`; `None` when there is no difference.
    ///
    /// The hub merges a report: absent properties are unchanged, so a property that was removed is reported as `null`.
    #[must_use]
    pub fn since(&self, before: &Self) -> Option<Self> {
        let map = difference(&before.map, &self.map);
        (!map.is_empty()).then_some(Self { version: None, map })
    }
}

impl fmt::Display for Properties {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("{")?;
        for (i, (name, value)) in self.map.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            write!(f, "{comma}{}:{value}", Value::from(name.as_str()))?;
        }
        f.write_str("}")
    }
}

/// The merge patch (RFC 7396) that makes `after` of `before`.
fn difference(before: &Map<String, Value>, after: &Map<String, Value>) -> Map<String, Value> {
    let gone = before.keys().filter(|name| !after.contains_key(*name)).map(|name| (name.clone(), Value::Null));
    let changed = after.iter().filter(|(name, value)| before.get(*name) != Some(value)).map(|(name, value)| {
        let value = match (before.get(name), value) {
            (Some(Value::Object(before)), Value::Object(after)) => Value::Object(difference(before, after)),
            _ => value.clone(),
        };
        (name.clone(), value)
    });
    gone.chain(changed).collect()
}

/// Changes one property of `target`, as a merge patch (RFC 7396) does.
pub(super) fn merge(target: &mut Map<String, Value>, name: &str, patch: &Value) {
    match patch {
        Value::Null => {
            target.remove(name);
        }
        Value::Object(patch) => {
            let mut inner = match target.remove(name) {
                Some(Value::Object(inner)) => inner,
                _ => Map::new(),
            };
            patch.iter().for_each(|(name, value)| merge(&mut inner, name, value));
            target.insert(name.into(), Value::Object(inner));
        }
        _ => {
            target.insert(name.into(), patch.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString as _;
    use serde_json::json;

    fn properties(value: Value) -> Properties {
        let Value::Object(map) = value else { panic!("not an object") };
        Properties::new(map)
    }

    fn merged(target: &Value, patch: &Value) -> Value {
        let mut root = Map::from_iter([("root".into(), target.clone())]);
        merge(&mut root, "root", patch);
        root.remove("root").unwrap_or_default()
    }

    #[test]
    fn the_hubs_own_properties_are_removed() {
        let part = properties(json!({"a": 1, "$version": 4, "$metadata": {}}));
        assert_eq!(part.version(), Some(4));
        assert_eq!(part.iter().collect::<alloc::vec::Vec<_>>(), [("a", &json!(1))]);
        assert_eq!(properties(json!({"$version": "4"})).version(), None);
    }

    #[test]
    fn properties_are_displayed_as_json() {
        let value = json!({"a\"b": "c\\d\n", "e": [1, {"f": null}], "g": {}});
        let text = properties(value.clone()).to_string();
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
        assert_eq!(Properties::default().to_string(), "{}");
    }

    #[test]
    fn only_differences_are_reported() {
        let before = properties(json!({"same": 1, "new": 1, "gone": 1, "in": {"same": 1, "new": 1, "gone": 1}}));
        let after = properties(json!({"same": 1, "new": 2, "more": 3, "in": {"same": 1, "new": {"a": 1}}}));
        let patch = after.since(&before).unwrap();
        assert_eq!(
            patch,
            properties(json!({"gone": null, "new": 2, "more": 3, "in": {"new": {"a": 1}, "gone": null}}))
        );
        assert_eq!(after.since(&after), None);
    }

    #[test]
    fn a_version_is_not_a_difference() {
        assert_eq!(properties(json!({"a": 1})).since(&properties(json!({"a": 1, "$version": 7}))), None);
    }

    #[test]
    fn merging_the_difference_gives_the_new_state() {
        let states = [
            json!({}),
            json!({"a": 1}),
            json!({"a": {"b": {"c": [1, 2]}}}),
            json!({"a": {"b": {"d": true}}, "e": "f"}),
            json!({"a": [{"b": 1}], "e": {}}),
        ];
        for before in &states {
            for after in &states {
                let patch = properties(after.clone()).since(&properties(before.clone())).unwrap_or_default();
                let patch = serde_json::from_str(&patch.to_string()).unwrap();
                assert_eq!(&merged(before, &patch), after, "from {before}");
            }
        }
    }

    /// The examples of RFC 7396, appendix A, that a property can be.
    #[test]
    fn the_examples_of_the_rfc_hold() {
        for (target, patch, result) in [
            (json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "b"}), json!({"b": "c"}), json!({"a": "b", "b": "c"})),
            (json!({"a": "b"}), json!({"a": null}), json!({})),
            (json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"})),
            (json!({"a": ["b"]}), json!({"a": "c"}), json!({"a": "c"})),
            (json!({"a": "c"}), json!({"a": ["b"]}), json!({"a": ["b"]})),
            (json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}})),
            (json!({"a": [{"b": "c"}]}), json!({"a": [1]}), json!({"a": [1]})),
            (json!(["a"]), json!(["b"]), json!(["b"])),
            (json!({"a": 1}), json!(null), json!(null)),
            (json!([1, 2]), json!({"a": "b", "c": null}), json!({"a": "b"})),
            (json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}})),
        ] {
            assert_eq!(merged(&target, &patch), result, "{target} by {patch}");
        }
    }
}
