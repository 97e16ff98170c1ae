//! The pieces of a token's text, written without allocating.

#![expect(
    clippy::indexing_slicing,
    reason = "every index is masked to its table or below a constant that the buffer's type carries"
)]

use core::{mem::MaybeUninit, str};

/// The beginning of a token, before the resource.
pub const HEAD: &str = "SharedAccessSignature sr=";

/// A signature in base64 has 43 characters, each up to three bytes when escaped, and `%3D`.
pub const SIGNATURE_MAX: usize = 43 * 3 + 3;

/// So large that a position of eight bits and the four bytes after it are always inside, which saves a check for
/// each character.
pub const SIGNATURE_ROOM: usize = 256 + 4;

/// The digits of the largest expiry.
pub const DIGITS_MAX: usize = 20;

/// A byte of a buffer that a token is written to: of one that holds bytes already, or of one that holds nothing yet.
pub(crate) trait Place: Copy {
    /// The place with this byte in it.
    fn holding(byte: u8) -> Self;
}

impl Place for u8 {
    #[inline]
    fn holding(byte: u8) -> Self {
        byte
    }
}

impl Place for MaybeUninit<u8> {
    #[inline]
    fn holding(byte: u8) -> Self {
        Self::new(byte)
    }
}

/// Writes bytes to places, of which there are as many.
#[inline]
pub(crate) fn copy<P: Place>(to: &mut [P], bytes: &[u8]) {
    to.iter_mut().zip(bytes).for_each(|(to, byte)| *to = P::holding(*byte));
}

/// For each sextet up to three bytes of text and, last, how many of them count.
const TABLE: [[u8; 4]; 64] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let mut table = [[0; 4]; 64];
    let mut i = 0;
    while i < 62 {
        table[i] = [alphabet[i], 0, 0, 1];
        i += 1;
    }
    table[62] = *b"%2B\x03";
    table[63] = *b"%2F\x03";
    table
};

/// Base64 and percent-encoding in one pass, and from words: bytes that are stored at one width and read back at
/// another stall the pipeline.
#[inline]
#[expect(clippy::many_single_char_names, reason = "the names that FIPS 180-4 gives to the words of a hash")]
pub(crate) fn escape_base64<P: Place>(mac: &[u32; 8], out: &mut [P; SIGNATURE_ROOM]) -> usize {
    let mut at = 0u8;
    let mut put = |sextet: u64| {
        let entry = TABLE[(sextet & 63) as usize];
        let from = usize::from(at);
        out[from..from + 4].copy_from_slice(&entry.map(P::holding));
        at = at.wrapping_add(entry[3]);
    };
    let [a, b, c, d, e, f, g, h] = mac.map(u64::from);
    // 256 bits are four times ten sextets, and sixteen bits that are filled up to three sextets.
    let sixties = [
        a << 28 | b >> 4,
        (b & 0xf) << 56 | c << 24 | d >> 8,
        (d & 0xff) << 52 | e << 20 | f >> 12,
        (f & 0xfff) << 48 | g << 16 | h >> 16,
    ];
    for bits in sixties {
        put(bits >> 54);
        put(bits >> 48);
        put(bits >> 42);
        put(bits >> 36);
        put(bits >> 30);
        put(bits >> 24);
        put(bits >> 18);
        put(bits >> 12);
        put(bits >> 6);
        put(bits);
    }
    let bits = (h & 0xffff) << 2;
    put(bits >> 12);
    put(bits >> 6);
    put(bits);
    let from = usize::from(at);
    out[from..from + 3].copy_from_slice(&b"%3D".map(P::holding));
    from + 3
}

/// A signature as it is written after `sig=`, from the words of its hash.
#[must_use]
pub fn signature_text<'a>(mac: &[u32; 8], buffer: &'a mut [u8; SIGNATURE_ROOM]) -> &'a str {
    let length = escape_base64(mac, buffer);
    ascii(&buffer[..length])
}

/// An expiry as it is written after `se=`.
#[must_use]
pub fn expiry_text(expiry: u64, buffer: &mut [u8; DIGITS_MAX]) -> &str {
    ascii(decimal(expiry, buffer))
}

/// Everything written here is ASCII.
pub(crate) fn ascii(bytes: &[u8]) -> &str {
    str::from_utf8(bytes).unwrap_or_default()
}

/// Ten digits as they are written, the first two and the other eight, for every time from 2001 to 2286.
///
/// They are computed in registers, several in one word: digits stored one by one and read back eight at a time cost
/// as much as half a compression.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "each part is below the limit of its type")]
pub(crate) const fn ten_digits(n: u64) -> Option<TenDigits> {
    let high @ 10..=99 = n / 100_000_000 else { return None };
    let low = n % 100_000_000;
    // 10486 / 2^20 is 1/100 for numbers of four digits, 103 / 2^10 is 1/10 for numbers of two.
    let fours = (low / 10_000) | ((low % 10_000) << 32);
    let hundreds = ((fours * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let twos = hundreds | ((fours - hundreds * 100) << 16);
    let tens = ((twos * 103) >> 10) & 0x000f_000f_000f_000f;
    let ones = tens | ((twos - tens * 10) << 8);
    let eight = (ones | 0x3030_3030_3030_3030).to_le_bytes();
    Some(TenDigits([b'0' + (high / 10) as u8, b'0' + (high % 10) as u8], eight))
}

/// Ten digits: two and eight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TenDigits([u8; 2], [u8; 8]);

impl TenDigits {
    /// Writes them to the start of a place that has room for them.
    #[inline]
    pub(crate) fn put<P: Place>(self, to: &mut [P]) {
        if let Some((first, rest)) = to.split_first_chunk_mut()
            && let Some(second) = rest.first_chunk_mut()
        {
            *first = self.0.map(P::holding);
            *second = self.1.map(P::holding);
        }
    }
}

/// Any number.
#[must_use]
pub const fn decimal(mut n: u64, buffer: &mut [u8; DIGITS_MAX]) -> &[u8] {
    let mut at = DIGITS_MAX;
    loop {
        at -= 1;
        buffer[at] = b'0' + (n % 10) as u8;
        n /= 10;
        if n == 0 {
            return buffer.split_at(at).1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    use std::{format, string::ToString as _};

    #[test]
    fn a_signature_is_escaped_as_by_base64_and_percent_encoding() {
        let mut seed = 1u32;
        for _ in 0..2000 {
            let words: [u32; 8] = core::array::from_fn(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                seed.rotate_left(13)
            });
            assert_is_escaped(words);
        }
    }

    #[test]
    fn the_longest_signature_fits() {
        for byte in [0xff, 0xfb, 0xfe, 0xef, 0xbf, 0] {
            assert_is_escaped([u32::from_be_bytes([byte; 4]); 8]);
        }
    }

    fn assert_is_escaped(words: [u32; 8]) {
        let mut buffer = [0; SIGNATURE_ROOM];
        let text = signature_text(&words, &mut buffer);
        let mut plain = [0; 44];
        STANDARD.encode_slice(words.map(u32::to_be_bytes).as_flattened(), &mut plain).unwrap();
        let escaped = ascii(&plain).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D");
        assert_eq!(text, escaped);
        assert!(text.len() <= SIGNATURE_MAX);
    }

    #[test]
    fn digits_are_those_of_the_number() {
        let mut n = 0u64;
        loop {
            let text = n.to_string();
            assert_eq!(decimal(n, &mut [0; DIGITS_MAX]), text.as_bytes());
            match ten_digits(n) {
                Some(TenDigits(two, eight)) => assert_eq!(format!("{}{}", ascii(&two), ascii(&eight)), text),
                None => assert_ne!(text.len(), 10),
            }
            let Some(next) = n.checked_add(n / 7 + 1) else { break };
            n = next;
        }
        assert_eq!(ten_digits(9_999_999_999), Some(TenDigits(*b"99", *b"99999999")));
        assert_eq!(ten_digits(1_000_000_000), Some(TenDigits(*b"10", *b"00000000")));
        assert_eq!(decimal(u64::MAX, &mut [0; DIGITS_MAX]).len(), DIGITS_MAX);
    }

    #[test]
    fn every_group_of_four_digits_is_split_right() {
        for n in 0..10_000u64 {
            let TenDigits(_, eight) = ten_digits(1_000_000_000 + n * 10_000 + (9_999 - n)).unwrap();
            assert_eq!(ascii(&eight), format!("{n:04}{:04}", 9_999 - n));
        }
    }
}
