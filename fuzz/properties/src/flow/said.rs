use crate::secret_parts::secret_parts;
use core::fmt;
use serde_json::Value;

/// What is shown for people is one line of bounded length, and says neither a secret of ours nor a key in the service's
/// last answer.
pub(crate) fn no_secret(shown: &str, ours: &[&str], body: &[u8]) {
    assert!(shown.len() < 4096, "{shown}");
    assert!(!shown.contains(steers), "{shown:?}");
    for secret in ours {
        assert!(!shown.contains(secret), "{shown} shows {secret}");
    }
    let Ok(json) = serde_json::from_slice::<Value>(body) else { return };
    let (mut keys, mut words) = (Vec::new(), Vec::new());
    sort(&json, false, &mut keys, &mut words);
    for key in keys.iter().filter(|key| key.len() > 12 && key.is_ascii()) {
        for part in secret_parts(key) {
            // What the service says elsewhere in words may be shown.
            let elsewhere = words.iter().any(|word| word.contains(part));
            assert!(!shown.contains(part) || elsewhere, "{shown} shows a key of the answer");
        }
    }
}

/// The same for an error, in both its forms.
pub(crate) fn error(error: &(impl fmt::Display + fmt::Debug), ours: &[&str], body: &[u8]) {
    no_secret(&error.to_string(), ours, body);
    no_secret(&format!("{error:?}"), ours, body);
}

/// The texts that are keys, and all others.
fn sort<'a>(value: &'a Value, is_key: bool, keys: &mut Vec<&'a str>, words: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => if is_key { keys } else { words }.push(text),
        Value::Array(values) => values.iter().for_each(|value| sort(value, is_key, keys, words)),
        Value::Object(members) => {
            for (name, value) in members {
                words.push(name);
                sort(
                    value,
                    matches!(
                        name.as_str(),
                        "authenticationKey" | "primaryKey" | "secondaryKey" | "keyHandle" | "bytes"
                    ),
                    keys,
                    words,
                );
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What moves the cursor or turns the line round.
pub(crate) fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}
