//! Writes elements of DER.

use super::{BIT_STRING, INTEGER};
use alloc::vec::Vec;

/// An element whose content is these parts, one after the other.
pub(crate) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    let mut bytes = Vec::with_capacity(length + 6);
    bytes.push(tag);
    if let Ok(short @ 0..=0x7f) = u8::try_from(length) {
        bytes.push(short);
    } else {
        let digits = length.to_be_bytes();
        let digits = digits.iter().skip_while(|digit| **digit == 0);
        // Their number is at most eight.
        bytes.push(digits.clone().fold(0x80, |first, _| first + 1));
        bytes.extend(digits);
    }
    for part in parts {
        bytes.extend_from_slice(part);
    }
    bytes
}

/// A bit string of whole bytes.
pub(crate) fn bits(bytes: &[u8]) -> Vec<u8> {
    element(BIT_STRING, &[&[0], bytes])
}

/// An integer that is not negative, from big-endian bytes.
pub(crate) fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let start = bytes.iter().position(|byte| *byte != 0).unwrap_or(bytes.len());
    let digits = bytes.get(start..).unwrap_or_default();
    let is_positive = digits.first().is_some_and(|first| *first < 0x80);
    element(INTEGER, &[if is_positive { &[] } else { &[0] }, digits])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::der::SEQUENCE;
    use alloc::vec;

    #[test]
    fn a_length_has_no_more_bytes_than_it_needs() {
        let start = |length: usize| element(SEQUENCE, &[&vec![7; length]])[..4].to_vec();
        assert_eq!(element(SEQUENCE, &[]), [0x30, 0]);
        assert_eq!(start(127), [0x30, 127, 7, 7]);
        assert_eq!(start(128), [0x30, 0x81, 128, 7]);
        assert_eq!(start(255), [0x30, 0x81, 255, 7]);
        assert_eq!(start(256), [0x30, 0x82, 1, 0]);
        assert_eq!(element(SEQUENCE, &[&vec![7; 65_536]])[..5], [0x30, 0x83, 1, 0, 0]);
    }

    #[test]
    fn an_integer_is_positive_and_has_no_leading_zeros() {
        for (bytes, encoded) in [
            (&[][..], &[2, 1, 0][..]),
            (&[0, 0], &[2, 1, 0]),
            (&[0x7f], &[2, 1, 0x7f]),
            (&[0, 0, 0x80], &[2, 2, 0, 0x80]),
            (&[1, 0, 1], &[2, 3, 1, 0, 1]),
        ] {
            assert_eq!(unsigned(bytes), encoded);
        }
    }
}
