//! The reading of DER (X.690) that key files need: elements with a definite length and a tag of one byte.

use super::response::Malformed;

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const OCTET_STRING: u8 = 0x04;
pub(super) const OBJECT_IDENTIFIER: u8 = 0x06;

/// The tag of an element in an explicit `[number]`.
pub(super) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// Reads elements in order, and never beyond their end.
pub(super) struct Der<'a>(&'a [u8]);

impl<'a> Der<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The content of the next element, which has to have this tag.
    pub(super) fn next(&mut self, tag: u8) -> Option<&'a [u8]> {
        let (&[found, first], rest) = self.0.split_first_chunk()?;
        let (length, rest) = match first {
            0..=0x7f => (usize::from(first), rest),
            0x81 => rest.split_first().map(|(length, rest)| (usize::from(*length), rest)).filter(|(n, _)| *n > 0x7f)?,
            0x82 => {
                let (length, rest) = rest.split_first_chunk()?;
                (usize::from(u16::from_be_bytes(*length)), rest)
            }
            _ => return None,
        };
        if found != tag || (first == 0x82 && length <= 0xff) {
            return None;
        }
        let (content, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(content)
    }

    /// The same for an element that may be absent.
    pub(super) fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Malformed> {
        if self.0.first() == Some(&tag) { self.next(tag).ok_or(Malformed).map(Some) } else { Ok(None) }
    }

    /// Whether all bytes were read.
    pub(super) const fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}

/// The content of bytes that are one element and nothing else.
pub(super) fn only(tag: u8, bytes: &[u8]) -> Option<&[u8]> {
    let mut reader = Der::new(bytes);
    reader.next(tag).filter(|_| reader.is_at_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::der::element;
    use alloc::vec;

    #[test]
    fn every_length_up_to_two_bytes_is_read_in_its_shortest_form_only() {
        for length in [0, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x1_0000] {
            let content = vec![7; length];
            let whole = element(OCTET_STRING, &[&content]);
            let expected = (length <= 0xffff).then_some(content.as_slice());
            assert_eq!(only(OCTET_STRING, &whole), expected, "{length}");
            assert_eq!(only(OCTET_STRING, whole.split_last().unwrap().1), None, "cut");
            assert_eq!(only(BOOLEAN, &whole), None, "another tag");
        }
        for other in [&[4, 0x81, 1, 7][..], &[4, 0x82, 0, 1, 7], &[4, 0x80, 7, 0, 0], &[4, 0x81], &[4, 0x82, 1], &[4]] {
            assert_eq!(only(OCTET_STRING, other), None, "{other:?}");
        }
        assert_eq!(only(OCTET_STRING, &[4, 1, 7, 0]), None, "something behind it");
    }

    #[test]
    fn an_element_that_may_be_absent_is_malformed_or_absent() {
        assert_eq!(Der::new(&[4, 1, 7]).optional(BOOLEAN), Ok(None));
        assert_eq!(Der::new(&[1, 1, 7]).optional(BOOLEAN), Ok(Some(&[7][..])));
        assert_eq!(Der::new(&[1, 2, 7]).optional(BOOLEAN), Err(Malformed));
    }
}
