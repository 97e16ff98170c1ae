//! The reading of DER (X.690) that key files need: elements in an order, some of which may be absent.

use super::response::Malformed;
use crate::base::der;

pub(super) const BOOLEAN: u8 = 0x01;
pub(super) const OCTET_STRING: u8 = 0x04;

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
        Some(der::take(&mut self.0, tag)?.content)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_that_may_be_absent_is_malformed_or_absent() {
        assert_eq!(Der::new(&[4, 1, 7]).optional(BOOLEAN), Ok(None));
        assert_eq!(Der::new(&[1, 1, 7]).optional(BOOLEAN), Ok(Some(&[7][..])));
        assert_eq!(Der::new(&[1, 2, 7]).optional(BOOLEAN), Err(Malformed));
    }
}
