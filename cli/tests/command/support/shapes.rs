//! `docs/json.md`, by which every document is checked that a test reads.

use serde_json::Value;
use std::{collections::BTreeMap, sync::OnceLock};

const PAGE: &str = include_str!("../../../../docs/json.md");

/// The members of a shape or of a subcommand, and their types.
type Shape = BTreeMap<String, String>;

/// Every section of the page, by its name.
pub(crate) fn sections() -> &'static BTreeMap<String, Shape> {
    static SECTIONS: OnceLock<BTreeMap<String, Shape>> = OnceLock::new();
    SECTIONS.get_or_init(|| {
        let mut sections: BTreeMap<String, Shape> = BTreeMap::new();
        let mut names: Vec<&str> = Vec::new();
        for line in PAGE.lines() {
            if let Some(title) = line.strip_prefix("### ") {
                names = title.split(", ").collect();
                sections.extend(names.iter().map(|name| ((*name).to_owned(), Shape::new())));
                continue;
            }
            let mut add = Shape::new();
            if let Some((member, kind)) = row(line) {
                add.insert(member.into(), kind.into());
            } else if let Some(base) = base(line) {
                add.clone_from(&sections[base]);
            }
            for name in &names {
                sections.get_mut(*name).unwrap().extend(add.clone());
            }
        }
        sections
    })
}

/// A member and its type.
fn row(line: &str) -> Option<(&str, &str)> {
    let mut cells = line.strip_prefix("| `")?.split(" | ");
    Some((cells.next()?.trim_end_matches('`'), cells.next()?))
}

/// The shape whose members a section has as well: `A Token, and:`.
fn base(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("A ")?;
    rest.strip_suffix(", and:")
        .or_else(|| rest.strip_suffix('.'))
        .filter(|name| name.bytes().all(|b| b.is_ascii_alphabetic()))
}

/// Whether the document of a subcommand is as the page has it.
#[track_caller]
pub(crate) fn check(arguments: &[String], document: &Value) {
    let Some(members) = of_subcommand(arguments) else { panic!("docs/json.md has no section for {arguments:?}") };
    let document = document.as_object().unwrap();
    let mut expected = members.clone();
    expected.insert("schema_version".into(), "number".into());
    if document.contains_key("error") {
        expected.insert("error".into(), "Error".into());
        if document.len() == 2 {
            expected.retain(|name, _| matches!(name.as_str(), "schema_version" | "error"));
        }
    }
    assert_eq!(document.get("schema_version"), Some(&1.into()));
    is_of(&expected, &Value::Object(document.clone()), "the document");
}

/// The section of the longest name that the arguments begin with.
fn of_subcommand(arguments: &[String]) -> Option<&'static Shape> {
    let words: Vec<_> = arguments.iter().take(3).map(String::as_str).collect();
    (1..=words.len()).rev().find_map(|count| sections().get(&words[..count].join(" ")))
}

#[track_caller]
fn is_of(shape: &Shape, value: &Value, place: &str) {
    let Value::Object(members) = value else { panic!("{place} is {value}") };
    for (name, kind) in shape {
        let value = members.get(name).unwrap_or_else(|| panic!("{place} has no `{name}`: {value}"));
        assert!(fits(kind, value, name), "`{name}` of {place} is {value}, and not {kind}");
    }
    for name in members.keys() {
        assert!(shape.contains_key(name), "docs/json.md does not have `{name}` of {place}");
    }
}

fn fits(kind: &str, value: &Value, place: &str) -> bool {
    if let Some(kind) = kind.strip_suffix(" or null") {
        return value.is_null() || fits(kind, value, place);
    }
    if let Some(kind) = kind.strip_prefix("list of ") {
        return value.as_array().is_some_and(|list| list.iter().all(|value| fits(kind, value, place)));
    }
    match kind {
        "text" => value.is_string(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "any" => true,
        shape => {
            is_of(&sections()[shape], value, place);
            true
        }
    }
}
