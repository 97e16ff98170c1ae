//! Texts: those that a terminal is given, and PEM as another hand writes it.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// One line, with nothing in it that a terminal obeys.
pub(super) fn is_readable(shown: &str) {
    assert!(!shown.chars().any(char::is_control), "{shown:?}");
}

/// A PEM block.
pub(super) fn written(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines = text.as_bytes().chunks(64).map(|line| str::from_utf8(line).expect("base64"));
    let body: String = lines.flat_map(|line| [line, "\n"]).collect();
    format!("-----BEGIN {label}-----\n{body}-----END {label}-----\n")
}
