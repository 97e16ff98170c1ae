use crate::records::{AGREES, PERCENT_ENCODING, Record, Rule, assert_every_record_is_used, compare, records};
use defender_auth::sas::{Resource, SasToken};

const ENCODED: &[&str] = &["percent_encode"];
const TABLES: &[&str] = &["percent_encode.table"];
const DECODED: &[&str] = &["percent_decode"];

pub(crate) const UPPER_HEX: Rule = "G.6: hexadecimal digits are in upper case";
pub(crate) const UNRESERVED: Rule = "G.6: the unreserved characters of RFC 3986, and only they, stay bare";
const SPACE: Rule = "G.6: a space is `%20`; a `+` is a plus";
const ONCE: Rule = "G.6: UTF-8 is encoded once; the C encoder takes each of its bytes for a Latin-1 character";
const ANY_ENCODING: Rule = "G.9: only escapes are decoded, the rest may be any text; the C decoder reads its own alone";
const NUL: Rule = "G.9: `%00` is a character; a C string ends at it";
const EMPTY: Rule = "G.9: an empty `sr` is a missing one";

/// `text` with its escapes in upper case, and every other `%` as it is.
pub(crate) fn upper_hex(text: &str) -> String {
    let mut parts = text.split('%');
    let mut upper = parts.next().unwrap().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at(part.len().min(2));
        upper.extend(["%", &digits.to_ascii_uppercase(), rest]);
    }
    upper
}

/// `text` after `sr=`, decoded as we do.
pub(crate) fn decoded(text: &str) -> Option<String> {
    let token = SasToken::parse(&format!("SharedAccessSignature sr={text}&sig=AAAA&se=1")).ok()?;
    token.plain_resource().map(String::from)
}

fn judge(plain: &str, theirs: &str) -> Option<Rule> {
    let resource = Resource::from_plain(plain).unwrap();
    let ours = resource.as_str();
    let meant = decoded(theirs);
    let latin_1: String = plain.bytes().map(char::from).collect();
    if theirs == ours {
        Some(AGREES)
    } else if upper_hex(theirs) == ours {
        Some(UPPER_HEX)
    } else if theirs.replace('+', "%20") == ours {
        Some(SPACE)
    } else if meant.as_deref() == Some(plain) {
        Some(UNRESERVED)
    } else {
        (meant == Some(latin_1)).then_some(ONCE)
    }
}

/// The rows of a table: a character and how it is encoded.
fn rows(source: &str) -> Vec<(String, String)> {
    let row = |(key, encoded): (&String, &serde_json::Value)| {
        // Keys of two digits are bytes. A byte above 0x7F is no UTF-8; the C encoder, whose table it is, takes it for
        // a Latin-1 character, and so do we here.
        let plain =
            if key.len() == 2 { char::from(u8::from_str_radix(key, 16).unwrap()).to_string() } else { key.clone() };
        (plain, encoded.as_str().unwrap().to_owned())
    };
    let tables = records(PERCENT_ENCODING, TABLES);
    let table = tables.iter().find(|record| record.source.contains(source)).unwrap();
    table.expected.as_object().unwrap().iter().map(row).collect()
}

#[test]
fn every_record_of_percent_encoding_is_used() {
    assert_every_record_is_used(PERCENT_ENCODING, &[ENCODED, TABLES, DECODED], 30);
    assert_eq!(records(PERCENT_ENCODING, TABLES).len(), 3, "one test for each");
}

#[test]
fn texts_are_encoded_once_and_strictly() {
    let encoded = |record: &Record| judge(record.input("text").unwrap(), record.expected.as_str().unwrap());
    compare(
        records(PERCENT_ENCODING, ENCODED),
        encoded,
        &[(AGREES, 4), (ONCE, 1), (SPACE, 1), (UPPER_HEX, 4), (UNRESERVED, 4)],
    );
}

#[test]
fn every_byte_is_encoded_as_the_c_unit_test_has_it_but_for_our_rules() {
    let rows = rows("urlencode_ut.c");
    assert_eq!(rows.len(), 255);
    compare(rows, |(plain, theirs)| judge(plain, theirs), &[(AGREES, 93), (UPPER_HEX, 157), (UNRESERVED, 5)]);
}

#[test]
fn every_character_is_encoded_as_the_c_library_does_but_for_our_rules() {
    compare(
        rows("src/urlencode.c"),
        |(plain, theirs)| judge(plain, theirs),
        &[(AGREES, 74), (UPPER_HEX, 16), (UNRESERVED, 5)],
    );
}

#[test]
fn every_character_is_encoded_as_java_does_but_for_our_rules() {
    compare(
        rows("SignatureHelper"),
        |(plain, theirs)| judge(plain, theirs),
        &[(AGREES, 92), (SPACE, 1), (UNRESERVED, 2)],
    );
}

#[test]
fn escapes_are_decoded_whatever_stands_beside_them() {
    let judge = |record: &Record| {
        let text = record.input("text").unwrap();
        match (decoded(text), record.expected.as_str()) {
            (ours, theirs) if ours.as_deref() == theirs => Some(AGREES),
            (Some(ours), Some(_)) if ours.starts_with('\0') => Some(NUL),
            (None, Some("")) if text.is_empty() => Some(EMPTY),
            (Some(ours), None) if ours == text || !ours.is_ascii() => Some(ANY_ENCODING),
            _ => None,
        }
    };
    compare(records(PERCENT_ENCODING, DECODED), judge, &[(AGREES, 6), (NUL, 1), (EMPTY, 1), (ANY_ENCODING, 5)]);
}
