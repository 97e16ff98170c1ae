use std::fmt;

/// The longest SID has so many subauthorities.
const MOST: usize = 15;

/// A security identifier (SID): a user, a group or a service. Its `Display` is that of the system's tools, `S-1-5-18`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sid {
    authority: u64,
    parts: Vec<u32>,
}

impl Sid {
    /// The local system, as which services run.
    pub(super) fn system() -> Self {
        Self::nt(&[18])
    }

    /// The group Administrators of this computer.
    pub(super) fn administrators() -> Self {
        Self::nt(&[32, 544])
    }

    /// Everyone: `S-1-1-0`.
    #[must_use]
    pub fn everyone() -> Self {
        Self { authority: 1, parts: vec![0] }
    }

    /// Of the authority `NT AUTHORITY`.
    pub(super) fn nt(parts: &[u32]) -> Self {
        Self { authority: 5, parts: parts.to_vec() }
    }

    /// Reads the first SID of these bytes.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (&[revision, count, ref authority @ ..], rest) = bytes.split_first_chunk::<8>()?;
        let count = usize::from(count);
        if revision != 1 || count > MOST {
            return None;
        }
        let authority = authority.iter().fold(0, |number, &byte| (number << 8) | u64::from(byte));
        let parts = rest.get(..count * 4)?.chunks_exact(4);
        let parts = parts.map(|part| part.iter().rev().fold(0, |number, &byte| (number << 8) | u32::from(byte)));
        Some(Self { authority, parts: parts.collect() })
    }

    /// Whether it stands for every user of the system, or for all that log in to it in some way: Everyone, the groups of
    /// local users, guests and domain users, and those of a kind of login.
    #[must_use]
    #[expect(clippy::match_same_arms, reason = "a line for each kind")]
    pub fn is_every_user(&self) -> bool {
        match (self.authority, self.parts.as_slice()) {
            // Everyone; those who log in at this computer.
            (1, [0]) | (2, [0 | 1]) => true,
            // Dialup, network, batch, interactive, service, anonymous, authenticated users, this organization.
            (5, [1..=4 | 6 | 7 | 11 | 15]) => true,
            // Guests, users, and the older name of all users.
            (5, [32, 545 | 546 | 554]) => true,
            // Users and guests of a domain.
            (5, [21, .., 513 | 514]) => true,
            // Logins by NTLM, Schannel and digest; local accounts.
            (5, [64, 10 | 14 | 21] | [113]) => true,
            _ => false,
        }
    }

    /// Whether an entry for it gives nothing to anybody else than the owner and the system: placeholders that only inherited
    /// entries replace, the owner himself, and packages, whose processes need the user's own rights as well.
    #[expect(clippy::match_same_arms, reason = "a line for each kind")]
    pub(super) fn is_nobody_else(&self) -> bool {
        match (self.authority, self.parts.as_slice()) {
            // The null SID; CREATOR OWNER, CREATOR GROUP and their server forms; OWNER RIGHTS.
            (0, [0]) | (3, [0..=4]) => true,
            // TrustedInstaller, which installs Windows itself.
            (5, [80, 956_008_885, 3_418_522_649, 1_831_038_044, 1_853_292_631, 2_271_478_464]) => true,
            (15, [2 | 3, ..]) => true,
            _ => *self == Self::system() || *self == Self::administrators(),
        }
    }

    /// Whether it is that of a service: `NT SERVICE\NAME`.
    #[cfg(windows)]
    pub(super) fn is_service(&self) -> bool {
        self.authority == 5 && self.parts.first() == Some(&80)
    }

    /// The form that the system reads: eight bytes, then the subauthorities. In words, because it has to be aligned.
    #[cfg(any(windows, test))]
    pub(super) fn words(&self) -> Vec<u32> {
        let count = u8::try_from(self.parts.len()).unwrap_or_default();
        let head = [1, count].into_iter().chain(self.authority.to_be_bytes().into_iter().skip(2));
        let bytes: Vec<u8> = head.chain(self.parts.iter().flat_map(|part| part.to_le_bytes())).collect();
        bytes.as_chunks().0.iter().map(|word| u32::from_ne_bytes(*word)).collect()
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.authority {
            small @ 0..=0xffff_ffff => write!(f, "S-1-{small}")?,
            large => write!(f, "S-1-0x{large:012x}")?,
        }
        self.parts.iter().try_for_each(|part| write!(f, "-{part}"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn bytes(sid: &Sid) -> Vec<u8> {
        sid.words().iter().flat_map(|word| word.to_ne_bytes()).collect()
    }

    #[test]
    fn a_sid_is_read_from_its_binary_form_and_shown_as_the_systems_tools_show_it() {
        let administrators = [1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 32, 2, 0, 0];
        let sid = Sid::parse(&administrators).unwrap();
        assert_eq!(sid, Sid::administrators());
        assert_eq!(sid.to_string(), "S-1-5-32-544");
        assert_eq!(bytes(&sid), administrators);
        let large = Sid { authority: 0x1234_5678_9abc, parts: vec![u32::MAX] };
        assert_eq!(large.to_string(), "S-1-0x123456789abc-4294967295");
        assert_eq!(Sid::parse(&bytes(&large)).unwrap(), large);
    }

    #[test]
    fn a_sid_that_is_cut_off_or_has_another_revision_or_too_many_parts_is_none() {
        let whole = bytes(&Sid::nt(&[21, 1, 2, 3, 1001]));
        for length in 0..whole.len() {
            assert_eq!(Sid::parse(&whole[..length]), None, "{length} bytes");
        }
        let mut other = whole.clone();
        other[0] = 2;
        assert_eq!(Sid::parse(&other), None);
        let longest = Sid::nt(&[7; MOST]);
        assert_eq!(Sid::parse(&bytes(&longest)), Some(longest));
        assert_eq!(Sid::parse(&bytes(&Sid::nt(&[7; MOST + 1]))), None);
    }

    #[test]
    fn groups_of_all_users_are_known_and_single_accounts_are_none_of_them() {
        for all in [Sid::everyone(), Sid::nt(&[11]), Sid::nt(&[4]), Sid::nt(&[32, 545]), Sid::nt(&[21, 9, 8, 7, 513])] {
            assert!(all.is_every_user() && !all.is_nobody_else(), "{all}");
        }
        for one in [Sid::nt(&[21, 9, 8, 7, 1001]), Sid::nt(&[19]), Sid::nt(&[80, 1, 2, 3, 4, 5]), Sid::nt(&[32, 551])] {
            assert!(!one.is_every_user() && !one.is_nobody_else(), "{one}");
        }
        let owner_rights = Sid { authority: 3, parts: vec![4] };
        for nobody in [Sid::system(), Sid::administrators(), owner_rights] {
            assert!(nobody.is_nobody_else() && !nobody.is_every_user(), "{nobody}");
        }
    }
}
