//! From BER to DER, as far as other tools need it: indefinite lengths, lengths that are longer than they must be, and
//! octet strings in parts (X.690, sections 8.1.3 and 8.7.3).

use crate::base::secret::SecretBytes;

/// The most levels of elements in each other. A file has twelve.
const DEPTH: usize = 32;

const SEQUENCE: u8 = 0x30;
const OCTET_STRING: u8 = 0x04;
const OCTET_STRING_IN_PARTS: u8 = 0x24;
const OBJECT_IDENTIFIER: u8 = 0x06;
const CONSTRUCTED: u8 = 0x20;
const TAGGED_0: u8 = 0xa0;

/// The one element of these bytes in DER. `None` when they are not BER, or nested too deep.
pub(super) fn to_der(bytes: &[u8]) -> Option<SecretBytes> {
    // A definite length may take more than an indefinite one and its end, but never twice as much.
    let mut der = Writer(SecretBytes::zeros(2 * bytes.len()), 0);
    let (element, rest) = Element::read(bytes, DEPTH)?;
    if !rest.is_empty() {
        return None;
    }
    element.write(&mut der, false, DEPTH)?;
    let Writer(mut der, length) = der;
    der.truncate(length);
    Some(der)
}

/// An element, as it is written in BER.
#[derive(Clone, Copy)]
struct Element<'a> {
    tag: u8,
    content: &'a [u8],
}

impl<'a> Element<'a> {
    /// The first element, and what is after it.
    fn read(bytes: &'a [u8], depth: usize) -> Option<(Self, &'a [u8])> {
        let depth = depth.checked_sub(1)?;
        let (&[tag, length], rest) = bytes.split_first_chunk()?;
        // No element here has a tag of several bytes.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (length, rest) = match length {
            ..0x80 => (usize::from(length), rest),
            0x80 if tag & CONSTRUCTED != 0 => {
                let mut left = rest;
                while !left.starts_with(&[0, 0]) {
                    left = Self::read(left, depth)?.1;
                }
                let content = rest.get(..rest.len() - left.len())?;
                return Some((Self { tag, content }, left.get(2..)?));
            }
            0x81..=0x84 => {
                let (digits, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
                let length = digits.iter().fold(0, |length: u32, digit| length << 8 | u32::from(*digit));
                (usize::try_from(length).ok()?, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(length)?;
        Some((Self { tag, content }, rest))
    }

    fn is_constructed(self) -> bool {
        self.tag & CONSTRUCTED != 0
    }

    /// `is_implicit`: the tag replaces that of an octet string.
    fn write(self, to: &mut Writer, is_implicit: bool, depth: usize) -> Option<()> {
        let depth = depth.checked_sub(1)?;
        if self.tag == OCTET_STRING_IN_PARTS || is_implicit && self.is_constructed() {
            to.element(self.tag & !CONSTRUCTED, |to| parts(self.content, to, depth))
        } else if self.is_constructed() {
            to.element(self.tag, |to| children(self, to, depth))
        } else {
            to.element(self.tag, |to| to.bytes(self.content))
        }
    }
}

/// The elements in another.
fn children(parent: Element<'_>, to: &mut Writer, depth: usize) -> Option<()> {
    let (mut rest, mut tags) = (parent.content, [0; 2]);
    for place in 0.. {
        if rest.is_empty() {
            break;
        }
        let (child, after) = Element::read(rest, depth)?;
        // The encrypted bytes of CMS: content type, algorithm, and `[0] IMPLICIT OCTET STRING`.
        let is_encrypted = place == 2 && parent.tag == SEQUENCE && tags == [OBJECT_IDENTIFIER, SEQUENCE];
        child.write(to, is_encrypted && child.tag == TAGGED_0, depth)?;
        if let Some(tag) = tags.get_mut(place) {
            *tag = child.tag;
        }
        rest = after;
    }
    Some(())
}

/// The parts of an octet string, without their frames.
fn parts(mut content: &[u8], to: &mut Writer, depth: usize) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    while !content.is_empty() {
        let (part, rest) = Element::read(content, depth)?;
        match part.tag {
            OCTET_STRING => to.bytes(part.content)?,
            OCTET_STRING_IN_PARTS => parts(part.content, to, depth)?,
            _ => return None,
        }
        content = rest;
    }
    Some(())
}

/// What is written, and how much it is.
struct Writer(SecretBytes, usize);

impl Writer {
    fn bytes(&mut self, bytes: &[u8]) -> Option<()> {
        let end = self.1.checked_add(bytes.len())?;
        self.0.expose_mut().get_mut(self.1..end)?.copy_from_slice(bytes);
        self.1 = end;
        Some(())
    }

    /// Writes tag and length before what is written in `content`.
    fn element(&mut self, tag: u8, content: impl FnOnce(&mut Self) -> Option<()>) -> Option<()> {
        let start = self.1;
        content(self)?;
        let length = u32::try_from(self.1 - start).ok()?.to_be_bytes();
        let (header, used) = match length {
            [0, 0, 0, short @ ..0x80] => ([tag, short, 0, 0, 0, 0], 2),
            [0, 0, 0, a] => ([tag, 0x81, a, 0, 0, 0], 3),
            [0, 0, a, b] => ([tag, 0x82, a, b, 0, 0], 4),
            [0, a, b, c] => ([tag, 0x83, a, b, c, 0], 5),
            [a, b, c, d] => ([tag, 0x84, a, b, c, d], 6),
        };
        let end = self.1.checked_add(used)?;
        let written = self.0.expose_mut().get_mut(start..end)?;
        // Makes room in front of it.
        written.rotate_right(used);
        written.get_mut(..used)?.copy_from_slice(header.get(..used)?);
        self.1 = end;
        Some(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn der(bytes: &[u8]) -> Option<alloc::vec::Vec<u8>> {
        to_der(bytes).map(|der| der.expose().to_vec())
    }

    #[test]
    fn an_indefinite_length_becomes_definite() {
        assert_eq!(der(&[0x30, 0x80, 2, 1, 3, 0, 0]).unwrap(), [0x30, 3, 2, 1, 3]);
        assert_eq!(der(&[0x30, 0x80, 0xa0, 0x80, 2, 1, 3, 0, 0, 0, 0]).unwrap(), [0x30, 5, 0xa0, 3, 2, 1, 3]);
        assert_eq!(der(&[0x30, 0x83, 0, 0, 3, 2, 0x81, 1, 3]), None, "one byte is left over");
        assert_eq!(der(&[0x30, 0x83, 0, 0, 4, 2, 0x81, 1, 3]).unwrap(), [0x30, 3, 2, 1, 3]);
    }

    #[test]
    fn an_octet_string_in_parts_becomes_one() {
        let parts = [0x24, 0x80, 4, 1, 1, 0x24, 3, 4, 1, 2, 4, 0, 0, 0];
        assert_eq!(der(&parts).unwrap(), [4, 2, 1, 2]);
        assert_eq!(der(&[0x24, 0x80, 2, 1, 1, 0, 0]), None);
        // The encrypted bytes of CMS, and an explicit tag, which keeps what is in it.
        let encrypted = [0x30, 0x80, 6, 1, 1, 0x30, 0, 0xa0, 0x80, 4, 1, 7, 0, 0, 0, 0];
        assert_eq!(der(&encrypted).unwrap(), [0x30, 8, 6, 1, 1, 0x30, 0, 0x80, 1, 7]);
        let explicit = [0x30, 0x80, 6, 1, 1, 0xa0, 0x80, 4, 1, 7, 0, 0, 0, 0];
        assert_eq!(der(&explicit).unwrap(), [0x30, 8, 6, 1, 1, 0xa0, 3, 4, 1, 7]);
    }

    #[test]
    fn what_does_not_end_or_goes_too_deep_is_refused() {
        for broken in [&[][..], &[0x30], &[0x30, 0x80], &[0x30, 0x80, 2, 1, 3], &[0x30, 0x80, 2, 1, 3, 0], &[4, 0x80]] {
            assert_eq!(der(broken), None, "{broken:?}");
        }
        assert_eq!(der(&[0x30, 0x80].repeat(100_000)), None);
        let nested = |levels: usize| [[0x30, 0x80].repeat(levels), [0, 0].repeat(levels)].concat();
        assert!(der(&nested(20)).is_some() && der(&nested(40)).is_none());
    }
}
