use core::fmt;

/// The kinds of name, as errors call them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdentifierKind {
    /// A [`HostName`](super::HostName).
    HostName,
    /// A [`DeviceId`](super::DeviceId).
    DeviceId,
    /// A [`ModuleId`](super::ModuleId).
    ModuleId,
    /// An [`IdScope`](super::IdScope).
    IdScope,
    /// A [`RegistrationId`](super::RegistrationId).
    RegistrationId,
    /// A [`PolicyName`](super::PolicyName).
    PolicyName,
}

impl IdentifierKind {
    /// The longest name, in bytes.
    pub(super) const fn limit(self) -> usize {
        match self {
            Self::HostName => 253,
            Self::DeviceId | Self::ModuleId | Self::RegistrationId => 128,
            Self::IdScope | Self::PolicyName => 64,
        }
    }

    /// Whether the service takes this character.
    pub(super) fn allows(self, byte: u8) -> bool {
        byte.is_ascii_alphanumeric()
            || match self {
                Self::HostName => b"-._".contains(&byte),
                Self::DeviceId | Self::ModuleId => b"-:.+%_#*?!(),=@;$'".contains(&byte),
                Self::RegistrationId => b"-._:".contains(&byte),
                Self::IdScope => false,
                Self::PolicyName => byte.is_ascii_punctuation() && byte != b';',
            }
    }

    /// Those characters, for an error.
    pub(super) const fn allowed(self) -> &'static str {
        match self {
            Self::HostName => "letters, digits, `-`, `.` and `_`",
            Self::DeviceId | Self::ModuleId => "letters, digits and - : . + % _ # * ? ! ( ) , = @ ; $ '",
            Self::RegistrationId => "letters, digits, `-`, `.`, `_` and `:`",
            Self::IdScope => "letters and digits",
            Self::PolicyName => "letters, digits and punctuation other than `;`",
        }
    }

    /// What it is called.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HostName => "host name",
            Self::DeviceId => "device ID",
            Self::ModuleId => "module ID",
            Self::IdScope => "ID scope",
            Self::RegistrationId => "registration ID",
            Self::PolicyName => "policy name",
        }
    }
}

impl fmt::Display for IdentifierKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
