//! Base64, percent-encoding and numbers, each once for the whole library.

use crate::base::secret::SecretBytes;
use alloc::{borrow::Cow, string::String, vec, vec::Vec};
use base64::{
    DecodeError, DecodeSliceError, Engine as _,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use core::str::FromStr;

/// Standard alphabet; padding is written, and optional when read. Bits below the padding must be zero: in a
/// truncated text they often are not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The base64 text of `bytes`, in one allocation.
pub(crate) fn base64(bytes: &[u8]) -> String {
    let mut text = vec![0; bytes.len().div_ceil(3) * 4];
    // The buffer has the exact size and base64 is ASCII, so neither call can fail.
    let written = BASE64.encode_slice(bytes, &mut text);
    debug_assert_eq!(written, Ok(text.len()));
    String::from_utf8(text).unwrap_or_default()
}

/// The base64 text of the bytes of a hash, from its words and without an allocation, for a fleet's keys.
#[inline]
#[expect(clippy::many_single_char_names, reason = "the names that FIPS 180-4 gives to the words of a hash")]
pub(crate) fn base64_of_words(words: &[u32; 8], text: &mut [u8; 44]) {
    let [a, b, c, d, e, f, g, h] = words.map(u64::from);
    // 256 bits are five times 48, eight characters each, and sixteen that are filled up to three characters.
    let groups = [
        a << 16 | b >> 16,
        (b & 0xffff) << 32 | c,
        d << 16 | e >> 16,
        (e & 0xffff) << 32 | f,
        g << 16 | h >> 16,
        (h & 0xffff) << 32,
    ];
    let mut padded = [[b'='; 8]; 6];
    for (to, bits) in padded.iter_mut().zip(groups) {
        for (at, pair) in to.as_chunks_mut().0.iter_mut().enumerate() {
            #[expect(clippy::indexing_slicing, reason = "twelve bits index 4,096 pairs")]
            {
                *pair = PAIRS[(bits >> (36 - 12 * at) & 0xfff) as usize];
            }
        }
    }
    let characters = padded.as_flattened();
    for (to, from) in text.iter_mut().zip(characters) {
        *to = *from;
    }
    let [.., end] = text;
    *end = b'=';
}

/// The two characters of each twelve bits.
const PAIRS: [[u8; 2]; 4096] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut pairs = [[0; 2]; 4096];
    let mut bits = 0;
    while bits < pairs.len() {
        #[expect(clippy::indexing_slicing, reason = "six bits index sixty-four characters")]
        {
            pairs[bits] = [alphabet[bits >> 6], alphabet[bits & 63]];
        }
        bits += 1;
    }
    pairs
};

/// The characters in a line of a PEM text (RFC 7468, section 2).
const LINE: usize = 64;

/// The PEM text of one block. For what is not secret: the text is not wiped.
pub(crate) fn pem(label: &str, der: &[u8]) -> String {
    let body = base64(der);
    let mut text = String::with_capacity(body.len() + body.len() / LINE + 2 * (label.len() + 20));
    text.extend(["-----BEGIN ", label, "-----\n"]);
    let mut rest = body.as_str();
    while !rest.is_empty() {
        let (line, others) = rest.split_at_checked(LINE).unwrap_or((rest, ""));
        text.extend([line, "\n"]);
        rest = others;
    }
    text.extend(["-----END ", label, "-----\n"]);
    text
}

/// What is wrong with a text that should be base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base64Error {
    /// A character outside the alphabet, or padding in the wrong place.
    Character { offset: usize },
    /// The text ends where no base64 text can end.
    End,
}

/// The bytes of a base64 text, wiped when dropped, even those decoded before an error was met.
pub(crate) fn from_base64(text: &str) -> Result<SecretBytes, Base64Error> {
    let mut bytes = SecretBytes::zeros(text.len().div_ceil(4) * 3);
    match BASE64.decode_slice(text, bytes.expose_mut()) {
        Ok(length) => {
            bytes.truncate(length);
            Ok(bytes)
        }
        Err(DecodeSliceError::DecodeError(DecodeError::InvalidByte(offset, _))) => {
            Err(Base64Error::Character { offset })
        }
        // The buffer is never too small: it has room for every complete and incomplete group of four.
        Err(_) => Err(Base64Error::End),
    }
}

/// The base32 text of `bytes` in lower case, without padding.
#[cfg(feature = "tpm")]
pub(crate) fn base32(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let group = |group: &[u8]| {
        let word = group.iter().chain(&[0; 4]).take(5).fold(0, |word, byte| word << 8 | u64::from(*byte));
        let digits = (group.len() * 8).div_ceil(5);
        (0..digits).map(move |i| {
            #[expect(clippy::indexing_slicing, reason = "five bits index thirty-two digits")]
            char::from(DIGITS[(word >> (35 - 5 * i) & 31) as usize])
        })
    };
    bytes.chunks(5).flat_map(group).collect()
}

#[inline]
const fn is_unreserved(byte: u8) -> bool {
    #[expect(clippy::indexing_slicing, reason = "a byte indexes 256 values")]
    UNRESERVED[byte as usize]
}

/// RFC 3986, section 2.3. A table, because a library that is built for size would call a function for each byte.
const UNRESERVED: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0;
    while byte < table.len() {
        #[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "there are 256")]
        {
            let it = byte as u8;
            table[byte] = it.is_ascii_alphanumeric() || matches!(it, b'-' | b'.' | b'_' | b'~');
        }
        byte += 1;
    }
    table
};

/// Appends `text` percent-encoded: RFC 3986 unreserved characters bare, every other byte `%XX` in upper case.
pub(crate) fn percent_into(text: &str, out: &mut String) {
    const HEX: [char; 16] = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C', 'D', 'E', 'F'];
    let mut rest = text;
    while let Some(at) = rest.bytes().position(|byte| !is_unreserved(byte)) {
        let (bare, tail) = rest.split_at(at);
        out.push_str(bare);
        let length = tail.chars().next().map_or(1, char::len_utf8);
        let (escaped, tail) = tail.split_at(length);
        for byte in escaped.bytes() {
            out.push('%');
            #[expect(clippy::indexing_slicing, reason = "four bits index sixteen digits")]
            out.extend([HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
        }
        rest = tail;
    }
    out.push_str(rest);
}

/// How many bytes [`percent_into`] appends.
pub(crate) fn percent_len(text: &str) -> usize {
    text.bytes().map(|byte| if is_unreserved(byte) { 1 } else { 3 }).sum()
}

/// `text` percent-encoded.
pub(crate) fn percent(text: &str) -> String {
    let mut out = String::with_capacity(percent_len(text));
    percent_into(text, &mut out);
    out
}

/// `text` percent-decoded, once. `None` for a `%` without two hexadecimal digits, and for bytes that are not UTF-8.
/// A `+` stays a `+`: no SDK writes a space as `+`.
pub(crate) fn percent_decoded(text: &str) -> Option<Cow<'_, str>> {
    if !text.contains('%') {
        return Some(Cow::Borrowed(text));
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, tail)) = rest.split_first() {
        rest = tail;
        if byte == b'%' {
            let (digits, tail) = rest.split_first_chunk::<2>()?;
            let [high, low] = digits.map(|digit| char::from(digit).to_digit(16));
            bytes.push(u8::try_from(high? * 16 + low?).ok()?);
            rest = tail;
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok().map(Cow::Owned)
}

/// A decimal number: digits only. `parse` alone would take a sign.
pub(crate) fn number<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_of_every_length_is_decoded_again() {
        for length in 0..130u8 {
            let bytes: Vec<u8> = (0..length).map(|i| i.wrapping_mul(73)).collect();
            assert_eq!(from_base64(&base64(&bytes)).unwrap().expose(), bytes);
            let bare = base64(&bytes);
            assert_eq!(from_base64(bare.trim_end_matches('=')).unwrap().expose(), bytes, "without padding");
        }
    }

    #[test]
    fn base64_errors_say_where() {
        assert_eq!(from_base64("ab-d").err(), Some(Base64Error::Character { offset: 2 }));
        assert_eq!(from_base64("QUFBQ").err(), Some(Base64Error::End));
        assert_eq!(from_base64("Zm9vYh==").err(), Some(Base64Error::End), "bits below the padding");
    }

    #[test]
    #[cfg(feature = "tpm")]
    fn base32_is_that_of_its_rfc() {
        for (text, encoded) in [
            ("", ""),
            ("f", "my"),
            ("fo", "mzxq"),
            ("foo", "mzxw6"),
            ("foob", "mzxw6yq"),
            ("fooba", "mzxw6ytb"),
            ("foobar", "mzxw6ytboi"),
        ] {
            assert_eq!(base32(text.as_bytes()), encoded);
        }
    }

    #[test]
    fn decoding_inverts_percent_encoding() {
        for text in ["", "a", "dev+1", "50%", "é✓", "a b/c", "%%25", "~-._"] {
            let encoded = percent(text);
            assert_eq!(encoded.len(), percent_len(text));
            assert_eq!(percent_decoded(&encoded).unwrap(), text);
        }
        assert_eq!(percent("n@m.et#st"), "n%40m.et%23st");
    }

    #[test]
    fn a_broken_escape_is_rejected() {
        for text in ["%", "%4", "%zz", "%+1", "%FF"] {
            assert_eq!(percent_decoded(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_digits() {
        assert_eq!((number("0"), number("007"), number("255")), (Some(0_u8), Some(7), Some(255)));
        for text in ["", "+1", "-1", " 1", "1 ", "0x1", "256", "\u{664}"] {
            assert_eq!(number::<u8>(text), None, "{text:?}");
        }
    }
}
