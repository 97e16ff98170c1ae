//! Who a list lets read or change a file.

use super::{
    descriptor::{Descriptor, Entry},
    sid::Sid,
};

/// Read its content.
const READ_DATA: u32 = 0x0001;
/// Write, append, and remove what is in a folder.
const WRITE_DATA: u32 = 0x0002 | 0x0004 | 0x0040;
/// Change the list, or become the owner, who may change it.
const TAKE: u32 = 0x0004_0000 | 0x0008_0000;

/// Rights with which a content is read, directly or after a change of the list.
pub(super) const READS: u32 = READ_DATA | TAKE;
/// The same for changing it.
pub(super) const WRITES: u32 = WRITE_DATA | TAKE;

/// What the generic rights are for a file.
const GENERIC: [(u32, u32); 4] =
    [(0x8000_0000, 0x0012_0089), (0x4000_0000, 0x0012_0116), (0x2000_0000, 0x0012_00a0), (0x1000_0000, 0x001f_01ff)];

impl Descriptor {
    /// Who has one of these rights and is none of `own`, in the order of the list.
    ///
    /// A denial counts if it comes before the grant and is for the same SID or for everyone. Whether one of another group
    /// covers those of a grant is not known here.
    pub(super) fn others(&self, rights: u32, own: &[Sid]) -> Vec<Sid> {
        let Some(list) = &self.list else { return vec![Sid::everyone()] };
        let everyone = Sid::everyone();
        let mut found: Vec<Sid> = Vec::new();
        for (at, entry) in list.iter().enumerate().filter(|(_, entry)| entry.allows) {
            let denied = |before: &&Entry| !before.allows && (before.sid == entry.sid || before.sid == everyone);
            let denied = list.iter().take(at).filter(denied).fold(0, |bits, before| bits | mapped(before.mask));
            let is_other = !own.contains(&entry.sid) && !entry.sid.is_nobody_else() && !found.contains(&entry.sid);
            if is_other && mapped(entry.mask) & rights & !denied != 0 {
                found.push(entry.sid.clone());
            }
        }
        found
    }

    /// The owner, if he is none of `own` and not the system. A file system without owners names everyone.
    pub(super) fn foreign_owner(&self, own: &[Sid]) -> Option<&Sid> {
        let is_foreign = |owner: &&Sid| !own.contains(owner) && !owner.is_nobody_else() && !owner.is_every_user();
        self.owner.as_ref().filter(is_foreign)
    }
}

fn mapped(mask: u32) -> u32 {
    GENERIC.iter().filter(|(generic, _)| mask & generic != 0).fold(mask, |mask, (_, rights)| mask | rights)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::{
        super::descriptor::tests::{Written, written},
        *,
    };

    const ALLOW: u8 = 0;
    const DENY: u8 = 1;
    const FULL: u32 = 0x001f_01ff;
    const READ: u32 = 0x0012_0089;
    const MODIFY: u32 = 0x0013_01bf;

    fn me() -> Sid {
        Sid::nt(&[21, 1, 2, 3, 1001])
    }

    fn users() -> Sid {
        Sid::nt(&[32, 545])
    }

    /// Readers and writers, as text.
    fn others(list: Option<&[Written<'_>]>) -> [String; 2] {
        let descriptor = Descriptor::parse(&written(&me(), list)).unwrap();
        [READS, WRITES].map(|rights| {
            descriptor.others(rights, &[me()]).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
        })
    }

    #[test]
    fn owner_system_and_administrators_are_no_others() {
        let (me, system, administrators) = (me(), Sid::system(), Sid::administrators());
        let list = [(ALLOW, 0, FULL, &me), (ALLOW, 0, FULL, &system), (ALLOW, 0, FULL, &administrators)];
        assert_eq!(others(Some(&list)), ["", ""]);
        assert_eq!(others(Some(&[])), ["", ""], "an empty list is for nobody");
    }

    #[test]
    fn the_list_that_a_cure_makes_is_private() {
        let (owner_rights, system) = (Sid::parse(&[1, 1, 0, 0, 0, 0, 0, 3, 4, 0, 0, 0]).unwrap(), Sid::system());
        assert_eq!(owner_rights.to_string(), "S-1-3-4");
        assert_eq!(others(Some(&[(ALLOW, 0, FULL, &owner_rights), (ALLOW, 0, FULL, &system)])), ["", ""]);
    }

    #[test]
    fn without_a_list_everyone_reads_and_writes() {
        assert_eq!(others(None), ["S-1-1-0", "S-1-1-0"]);
    }

    #[test]
    fn inherited_entries_count_as_explicit_ones_do() {
        const INHERITED: u8 = 0x10;
        assert_eq!(others(Some(&[(ALLOW, INHERITED, READ, &users())])), ["S-1-5-32-545", ""]);
    }

    #[test]
    fn any_foreign_sid_is_named_once() {
        let other = Sid::nt(&[21, 1, 2, 3, 1002]);
        let list = [(ALLOW, 0, MODIFY, &other), (ALLOW, 0, READ, &users()), (ALLOW, 0, READ, &other)];
        assert_eq!(others(Some(&list)), ["S-1-5-21-1-2-3-1002 S-1-5-32-545", "S-1-5-21-1-2-3-1002"]);
    }

    #[test]
    fn generic_rights_are_those_of_files() {
        for (generic, expected) in [
            (0x8000_0000, ["S-1-1-0", ""]),
            (0x4000_0000, ["", "S-1-1-0"]),
            (0x2000_0000, ["", ""]),
            (0x1000_0000, ["S-1-1-0", "S-1-1-0"]),
        ] {
            assert_eq!(others(Some(&[(ALLOW, 0, generic, &Sid::everyone())])), expected, "{generic:#x}");
        }
    }

    #[test]
    fn who_may_change_the_list_or_take_the_file_may_read_and_write_it() {
        for right in [0x0004_0000, 0x0008_0000] {
            assert_eq!(others(Some(&[(ALLOW, 0, right, &users())])), ["S-1-5-32-545"; 2], "{right:#x}");
        }
        // Attributes and the list itself are no secret, and nor does it matter who may synchronize.
        assert_eq!(others(Some(&[(ALLOW, 0, 0x0012_0080, &users())])), ["", ""]);
    }

    #[test]
    fn a_denial_counts_before_its_grant_and_not_after_it() {
        let (users, everyone) = (users(), Sid::everyone());
        for denied in [&users, &everyone] {
            assert_eq!(others(Some(&[(DENY, 0, FULL, denied), (ALLOW, 0, READ, &users)])), ["", ""]);
            assert_eq!(others(Some(&[(ALLOW, 0, READ, &users), (DENY, 0, FULL, denied)])), ["S-1-5-32-545", ""]);
        }
        let other = Sid::nt(&[7]);
        assert_eq!(others(Some(&[(DENY, 0, FULL, &other), (ALLOW, 0, READ, &users)])), ["S-1-5-32-545", ""]);
        assert_eq!(others(Some(&[(DENY, 0, 1, &users), (ALLOW, 0, MODIFY, &users)])), ["", "S-1-5-32-545"]);
    }

    #[test]
    fn a_foreign_owner_is_neither_this_user_nor_the_system() {
        let foreign = |owner: &Sid| {
            let descriptor = Descriptor::parse(&written(owner, None)).unwrap();
            descriptor.foreign_owner(&[me()]).map(ToString::to_string)
        };
        for own in [me(), Sid::system(), Sid::administrators(), Sid::everyone()] {
            assert_eq!(foreign(&own), None, "{own}");
        }
        assert_eq!(foreign(&Sid::nt(&[21, 1, 2, 3, 1002])), Some("S-1-5-21-1-2-3-1002".into()));
        assert_eq!(foreign(&Sid::nt(&[20])), Some("S-1-5-20".into()), "NETWORK SERVICE");
    }
}
