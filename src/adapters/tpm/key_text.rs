//! The lines around a key file's bytes, as in RFC 7468.

use crate::{
    base::{encode, secret::SecretBytes},
    error::KeyFileError,
};
use alloc::string::String;
use core::str;

/// The label of the block.
pub(super) const LABEL: &str = "TSS2 PRIVATE KEY";
const BEGIN: &str = "-----BEGIN TSS2 PRIVATE KEY-----";
const END: &str = "-----END TSS2 PRIVATE KEY-----";
/// The label of an older format.
const OLD: &str = "-----BEGIN TSS2 KEY BLOB-----";

/// The bytes of the one block in a text, which may hold blocks of other kinds.
pub(super) fn decode(text: &[u8]) -> Result<SecretBytes, KeyFileError> {
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    let mut lines = text.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    if !lines.by_ref().any(|line| line == BEGIN.as_bytes()) {
        let is_old = text.windows(OLD.len()).any(|part| part == OLD.as_bytes());
        return Err(if is_old { KeyFileError::KeyBlob } else { KeyFileError::NoBlock });
    }
    let mut body = String::with_capacity(text.len());
    loop {
        let line = lines.next().ok_or(KeyFileError::NoEnd)?;
        match str::from_utf8(line) {
            Ok(END) => break,
            Ok(line) if line.starts_with("-----") => return Err(KeyFileError::NoEnd),
            Ok(line) => body.push_str(line),
            Err(_) => return Err(KeyFileError::NotBase64),
        }
    }
    if lines.any(|line| line == BEGIN.as_bytes()) {
        return Err(KeyFileError::SecondBlock);
    }
    encode::from_base64(&body).map_err(|_| KeyFileError::NotBase64)
}
