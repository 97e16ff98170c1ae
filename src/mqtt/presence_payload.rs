//! The payloads of presence, in the encoding of Protocol Buffers.

use alloc::vec::Vec;

/// Of a birth: field 1, whether the server had a session; fields 12 and 13, what it is to send without a request.
pub(super) fn birth(session_present: bool, push: bool) -> Vec<u8> {
    let mut payload = Vec::new();
    if session_present {
        payload.extend([0x08, 1]);
    }
    if push {
        payload.extend([0x60, 1, 0x68, 1]);
    }
    payload
}

/// Of an acknowledgement: fields 10 and 11, the versions of the desired and the reported properties. The last value of a
/// field counts, and other fields are skipped. `None` when it is no message.
pub(super) fn versions(mut rest: &[u8]) -> Option<[Option<u64>; 2]> {
    let (mut desired, mut reported) = (None, None);
    while !rest.is_empty() {
        let tag = varint(&mut rest)?;
        let (field, wire) = (tag >> 3, tag & 7);
        if field == 0 {
            return None;
        }
        match (wire, field) {
            (0, 10) => desired = Some(varint(&mut rest)?),
            (0, 11) => reported = Some(varint(&mut rest)?),
            (0, _) => {
                varint(&mut rest)?;
            }
            (1, _) => rest = rest.get(8..)?,
            (2, _) => {
                let length = usize::try_from(varint(&mut rest)?).ok()?;
                rest = rest.get(length..)?;
            }
            (5, _) => rest = rest.get(4..)?,
            _ => return None,
        }
    }
    Some([desired, reported])
}

/// A number of seven bits in each byte, the lowest first: at most ten bytes.
fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, tail) = rest.split_first()?;
        *rest = tail;
        let bits = u64::from(byte & 0x7f);
        // The tenth byte has room for one bit.
        if shift == 63 && bits > 1 {
            return None;
        }
        value |= bits << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_every_kind_are_skipped() {
        let payload =
            [&[0x08, 1][..], &[0x11, 0, 0, 0, 0, 0, 0, 0, 0], &[0x1a, 2, 9, 9], &[0x25, 0, 0, 0, 0], &[0x50, 5]]
                .concat();
        assert_eq!(versions(&payload), Some([Some(5), None]));
        for length in 1..payload.len() {
            // A message that ends between two fields is a shorter one.
            let is_whole = [2, 11, 15, 20].contains(&length);
            assert_eq!(versions(payload.get(..length).unwrap_or_default()).is_some(), is_whole, "{length}");
        }
    }

    #[test]
    fn numbers_have_64_bits() {
        let largest = [&[0x50][..], &[0xff; 9], &[1]].concat();
        assert_eq!(versions(&largest), Some([Some(u64::MAX), None]));
        assert_eq!(versions(&[&[0x50][..], &[0xff; 9], &[2]].concat()), None);
        assert_eq!(versions(&[&[0x50][..], &[0xff; 10], &[1]].concat()), None);
        assert_eq!(versions(&[0x50, 1, 0x50, 2, 0x58, 0]), Some([Some(2), Some(0)]));
    }

    #[test]
    fn what_is_no_message_is_not_read() {
        for bytes in [&[0x03, 0][..], &[0x00, 1], &[0x1a, 0xff, 0xff, 0xff, 0xff, 0x0f], &[0x54], b"{}"] {
            assert_eq!(versions(bytes), None, "{bytes:?}");
        }
    }
}
