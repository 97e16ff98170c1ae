use super::IdentifierKind;

/// Why a text is not a name of its kind. Never quotes the text.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentifierError {
    /// The text is empty.
    #[error("the {name} is empty; give it a value")]
    Empty {
        /// Which kind of name.
        name: IdentifierKind,
    },
    /// The text is longer than the limit of its kind.
    #[error("the {name} is longer than {} bytes; use the one that is registered with the service", name.limit())]
    TooLong {
        /// Which kind of name.
        name: IdentifierKind,
    },
    /// A character that the service does not accept.
    #[error("the {name} has a character that is not allowed at byte {offset}; allowed are {}", name.allowed())]
    Character {
        /// Which kind of name.
        name: IdentifierKind,
        /// Where, in bytes from its start.
        offset: usize,
    },
    /// White space before or after it.
    #[error("the {name} has white space at byte {offset}; remove it")]
    WhiteSpace {
        /// Which kind of name.
        name: IdentifierKind,
        /// Where, in bytes from its start.
        offset: usize,
    },
    /// `.` or `..`
    #[error("the {name} is `.` or `..`, which the path of a request cannot contain; use another one")]
    Folder {
        /// Which kind of name.
        name: IdentifierKind,
    },
    /// `<the host name of the iot hub>` or `{YourIoTHubName}.azure-devices.net`, as documentation prints them.
    #[error("the {name} contains a placeholder of a template; replace it with the real value")]
    Placeholder {
        /// Which kind of name.
        name: IdentifierKind,
    },
    /// `https://…`
    #[error("the host name is a URL; give the name alone, without `https://` and without a path")]
    Url,
    /// `host:8883`
    #[error("the host name has a port; give the name alone, the protocol determines the port")]
    Port,
    /// Brackets or colons as of an IPv6 address, and it is not one.
    #[error("the host name is not a valid IPv6 address; write it as in `[2001:db8::1]`")]
    Address,
    /// `2001:db8::1`
    #[error("the host name is an IPv6 address without brackets; write it as in `[2001:db8::1]`")]
    Brackets,
    /// `[fe80::1%eth0]`
    #[error(
        "the host name is an IPv6 address with a zone ID (`%`), which no certificate can contain; give a name, or an \
         address without a zone"
    )]
    Zone,
    /// A label, the text between two dots, that is empty or longer than 63 bytes.
    #[error(
        "the host name has an empty or overlong label at byte {offset}; each label between dots has 1 to 63 characters"
    )]
    Label {
        /// Where the label begins, in bytes from the start.
        offset: usize,
    },
}

impl IdentifierError {
    /// Which kind of name it is about.
    #[must_use]
    pub const fn name(&self) -> IdentifierKind {
        match self {
            Self::Empty { name }
            | Self::TooLong { name }
            | Self::Character { name, .. }
            | Self::WhiteSpace { name, .. }
            | Self::Folder { name }
            | Self::Placeholder { name } => *name,
            Self::Url | Self::Port | Self::Address | Self::Brackets | Self::Zone | Self::Label { .. } => {
                IdentifierKind::HostName
            }
        }
    }
}
