//! Which types of the library can hold a secret, read from its sources.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// What secrets are kept in: wiped memory, a signature, which authenticates, and what a service sends.
const KEEPERS: [&str; 6] = ["SecretText", "SecretBytes", "Zeroizing", "Signature", "Payload", "Response"];

#[derive(Default)]
struct Type {
    is_public: bool,
    /// The words of its members' types.
    words: BTreeSet<String>,
}

/// The public types that hold a secret, or a type that does. Types of one name are taken for one.
pub(crate) fn with_a_secret() -> BTreeSet<String> {
    let mut types = BTreeMap::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut types);
    assert!(types.len() > 150, "{} types", types.len());
    let mut secret: BTreeSet<String> = KEEPERS.map(String::from).into();
    loop {
        let more = types.iter().filter(|(name, of)| !secret.contains(*name) && !of.words.is_disjoint(&secret));
        let more: Vec<String> = more.map(|(name, _)| name.clone()).collect();
        if more.is_empty() {
            break;
        }
        secret.extend(more);
    }
    secret.retain(|name| types.get(name).is_some_and(|of| of.is_public));
    secret
}

fn read(folder: &Path, types: &mut BTreeMap<String, Type>) {
    for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() {
            read(&entry, types);
            continue;
        }
        if entry.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = fs::read_to_string(&entry).unwrap();
        let mut open: Option<String> = None;
        for line in text.split("#[cfg(test)]\nmod").next().unwrap().lines() {
            let bare = line.trim_start();
            if bare.starts_with("//") || bare.starts_with(['#', '"']) {
                continue;
            }
            if let Some((is_public, name)) = declared(line) {
                let of = types.entry(name.to_owned()).or_default();
                of.is_public |= is_public;
                of.words.extend(words_of_types(line.split_once(name).unwrap().1));
                open = line.ends_with('{').then(|| name.to_owned());
            } else if line.starts_with('}') {
                open = None;
            } else if let Some(of) = open.as_ref().and_then(|name| types.get_mut(name)) {
                of.words.extend(words_of_types(line));
            }
        }
    }
}

/// A line that begins a type, as `rustfmt` writes it: whether it is public, and its name.
fn declared(line: &str) -> Option<(bool, &str)> {
    let (is_public, rest) = match line.strip_prefix("pub ") {
        Some(rest) => (true, rest),
        None => (false, line.strip_prefix("pub(crate) ").or(line.strip_prefix("pub(super) ")).unwrap_or(line)),
    };
    let rest = rest.strip_prefix("struct ").or(rest.strip_prefix("enum "))?;
    Some((is_public, rest.split(|c: char| !c.is_alphanumeric()).next().unwrap()))
}

/// Types follow the name of a member and in the parentheses of a variant.
fn words_of_types(line: &str) -> impl Iterator<Item = String> {
    let types = line.split_once([':', '(']).map_or("", |(_, types)| types);
    types.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(String::from)
}
