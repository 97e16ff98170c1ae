use crate::records::{AGREES, KEY, Record, Rule, assert_every_record_is_used, bytes, compare, records};
use core::time::Duration;
use defender_auth::{
    SharedAccessKey, UnixTime,
    key::{GroupKey, KeyError},
    sas::SasToken,
};
use serde_json::Value;

const READ: &[&str] = &["key.base64"];
const BASE64: &[&str] = &["base64.table"];
const DERIVED: &[&str] = &["derived_key"];
/// Azure uses base32 for what a TPM tells. The library has no TPM, and nothing to compare with, so far.
const BASE32: &[&str] = &["base32.table"];

pub(crate) const TRIMMED: Rule = "G.7: white space round a key is trimmed";
pub(crate) const PADDING: Rule = "G.7: padding is optional";
pub(crate) const EMPTY: Rule = "G.7: an empty key is refused";
pub(crate) const URL_SAFE: Rule = "G.7: the URL-safe alphabet is refused";
pub(crate) const STRAY: Rule = "G.7: stray characters are refused";
pub(crate) const CUT: Rule =
    "G.7: a truncated text is rejected, and one with bits below the padding: truncation shows in them";

/// The rule by which we refuse a key.
pub(crate) const fn refused(error: KeyError) -> Option<Rule> {
    match error {
        KeyError::Empty => Some(EMPTY),
        KeyError::UrlSafe { .. } => Some(URL_SAFE),
        KeyError::Quoted
        | KeyError::ExcessPadding
        | KeyError::LineBreak { .. }
        | KeyError::PercentEncoded { .. }
        | KeyError::NotBase64 { .. } => Some(STRAY),
        KeyError::Truncated => Some(CUT),
        _ => None,
    }
}

/// The rule by which we read a key that others refuse.
pub(crate) fn tolerated(text: &str) -> Option<Rule> {
    if text.trim() == text { (!text.len().is_multiple_of(4)).then_some(PADDING) } else { Some(TRIMMED) }
}

/// Whether the key is the one that made the token.
pub(crate) fn made(key: &SharedAccessKey, token: &str) -> bool {
    let token = SasToken::parse(token).unwrap();
    token.verify(key, UnixTime::from_secs(0), Duration::ZERO).is_ok()
}

/// Whether the key is what a peer read: bytes, a token made with them, or both.
fn is_the_key_of(key: &SharedAccessKey, theirs: &Value) -> bool {
    match theirs {
        Value::String(token) if token.starts_with("SharedAccessSignature ") => made(key, token),
        Value::String(hex) => SharedAccessKey::from_bytes(&bytes(hex)).as_ref() == Ok(key),
        Value::Object(both) => ["decoded_hex", "token"].iter().all(|name| is_the_key_of(key, &both[*name])),
        other => panic!("{other}"),
    }
}

#[test]
fn every_record_of_keys_is_used() {
    assert_every_record_is_used(KEY, &[READ, BASE64, DERIVED, BASE32], 83);
}

#[test]
fn keys_are_read_strictly() {
    let judge = |record: &Record| {
        let text = record.input("key").unwrap();
        let refuses = ["raises", "error"].iter().any(|name| record.expected.get(name).is_some());
        match (SharedAccessKey::from_base64(text), refuses || record.expected.is_null()) {
            (Ok(key), false) => is_the_key_of(&key, &record.expected).then_some(AGREES),
            (Err(_), true) => Some(AGREES),
            (Err(error), false) => refused(error),
            (Ok(_), true) => tolerated(text),
        }
    };
    compare(
        records(KEY, READ),
        judge,
        &[(AGREES, 43), (CUT, 3), (EMPTY, 4), (PADDING, 9), (STRAY, 9), (URL_SAFE, 2), (TRIMMED, 5)],
    );
}

#[test]
fn base64_is_written_and_read_as_the_c_library_does() {
    let mut rows = 0;
    for record in records(KEY, BASE64) {
        for row in record.expected.as_array().unwrap() {
            let (hex, text) = (row[0].as_str().unwrap(), row[1].as_str().unwrap());
            let key = SharedAccessKey::from_bytes(&bytes(hex)).unwrap();
            assert_eq!(key.to_base64().expose(), text);
            assert_eq!(SharedAccessKey::from_base64(text).as_ref(), Ok(&key));
            rows += 1;
        }
    }
    // The C unit test has 1422; the 254 of one byte between the first and the last were left out of the record.
    assert_eq!(rows, 1168);
}

#[test]
fn device_keys_are_derived_as_the_command_line_tool_does() {
    let judge = |record: &Record| {
        let group_key = SharedAccessKey::from_base64(record.input("group_key").unwrap()).unwrap();
        let id = record.input("registration_id").unwrap().parse().unwrap();
        let key = group_key.derive(&id);
        assert_eq!(GroupKey::new(&group_key).derive(&id), key);
        (key.to_base64().expose() == record.expected.as_str().unwrap()).then_some(AGREES)
    };
    compare(records(KEY, DERIVED), judge, &[(AGREES, 6)]);
}

#[test]
fn base32_waits_for_tpm_support() {
    assert_eq!(records(KEY, BASE32).len(), 1);
}
