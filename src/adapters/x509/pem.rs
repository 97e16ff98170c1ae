//! The blocks of a PEM text (RFC 7468). Their frames are found here, so that a broken one can be named; the body is
//! decoded by `pem-rfc7468` into memory that is wiped, which the other readers do not offer. Bytes outside the blocks
//! are ignored, whatever they are (section 2).

use super::foreign;
use crate::{
    base::secret::{SecretBytes, SecretText},
    error::{CertificateError, CertificateProblem as Problem, PemBlock},
};
use alloc::{string::String, vec::Vec};
use core::str;

/// The longest file that is read, in bytes: more than a leaf, six intermediates and a key of the largest kinds take.
pub const SIZE_LIMIT: usize = 256 * 1024;
/// A chain is seldom longer than four.
pub(super) const BLOCK_LIMIT: usize = 32;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const DASHES: &str = "-----";

/// One block: its label and its content.
pub(super) struct Block {
    pub(super) name: PemBlock,
    content: Content,
}

enum Content {
    Der(SecretBytes),
    /// It has `Proc-Type` among its headers.
    LegacyEncrypted,
}

impl Block {
    /// Whether it holds a private key of any kind.
    pub(super) fn is_key(&self) -> bool {
        self.name.label.ends_with("PRIVATE KEY")
    }

    pub(super) fn is_certificate(&self) -> bool {
        matches!(self.name.label.as_str(), "CERTIFICATE" | "X509 CERTIFICATE" | "TRUSTED CERTIFICATE")
    }

    /// The bytes, unless the block is encrypted in the legacy format.
    pub(super) fn der(&self) -> Result<&[u8], CertificateError> {
        match &self.content {
            Content::Der(bytes) => Ok(bytes.expose()),
            Content::LegacyEncrypted => Err(self.error(Problem::LegacyEncryption)),
        }
    }

    pub(super) fn error(&self, problem: Problem) -> CertificateError {
        problem.in_block(self.name.clone())
    }
}

/// Every block of a text.
pub(super) fn blocks(text: &[u8]) -> Result<Vec<Block>, CertificateError> {
    let mut found = Vec::new();
    let mut open: Option<(PemBlock, usize)> = None;
    let text = checked(text)?;
    let mut at = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        let (start, bare) = (at, line.trim_ascii());
        at += line.len();
        if let Some(rest) = bare.strip_prefix(BEGIN.as_bytes()) {
            if let Some((name, _)) = open {
                return Err(Problem::NoEnd.in_block(name));
            }
            if found.len() == BLOCK_LIMIT {
                return Err(Problem::TooManyBlocks { limit: BLOCK_LIMIT }.into());
            }
            let (label, after) = split_at_dashes(rest);
            let name = PemBlock { number: found.len() + 1, label: shown(label) };
            if !after.is_empty() {
                return Err(Problem::OneLine.in_block(name));
            }
            if !line.starts_with(BEGIN.as_bytes()) {
                return Err(Problem::Indented.in_block(name));
            }
            open = Some((name, at));
        } else if let Some((name, body)) = open.take_if(|_| bare.starts_with(END.as_bytes())) {
            if bare.windows(BEGIN.len()).any(|part| part == BEGIN.as_bytes()) {
                return Err(Problem::Joined.in_block(name));
            }
            let label = bare.strip_prefix(END.as_bytes()).and_then(|rest| rest.strip_suffix(DASHES.as_bytes()));
            if label.map(shown).as_ref() != Some(&name.label) {
                return Err(Problem::OtherEnd.in_block(name));
            }
            if !line.starts_with(END.as_bytes()) {
                return Err(Problem::Indented.in_block(name));
            }
            found.push(block(name, text.get(body..start).unwrap_or_default())?);
        }
    }
    match open {
        Some((name, _)) => Err(Problem::NoEnd.in_block(name)),
        None if found.is_empty() => Err(foreign::without_blocks(text).into()),
        None => Ok(found),
    }
}

/// What is before the next dashes, and after them. Without dashes something else is after it.
fn split_at_dashes(rest: &[u8]) -> (&[u8], &[u8]) {
    let dashes = DASHES.as_bytes();
    let at = rest.windows(dashes.len()).position(|part| part == dashes);
    let (label, after) = at.map_or((rest, b"-".as_slice()), |at| rest.split_at(at));
    (label, after.strip_prefix(dashes).unwrap_or(after))
}

/// The text, when it can be PEM at all.
fn checked(text: &[u8]) -> Result<&[u8], CertificateError> {
    if text.len() > SIZE_LIMIT {
        return Err(Problem::TooLarge { limit: SIZE_LIMIT }.into());
    }
    // By its mark, or by the zero of its first letter; unless that is only what precedes the first block.
    let is_marked = matches!(text, [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, ..] | [_, 0, ..]);
    if is_marked && !text.windows(BEGIN.len()).any(|part| part == BEGIN.as_bytes()) {
        return Err(Problem::Utf16.into());
    }
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
    if text.trim_ascii().is_empty() { Err(Problem::Empty.into()) } else { Ok(text) }
}

/// A label as it may be printed: it comes from the file. Labels are words in capitals; what begins with anything else may
/// be the key itself, on the line of a BEGIN that lost its dashes.
fn shown(label: &[u8]) -> String {
    let is_label = |c: &char| c.is_ascii_uppercase() || c.is_ascii_digit() || matches!(c, ' ' | '.' | '/' | '-' | '#');
    let shown: String = label.iter().copied().map(char::from).take_while(is_label).take(40).collect();
    if shown.len() == label.len() { shown } else { shown + "…" }
}

fn block(name: PemBlock, body: &[u8]) -> Result<Block, CertificateError> {
    let Ok(body) = str::from_utf8(body) else { return Err(Problem::NotBase64.in_block(name)) };
    if body.lines().any(|line| line.starts_with("Proc-Type:") || line.starts_with("DEK-Info:")) {
        return Ok(Block { name, content: Content::LegacyEncrypted });
    }
    match decode(body) {
        Some(bytes) => Ok(Block { name, content: Content::Der(bytes) }),
        None if body.lines().any(|line| line.starts_with([' ', '\t'])) => Err(Problem::Indented.in_block(name)),
        None => Err(Problem::NotBase64.in_block(name)),
    }
}

/// The frame is written again, without what the reader rejects: white space at the ends of lines, and empty lines.
fn decode(body: &str) -> Option<SecretBytes> {
    const FIRST: &str = "-----BEGIN BLOCK-----\n";
    const LAST: &str = "-----END BLOCK-----\n";
    let capacity = FIRST.len() + body.len() + 1 + LAST.len();
    let text = SecretText::build(capacity, |text| {
        text.push_str(FIRST);
        body.lines().map(str::trim_end).filter(|line| !line.is_empty()).for_each(|line| text.extend([line, "\n"]));
        text.push_str(LAST);
    });
    let mut decoder = pem_rfc7468::Decoder::new_detect_wrap(text.expose().as_bytes()).ok()?;
    let mut bytes = SecretBytes::zeros(decoder.remaining_len());
    decoder.decode(bytes.expose_mut()).ok()?;
    decoder.is_finished().then_some(bytes)
}

/// A certificate as a text.
pub(super) fn certificate(der: &[u8]) -> String {
    // It fails only for lengths that no memory holds.
    pem_rfc7468::encode_string("CERTIFICATE", pem_rfc7468::LineEnding::LF, der).unwrap_or_default()
}

/// A private key in PKCS#8 as a text, in memory that is wiped: `encode_string` has none of that kind.
#[inline(never)]
pub(super) fn private_key(der: &[u8]) -> SecretText {
    const LABEL: &str = "PRIVATE KEY";
    const LINE: pem_rfc7468::LineEnding = pem_rfc7468::LineEnding::LF;
    // Both fail only for lengths that no memory holds.
    let mut room = SecretBytes::zeros(pem_rfc7468::encoded_len(LABEL, LINE, der).unwrap_or_default());
    let text = pem_rfc7468::encode(LABEL, LINE, der, room.expose_mut()).unwrap_or_default();
    SecretText::build(text.len(), |copy| copy.push_str(text))
}
