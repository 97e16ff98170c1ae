//! Distinguished names: as text, and their common name, in every string type that X.520 allows.

use alloc::{borrow::ToOwned as _, format, string::String, vec::Vec};
use x509_parser::{
    asn1_rs::{Any, Tag},
    objects::{oid_registry, oid2abbrev},
    x509::{AttributeTypeAndValue, X509Name},
};

/// The most characters of a name that are shown: it comes from a file, and goes to terminals and logs.
const SHOWN: usize = 256;
/// The most bytes of a value without a text that are shown in hexadecimal.
const HEX: usize = 32;

/// The name of a subject or an issuer.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// As it is encoded: names are the same when these bytes are.
    pub(super) der: Vec<u8>,
    /// On one line.
    pub(super) text: String,
    /// The first common name (CN).
    pub(super) common: Option<String>,
}

impl Name {
    pub(super) fn of(name: &X509Name<'_>) -> Self {
        let part = |attribute: &AttributeTypeAndValue<'_>| {
            let known = oid2abbrev(attribute.attr_type(), oid_registry());
            let kind = known.map_or_else(|_| attribute.attr_type().to_id_string(), String::from);
            format!("{kind}={}", text(attribute.attr_value()).unwrap_or_else(|| hex(attribute.as_slice())))
        };
        let parts = name.iter().map(|parts| parts.iter().map(part).collect::<Vec<_>>().join(" + "));
        let shown = parts.collect::<Vec<_>>().join(", ");
        Self {
            der: name.as_raw().to_owned(),
            text: shown.chars().filter(|c| !c.is_control()).take(SHOWN).collect(),
            common: name.iter_common_name().next().and_then(|attribute| text(attribute.attr_value())),
        }
    }
}

/// The text of a directory string (RFC 5280, section 4.1.2.4) or of another string type.
fn text(value: &Any<'_>) -> Option<String> {
    let bytes = value.as_bytes();
    match value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::NumericString | Tag::Ia5String | Tag::VisibleString => {
            String::from_utf8(bytes.to_owned()).ok()
        }
        // Written as Latin-1 by every tool, whatever T.61 says.
        Tag::T61String => Some(bytes.iter().copied().map(char::from).collect()),
        Tag::BmpString => {
            let (units, []) = bytes.as_chunks::<2>() else { return None };
            char::decode_utf16(units.iter().copied().map(u16::from_be_bytes)).collect::<Result<_, _>>().ok()
        }
        Tag::UniversalString => {
            let (units, []) = bytes.as_chunks::<4>() else { return None };
            units.iter().copied().map(|unit| char::from_u32(u32::from_be_bytes(unit))).collect()
        }
        _ => None,
    }
}

/// As RFC 4514, section 2.4, writes a value that is no text.
fn hex(bytes: &[u8]) -> String {
    let shown = bytes.iter().take(HEX).fold(String::from("#"), |text, byte| text + &format!("{byte:02x}"));
    if bytes.len() > HEX { shown + "…" } else { shown }
}
