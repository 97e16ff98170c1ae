//! What a file is that is neither PEM nor PKCS#12.

use crate::{
    base::{encode, secret::SecretBytes},
    error::{CertificateProblem as Problem, ForeignFormat},
};
use core::str;

/// The first bytes of a JKS and of a JCEKS.
const JAVA: [[u8; 4]; 2] = [[0xfe, 0xed, 0xfe, 0xed], [0xce, 0xce, 0xce, 0xce]];
/// `1.2.840.113549.1.7.2`, signed data: the first member of a PKCS#7.
const SIGNED_DATA: [u8; 11] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
/// The version of a PKCS#12, its first member.
const VERSION_3: [u8; 3] = [2, 1, 3];
/// So many characters of base64 show the first members of a structure.
const SAMPLE: usize = 64;

/// What is wrong with a file in which there is no line BEGIN.
pub(super) fn without_blocks(bytes: &[u8]) -> Problem {
    match format(bytes) {
        Some(format) => format.into(),
        None if is_text(bytes) => Problem::NoPem,
        None => Problem::Binary,
    }
}

/// The format of another tool, when it is one that has a name here.
pub(super) fn format(bytes: &[u8]) -> Option<ForeignFormat> {
    if JAVA.iter().any(|magic| bytes.starts_with(magic)) {
        return Some(ForeignFormat::JavaKeyStore);
    }
    if first_member(bytes).is_some_and(|member| member.starts_with(&SIGNED_DATA)) {
        return Some(ForeignFormat::Pkcs7);
    }
    if bytes.trim_ascii_start().starts_with(b"PuTTY-User-Key-File-") {
        return Some(ForeignFormat::Putty);
    }
    if bytes.windows(QUOTED.len()).any(|part| part == QUOTED) {
        return Some(ForeignFormat::Quoted);
    }
    let der = base64_start(bytes)?;
    match first_member(der.expose())? {
        member if member.starts_with(&SIGNED_DATA) => Some(ForeignFormat::Pkcs7),
        member if member.starts_with(&VERSION_3) => Some(ForeignFormat::Base64Pkcs12),
        _ => Some(ForeignFormat::Base64Der),
    }
}

const QUOTED: &[u8] = b"\"-----BEGIN ";

/// The content of a sequence, of which there need not be all.
fn first_member(bytes: &[u8]) -> Option<&[u8]> {
    match bytes {
        [0x30, 0x80 | ..0x80, rest @ ..]
        | [0x30, 0x81, _, rest @ ..]
        | [0x30, 0x82, _, _, rest @ ..]
        | [0x30, 0x83, _, _, _, rest @ ..] => Some(rest),
        _ => None,
    }
}

/// The first bytes of a text that is nothing but base64.
fn base64_start(bytes: &[u8]) -> Option<SecretBytes> {
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    if !bytes.iter().all(|byte| is_base64(byte) || byte.is_ascii_whitespace()) {
        return None;
    }
    let mut sample = SecretBytes::zeros(SAMPLE);
    let digits = bytes.iter().filter(|byte| !byte.is_ascii_whitespace());
    let length = sample.expose_mut().iter_mut().zip(digits).map(|(to, from)| *to = *from).count();
    let text = str::from_utf8(sample.expose()).ok().filter(|_| length == SAMPLE)?;
    encode::from_base64(text).ok()
}

fn is_text(bytes: &[u8]) -> bool {
    let is_control = |byte: &u8| byte.is_ascii_control() && !byte.is_ascii_whitespace();
    str::from_utf8(bytes).is_ok() && !bytes.iter().any(is_control)
}
