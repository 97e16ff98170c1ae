use core::fmt;

/// What differs between two outcomes. With any of the first four, connect again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "each is an answer of its own")]
pub struct Changes {
    /// Another hub, or the same with another connection profile. Host names are compared without regard to case.
    pub hub: bool,
    /// Another gateway, or one where there was none, or none where there was one.
    pub gateway: bool,
    /// Another device or module.
    pub identity: bool,
    /// Other keys, or another certificate. The switch to the secondary key is no change.
    pub credential: bool,
    /// The provisioning service has updated the registration (`lastUpdatedDateTimeUtc`). No change while one of the two
    /// outcomes does not have that: the hub does not repeat it.
    pub registration: bool,
}

impl Changes {
    /// Whether there is any.
    #[must_use]
    pub const fn any(self) -> bool {
        self.hub || self.gateway || self.identity || self.credential || self.registration
    }
}

/// `nothing changed`, or the list of what did.
impl fmt::Display for Changes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = [
            (self.hub, "the hub"),
            (self.gateway, "the gateway"),
            (self.identity, "the identity"),
            (self.credential, "the credential"),
            (self.registration, "the registration"),
        ];
        let mut changed = named.into_iter().filter(|(changed, _)| *changed).map(|(_, name)| name);
        let Some(first) = changed.next() else { return f.write_str("nothing changed") };
        f.write_str(first)?;
        changed.try_for_each(|name| write!(f, ", {name}"))?;
        f.write_str(" changed")
    }
}
