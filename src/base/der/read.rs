//! The elements of DER: as much as is needed to find a field (X.690, sections 8.1 and 10.1).

/// One element of DER.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    /// Tag, length and content.
    pub(crate) whole: &'a [u8],
    /// The content alone.
    pub(crate) content: &'a [u8],
}

/// Takes the first element off `bytes`, with its tag. `None` when there is no complete one, and for a length that is not
/// written in its shortest form.
pub(crate) fn any<'a>(bytes: &mut &'a [u8]) -> Option<(u8, Element<'a>)> {
    let all = *bytes;
    let (&[tag, first], rest) = all.split_first_chunk::<2>()?;
    let (length, header) = match first {
        0..=0x7f => (usize::from(first), 2),
        0x81..=0x83 => {
            let count = usize::from(first & 0x7f);
            let digits = rest.get(..count)?;
            let length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
            let is_shortest = length >= 0x80 && digits.first() != Some(&0);
            (is_shortest.then_some(length)?, 2 + count)
        }
        _ => return None,
    };
    let whole = all.get(..header + length)?;
    *bytes = all.get(header + length..)?;
    Some((tag, Element { whole, content: whole.get(header..)? }))
}

/// Takes the first element off `bytes` if it has this tag.
pub(crate) fn take<'a>(bytes: &mut &'a [u8], tag: u8) -> Option<Element<'a>> {
    let mut rest = *bytes;
    let (found, element) = any(&mut rest)?;
    (found == tag).then(|| *bytes = rest)?;
    Some(element)
}

/// The content of `bytes`, which are one element of this tag and no more.
pub(crate) fn only(mut bytes: &[u8], tag: u8) -> Option<&[u8]> {
    let element = take(&mut bytes, tag)?;
    bytes.is_empty().then_some(element.content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::der::SEQUENCE;
    use alloc::vec;

    #[test]
    fn an_element_ends_where_its_length_says() {
        let mut bytes: &[u8] = &[0x30, 2, 1, 2, 9];
        let element = take(&mut bytes, SEQUENCE).unwrap();
        assert_eq!((element.whole, element.content, bytes), (&[0x30, 2, 1, 2][..], &[1, 2][..], &[9][..]));
        assert_eq!(only(&[0x30, 1, 7], SEQUENCE), Some(&[7][..]));
        for bad in [&[0x30, 1, 7, 7][..], &[0x31, 1, 7], &[0x30], &[0x30, 2, 7], &[]] {
            assert_eq!(only(bad, SEQUENCE), None, "{bad:?}");
        }
    }

    #[test]
    fn a_long_length_has_its_shortest_form() {
        for (head, length) in [(&[0x30, 0x81, 0x80][..], 0x80), (&[0x30, 0x82, 1, 0], 0x100)] {
            let bytes = [head, &vec![5; length]].concat();
            assert_eq!(only(&bytes, SEQUENCE).map(<[u8]>::len), Some(length));
        }
        for head in [
            &[0x30, 0x80][..],
            &[0x30, 0x81, 0x7f],
            &[0x30, 0x82, 0, 0x90],
            &[0x30, 0x84, 0, 0, 1, 0],
            &[0x30, 0x82, 1],
        ] {
            let bytes = [head, &vec![5; 0x100]].concat();
            assert_eq!(take(&mut &*bytes, SEQUENCE).map(|element| element.whole.len()), None, "{head:?}");
        }
    }
}
