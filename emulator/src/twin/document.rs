//! The desired and the reported properties, and their versions.

use super::property;
use crate::{base::Json, journal::Refusal};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::VecDeque;

/// The largest size of the desired and of the reported properties, as of the service.
const LIMIT: usize = 32 * 1024;

/// How many patches are kept for sessions that have not sent them yet.
const PATCHES: usize = 64;

#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Json")]
pub(crate) struct Twin {
    desired: Half,
    reported: Half,
    patches: VecDeque<(u64, Value)>,
    /// What a back end alone reads and writes.
    tags: Half,
}

#[derive(Clone, Debug)]
struct Half {
    properties: Value,
    version: u64,
}

impl Half {
    const fn new(properties: Value) -> Self {
        Self { properties, version: 1 }
    }

    /// Applies the patch, or changes nothing.
    fn patch(&mut self, patch: &Value) -> Result<u64, Refusal> {
        property::check(patch)?;
        let mut merged = self.properties.clone();
        merge(&mut merged, patch);
        if merged.to_string().len() > LIMIT {
            return Err(Refusal::Patch);
        }
        self.version += 1;
        self.properties = merged;
        Ok(self.version)
    }

    fn to_json(&self) -> Value {
        with_version(&self.properties, self.version)
    }
}

impl From<Json> for Twin {
    fn from(Json(desired): Json) -> Self {
        Self::new(desired)
    }
}

impl Default for Twin {
    fn default() -> Self {
        Self::new(Value::Object(Map::new()))
    }
}

impl Twin {
    pub(crate) fn new(desired: Value) -> Self {
        let reported = Half::new(Value::Object(Map::new()));
        let tags = Half::new(Value::Object(Map::new()));
        Self { desired: Half::new(desired), reported, patches: VecDeque::new(), tags }
    }

    /// Whether the configured properties are an object.
    pub(crate) fn is_object(&self) -> bool {
        self.desired.properties.is_object()
    }

    /// The document that a client reads.
    pub(crate) fn document(&self) -> Value {
        json!({ "desired": self.desired.to_json(), "reported": self.reported.to_json() })
    }

    /// The document that a back end reads.
    pub(crate) fn back_end_document(&self) -> Value {
        let version = self.desired.version + self.reported.version + self.tags.version - 2;
        json!({ "version": version, "tags": self.tags.properties, "properties": self.document() })
    }

    pub(crate) const fn tags(&self) -> &Value {
        &self.tags.properties
    }

    /// The desired properties, without the version.
    pub(crate) const fn desired(&self) -> &Value {
        &self.desired.properties
    }

    /// Merges patches into the tags and the desired properties, or changes nothing.
    pub(crate) fn change(&mut self, tags: Option<Value>, desired: Option<Value>) -> Result<(), Refusal> {
        let mut new = self.tags.clone();
        if let Some(tags) = tags {
            new.patch(&tags)?;
        }
        if let Some(desired) = desired {
            self.desire(desired)?;
        }
        self.tags = new;
        Ok(())
    }

    /// The reported properties, without the version.
    pub(crate) const fn reported(&self) -> &Value {
        &self.reported.properties
    }

    /// Merges a patch into the reported properties, and returns the new version.
    pub(crate) fn report(&mut self, patch: &Value) -> Result<u64, Refusal> {
        self.reported.patch(patch)
    }

    /// Merges a patch into the desired properties, and returns the new version. The patch is kept for connected clients.
    pub(crate) fn desire(&mut self, patch: Value) -> Result<u64, Refusal> {
        let version = self.desired.patch(&patch)?;
        if self.patches.len() >= PATCHES {
            self.patches.pop_front();
        }
        self.patches.push_back((version, patch));
        Ok(version)
    }

    pub(crate) const fn desired_version(&self) -> u64 {
        self.desired.version
    }

    pub(crate) const fn reported_version(&self) -> u64 {
        self.reported.version
    }

    /// The patches since a version, as they are published: each with its own version.
    pub(crate) fn patches_since(&self, version: u64) -> Vec<(u64, Value)> {
        let new = self.patches.iter().filter(|(of, _)| *of > version);
        new.map(|(of, patch)| (*of, with_version(patch, *of))).collect()
    }
}

fn with_version(properties: &Value, version: u64) -> Value {
    let mut members = properties.as_object().cloned().unwrap_or_default();
    members.insert("$version".into(), version.into());
    Value::Object(members)
}

/// Merges by RFC 7396: objects member by member, null removes, everything else replaces.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(target) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            merge(target.entry(name.as_str()).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches_merge_and_null_removes() {
        let mut twin = Twin::new(json!({ "a": { "value": 1 } }));
        assert_eq!(twin.report(&json!({ "x": { "y": 1, "z": null }, "w": [1] })).unwrap(), 2);
        assert_eq!(twin.report(&json!({ "x": { "z": 2 }, "w": null })).unwrap(), 3);
        assert_eq!(twin.reported(), &json!({ "x": { "y": 1, "z": 2 } }));
        let document = json!({
            "desired": { "a": { "value": 1 }, "$version": 1 },
            "reported": { "x": { "y": 1, "z": 2 }, "$version": 3 }
        });
        assert_eq!(twin.document(), document);
    }

    #[test]
    fn desired_patches_are_kept_for_clients_that_lack_them() {
        let mut twin = Twin::default();
        twin.desire(json!({ "a": 1 })).unwrap();
        twin.desire(json!({ "a": null })).unwrap();
        assert_eq!(twin.patches_since(2), [(3, json!({ "a": null, "$version": 3 }))]);
        assert_eq!(twin.patches_since(3), []);
        for _ in 0..2 * PATCHES {
            twin.desire(json!({})).unwrap();
        }
        assert_eq!(twin.patches_since(0).len(), PATCHES);
    }

    #[test]
    fn a_rejected_patch_changes_nothing() {
        let mut twin = Twin::default();
        let large: Map<String, Value> = (0..9).map(|i| (format!("a{i}"), "x".repeat(LIMIT / 8 - 8).into())).collect();
        for patch in [json!([]), json!(null), json!(large)] {
            assert_eq!(twin.report(&patch), Err(Refusal::Patch));
        }
        let name = "$version".to_owned();
        assert_eq!(twin.report(&json!({ "a": 1, "$version": 9 })), Err(Refusal::PropertyName { name }));
        assert_eq!(twin.document(), Twin::default().document());
    }
}
