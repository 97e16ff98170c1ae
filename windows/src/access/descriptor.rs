//! A security descriptor in its self-relative binary form: whose an object is, and its access list.

use super::sid::Sid;

/// The control bit that says that there is an access list.
const LIST_PRESENT: u16 = 0x0004;

/// The flag of an entry that only its heirs are to follow.
const INHERIT_ONLY: u8 = 0x08;

/// An entry that is followed, in the order of the list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) allows: bool,
    /// The rights, as bits.
    pub(super) mask: u32,
    pub(super) sid: Sid,
}

/// The owner and the access list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Descriptor {
    pub(super) owner: Option<Sid>,
    /// `None` means everything for everyone; no entry means nothing for anybody.
    pub(super) list: Option<Vec<Entry>>,
}

impl Descriptor {
    /// `None` if it is cut off or not of this form.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        if bytes.first() != Some(&1) {
            return None;
        }
        let owner = match offset(bytes, 4)? {
            0 => None,
            at => Some(Sid::parse(bytes.get(at..)?)?),
        };
        let list = match offset(bytes, 16)? {
            at if at > 0 && short(bytes, 2)? & LIST_PRESENT != 0 => Some(entries(bytes.get(at..)?)?),
            _ => None,
        };
        Some(Self { owner, list })
    }
}

/// The entries of an ACL that grant or deny something, as far as they are for this object.
fn entries(acl: &[u8]) -> Option<Vec<Entry>> {
    let count = short(acl, 4)?;
    let mut rest = acl.get(8..usize::from(short(acl, 2)?))?;
    let mut entries = Vec::new();
    for _ in 0..count {
        let length = usize::from(short(rest, 2)?);
        let (ace, others) = rest.split_at_checked(length.max(4))?;
        rest = others;
        let &[kind, flags, ..] = ace else { return None };
        let (allows, has_types) = match kind {
            _ if flags & INHERIT_ONLY != 0 => continue,
            // ACCESS_ALLOWED, and the same under a condition, which is taken for met.
            0x00 | 0x09 => (true, false),
            // ACCESS_DENIED.
            0x01 => (false, false),
            // ACCESS_ALLOWED_OBJECT, also under a condition. Files have no object types, so that all of them are granted.
            0x05 | 0x0b => (true, true),
            // Audits, labels, and denials under a condition: they grant and deny nothing for certain.
            _ => continue,
        };
        let sid = Sid::parse(ace.get(if has_types { after_types(ace)? } else { 8 }..)?)?;
        entries.push(Entry { allows, mask: long(ace, 4)?, sid });
    }
    Some(entries)
}

/// Where the SID stands after up to two GUIDs.
fn after_types(ace: &[u8]) -> Option<usize> {
    let present = long(ace, 8)? & 0b11;
    Some(12 + 16 * usize::try_from(present.count_ones()).ok()?)
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes))
}

fn long(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

fn offset(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(long(bytes, at)?).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
pub(super) mod tests {
    use super::*;

    /// An entry: its kind, flags, mask and SID.
    pub(in super::super) type Written<'a> = (u8, u8, u32, &'a Sid);

    fn sid_bytes(sid: &Sid) -> Vec<u8> {
        sid.words().iter().flat_map(|word| word.to_ne_bytes()).collect()
    }

    fn ace(&(kind, flags, mask, sid): &Written<'_>) -> Vec<u8> {
        let types = if kind == 0x05 { [&3_u32.to_le_bytes()[..], &[0; 32]].concat() } else { Vec::new() };
        let sid = sid_bytes(sid);
        let length = u16::try_from(8 + types.len() + sid.len()).unwrap();
        [&[kind, flags], &length.to_le_bytes()[..], &mask.to_le_bytes(), &types, &sid].concat()
    }

    /// A descriptor as the system writes it.
    pub(in super::super) fn written(owner: &Sid, list: Option<&[Written<'_>]>) -> Vec<u8> {
        let owner = sid_bytes(owner);
        let list = list.map(|entries| {
            let aces: Vec<u8> = entries.iter().flat_map(ace).collect();
            let (length, count) = (u16::try_from(8 + aces.len()).unwrap(), u16::try_from(entries.len()).unwrap());
            [&[2, 0], &length.to_le_bytes()[..], &count.to_le_bytes(), &[0; 2], &aces].concat()
        });
        let list_at = u32::try_from(20 + owner.len()).unwrap();
        let (control, list_at) = if list.is_some() { (0x8004_u16, list_at) } else { (0x8000, 0) };
        let [owner_at, none] = [20_u32, 0].map(u32::to_le_bytes);
        let head = [&[1, 0], &control.to_le_bytes()[..], &owner_at, &none, &none, &list_at.to_le_bytes()].concat();
        [head, owner, list.unwrap_or_default()].concat()
    }

    fn user() -> Sid {
        Sid::nt(&[21, 1, 2, 3, 1001])
    }

    #[test]
    fn owner_and_entries_are_read_in_their_order() {
        let (user, all) = (user(), Sid::everyone());
        let bytes = written(&user, Some(&[(1, 0, 2, &all), (0, 0x10, 0x001f_01ff, &user), (5, 0, 1, &all)]));
        let read = Descriptor::parse(&bytes).unwrap();
        assert_eq!(read.owner, Some(user.clone()));
        let entry = |allows, mask, sid: &Sid| Entry { allows, mask, sid: sid.clone() };
        let expected = vec![entry(false, 2, &all), entry(true, 0x001f_01ff, &user), entry(true, 1, &all)];
        assert_eq!(read.list, Some(expected));
    }

    #[test]
    fn entries_for_heirs_alone_and_those_that_grant_nothing_are_left_out() {
        let all = Sid::everyone();
        // Inherit only; an audit; a label; a denial under a condition.
        let entries = [(0, 0x0b, 1, &all), (2, 0, 1, &all), (0x11, 0, 1, &all), (0x0a, 0, 1, &all)];
        assert_eq!(Descriptor::parse(&written(&user(), Some(&entries))).unwrap().list, Some(Vec::new()));
    }

    #[test]
    fn no_list_is_not_an_empty_list() {
        assert_eq!(Descriptor::parse(&written(&user(), None)).unwrap().list, None);
        assert_eq!(Descriptor::parse(&written(&user(), Some(&[]))).unwrap().list, Some(Vec::new()));
    }

    #[test]
    fn a_descriptor_that_is_cut_off_anywhere_is_none() {
        let (user, all) = (user(), Sid::everyone());
        let bytes = written(&user, Some(&[(0, 0, 1, &all), (5, 0, 1, &user)]));
        for length in 0..bytes.len() {
            assert_eq!(Descriptor::parse(&bytes[..length]), None, "{length} bytes");
        }
    }

    #[test]
    fn no_change_of_a_byte_makes_it_panic() {
        let (user, all) = (user(), Sid::everyone());
        let bytes = written(&user, Some(&[(0, 0, 1, &all), (1, 0, 1, &user)]));
        for at in 0..bytes.len() {
            for value in [0, 1, 5, 0x7f, 0xff] {
                let mut other = bytes.clone();
                other[at] = value;
                let _ = Descriptor::parse(&other);
            }
        }
    }
}
