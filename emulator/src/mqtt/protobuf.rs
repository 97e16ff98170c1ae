//! The payloads of presence: messages of Protocol Buffers whose fields are numbers of variable length.

/// Field 1 of a birth: whether the CONNACK had a session.
const SESSION_PRESENT: u64 = 1;
/// Fields 12 and 13 of a birth: what the hub is to push.
const PUSH: [u64; 2] = [12, 13];
/// Field 10 of an acknowledgement: the version of the desired properties.
const DESIRED: u8 = 10;
/// Field 11 of an acknowledgement: the version of the reported properties.
const REPORTED: u8 = 11;

/// What a birth says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Birth {
    pub(super) session_present: bool,
    /// What it has set of both.
    pub(super) push: [bool; 2],
}

impl Birth {
    /// `None` when the payload is no such message.
    pub(super) fn read(mut payload: &[u8]) -> Option<Self> {
        let mut birth = Self::default();
        while !payload.is_empty() {
            let (tag, rest) = varint(payload)?;
            // Every field of a birth is a number.
            if tag & 7 != 0 || tag >> 3 == 0 {
                return None;
            }
            let (value, rest) = varint(rest)?;
            match tag >> 3 {
                SESSION_PRESENT => birth.session_present = value != 0,
                field => {
                    for (flag, number) in birth.push.iter_mut().zip(PUSH) {
                        *flag |= field == number && value != 0;
                    }
                }
            }
            payload = rest;
        }
        Some(birth)
    }
}

/// The payload of an acknowledgement.
pub(super) fn acknowledgement(desired: u64, reported: u64) -> Vec<u8> {
    let mut payload = Vec::new();
    for (field, mut value) in [(DESIRED, desired), (REPORTED, reported)] {
        payload.push(field << 3);
        while value > 0x7f {
            payload.push(value.to_le_bytes()[0] | 0x80);
            value >>= 7;
        }
        payload.push(value.to_le_bytes()[0]);
    }
    payload
}

/// A number and what follows it.
fn varint(bytes: &[u8]) -> Option<(u64, &[u8])> {
    let length = bytes.iter().take(10).position(|byte| byte & 0x80 == 0)? + 1;
    let (number, rest) = bytes.split_at_checked(length)?;
    let value = number
        .iter()
        .rev()
        .try_fold(0_u64, |value, byte| value.checked_mul(128).map(|value| value | u64::from(byte & 0x7f)));
    Some((value?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn births_of_all_clients_are_read() {
        let with = |session_present, push| Some(Birth { session_present, push: [push; 2] });
        assert_eq!(Birth::read(&[]), with(false, false));
        assert_eq!(Birth::read(&[0x60, 1, 0x68, 1]), with(false, true));
        assert_eq!(Birth::read(&[8, 1, 0x60, 1, 0x68, 1]), with(true, true));
        assert_eq!(Birth::read(&[8, 1]), with(true, false));
        assert_eq!(Birth::read(&[8, 0, 0x60, 0]), with(false, false));
        for bad in [&[8][..], &[0x60, 1, 0x68], &[0x0a, 1, 1], &[0, 1], b"{}", &[0xff; 11]] {
            assert_eq!(Birth::read(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn versions_are_written_in_fields_10_and_11() {
        assert_eq!(acknowledgement(1, 300), [0x50, 1, 0x58, 0xac, 2]);
        assert_eq!(varint(&acknowledgement(u64::MAX, 0)[1..]).unwrap().0, u64::MAX);
    }
}
