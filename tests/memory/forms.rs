//! Every way in which a secret may be written.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest as _, Sha256, block_api::compress256};
use std::{fs::File, io::Read as _};

/// Bytes that are nowhere else.
pub(crate) fn random() -> [u8; 32] {
    let mut bytes = [0; 32];
    File::open("/dev/urandom").unwrap().read_exact(&mut bytes).unwrap();
    bytes
}

/// Something that must not be left behind.
#[derive(Clone)]
pub(crate) struct Secret {
    pub(crate) name: String,
    bytes: Vec<u8>,
    kind: Kind,
}

#[derive(Clone, Copy)]
enum Kind {
    /// A symmetric key: what HMAC makes of it is as good as the key.
    Key,
    /// A state of SHA-256, in bytes.
    State,
    Other,
}

impl Secret {
    /// A symmetric key: what HMAC makes of it is as good as the key.
    pub(crate) fn key(name: &str, bytes: &[u8]) -> Self {
        Self { name: name.into(), bytes: bytes.into(), kind: Kind::Key }
    }

    /// The state of the inner hash of HMAC after the whole blocks of a message: with the outer one it signs every
    /// message that begins so.
    pub(crate) fn state_after(name: &str, key: &[u8], message: &[u8]) -> Self {
        let mut block = [0x36; 64];
        block.iter_mut().zip(key).for_each(|(to, byte)| *to ^= byte);
        let mut state = INITIAL;
        compress256(&mut state, &[block]);
        compress256(&mut state, message.as_chunks().0);
        let bytes = state.iter().flat_map(|word| word.to_be_bytes()).collect();
        Self { name: name.into(), bytes, kind: Kind::State }
    }

    /// Anything else.
    pub(crate) fn other(name: &str, bytes: &[u8]) -> Self {
        Self { name: name.into(), bytes: bytes.into(), kind: Kind::Other }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn forms(&self) -> Vec<Form> {
        let bytes = &self.bytes;
        let base64 = STANDARD.encode(bytes);
        let hex = bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
        let percent = base64.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        let mut forms = vec![
            Form::bytes("raw", bytes.clone()),
            // Numbers, as libraries of cryptography keep them.
            Form::bytes("reversed", bytes.iter().rev().copied().collect()),
            Form::bytes("words", words(bytes)),
            Form::text("hex", hex.clone(), 2 * PART),
            Form::text("upper-case hex", hex.to_uppercase(), 2 * PART),
            Form::text("percent-encoded base64", percent, PART / 3 * 4 + 2),
            Form::text("base64", base64, PART / 3 * 4 + 2),
            // In the middle of something longer.
            Form::text("base64 behind one byte", inner_base64(bytes, 1), PART / 3 * 4 + 2),
            Form::text("base64 behind two bytes", inner_base64(bytes, 2), PART / 3 * 4 + 2),
        ];
        match self.kind {
            Kind::Key => forms.extend(self.hmac_forms()),
            Kind::State => {
                let mut state = [0; 8];
                for (word, bytes) in state.iter_mut().zip(bytes.as_chunks().0) {
                    *word = u32::from_be_bytes(*bytes);
                }
                forms.extend(state_forms(
                    &state,
                    ["state", "bytes of state", "state as ABEF and CDGH", "state in pairs"],
                ));
            }
            Kind::Other => {}
        }
        forms
    }

    /// The blocks that HMAC begins with, and the states of SHA-256 after them (RFC 2104).
    fn hmac_forms(&self) -> Vec<Form> {
        let mut block = [0; 64];
        let mut forms = Vec::new();
        if self.bytes.len() > block.len() {
            let hash = Sha256::digest(&self.bytes);
            block[..32].copy_from_slice(&hash);
            forms.extend([Form::bytes("hash", hash.to_vec()), Form::bytes("words of hash", words(&hash))]);
        } else {
            block[..self.bytes.len()].copy_from_slice(&self.bytes);
        }
        for (pad, names) in [
            (
                0x36,
                [
                    "ipad",
                    "words of ipad",
                    "inner state",
                    "bytes of inner state",
                    "inner state as ABEF and CDGH",
                    "inner state in pairs",
                ],
            ),
            (
                0x5c,
                [
                    "opad",
                    "words of opad",
                    "outer state",
                    "bytes of outer state",
                    "outer state as ABEF and CDGH",
                    "outer state in pairs",
                ],
            ),
        ] {
            let [block_name, words_name, state_names @ ..] = names;
            let padded = block.map(|byte| byte ^ pad);
            forms.extend([Form::bytes(block_name, padded.to_vec()), Form::bytes(words_name, words(&padded))]);
            let mut state = INITIAL;
            compress256(&mut state, &[padded]);
            forms.extend(state_forms(&state, state_names));
        }
        forms
    }
}

/// A state of SHA-256 as it is written: native words, bytes, and what the SHA instructions of x86 have in their
/// registers, in the order in which memory holds them.
fn state_forms(state: &[u32; 8], names: [&'static str; 4]) -> [Form; 4] {
    let in_order = |order: [usize; 8]| order.iter().flat_map(|at| state[*at].to_ne_bytes()).collect();
    let [words, bytes, registers, pairs] = names;
    [
        Form::bytes(words, in_order([0, 1, 2, 3, 4, 5, 6, 7])),
        Form::bytes(bytes, state.iter().flat_map(|word| word.to_be_bytes()).collect()),
        // F, E, B, A and H, G, D, C: the lowest word of a register comes first.
        Form::bytes(registers, in_order([5, 4, 1, 0, 7, 6, 3, 2])),
        // On the way from words to registers.
        Form::bytes(pairs, in_order([1, 0, 3, 2, 7, 6, 5, 4])),
    ]
}

/// So many bytes of a secret in a row are a part of it: what `free`, which overwrites sixteen bytes, and a half-written
/// copy leave of a key. Of less than that a processor's register may have held the text, which is put on the stack now
/// and then.
const PART: usize = 16;

/// One way to write a secret.
pub(crate) struct Form {
    pub(crate) name: &'static str,
    pub(crate) bytes: Vec<u8>,
    /// How many bytes of the form stand for a part of the secret.
    pub(crate) piece: usize,
}

impl Form {
    fn bytes(name: &'static str, bytes: Vec<u8>) -> Self {
        Self { name, bytes, piece: PART }
    }

    fn text(name: &'static str, text: String, piece: usize) -> Self {
        Self { name, bytes: text.into(), piece }
    }
}

/// FIPS 180-4, section 5.3.3.
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// As a hash reads them: four bytes are a number.
fn words(bytes: &[u8]) -> Vec<u8> {
    bytes.chunks(4).flat_map(|word| word.iter().rev().copied()).collect()
}

/// The part that does not depend on the bytes around it.
fn inner_base64(bytes: &[u8], behind: usize) -> String {
    let text = STANDARD.encode([&[0; 2][..behind], bytes].concat());
    let whole = (behind + bytes.len()) / 3 * 4;
    text[4..whole].into()
}
