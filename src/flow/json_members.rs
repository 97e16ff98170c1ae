//! The members of a JSON object, as they are written. A tree of values would bring everything with which they can be read and
//! written, also numbers with fractions: 12 KB on a microcontroller.

use alloc::{string::String, vec::Vec};
use core::fmt;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// In their order.
#[derive(Default)]
pub(crate) struct Members<'a>(Vec<(String, &'a RawValue)>);

impl Members<'_> {
    /// The text of a member. `None` when there is none of this name, or it is no text.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        serde_json::from_str(self.json(name)?).ok()
    }

    /// The same of a member that is a natural number.
    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        serde_json::from_str(self.json(name)?).ok()
    }

    /// Of two with the same name, the last one counts.
    fn json(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, json)| json.get())
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Members<'de>, M::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        json.deserialize_map(Reader)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Option<Members<'_>> {
        serde_json::from_str(json).ok()
    }

    #[test]
    fn members_are_read_by_their_kind_and_the_last_of_a_name_counts() {
        let members = read(r#"{"a":"\u00e4\n","b":7,"c":-1,"d":[{"a":1.5}],"a2":"x","b":8}"#).unwrap();
        assert_eq!(members.text("a").as_deref(), Some("ä\n"));
        assert_eq!((members.text("b"), members.text("d"), members.text("none")), (None, None, None));
        let numbers = ["b", "c", "a", "d"].map(|name| members.number(name));
        assert_eq!(numbers, [Some(8), None, None, None]);
    }

    #[test]
    fn what_is_no_object_has_no_members() {
        assert!(["[]", "1", "null", "\"a\"", "{", "", "{\"a\":}"].iter().all(|json| read(json).is_none()));
        assert!(read("{}").unwrap().text("a").is_none());
    }
}
