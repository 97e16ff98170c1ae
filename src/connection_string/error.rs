use crate::{identity::IdentifierError, key::KeyError, sas::TokenError};

crate::base::debug::with_structure! {
    /// Why a text is not the connection string that was asked for. Names the part, never quotes a value.
    #[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
    #[non_exhaustive]
    pub enum ConnectionStringError {
        /// There is no text.
        #[error("the connection string is empty; copy it from the portal, or print it with the Azure CLI")]
        Empty,
        /// More than [`LIMIT`](super::ConnectionString::LIMIT) bytes.
        #[error("the connection string is longer than {} bytes; give the string alone", super::ConnectionString::LIMIT)]
        TooLong,
        /// Every other byte is zero.
        #[error("the connection string is UTF-16 text; save it as UTF-8 (in PowerShell: `Set-Content -Encoding utf8`)")]
        Utf16,
        /// A line break that is not the one at the end.
        #[error("the connection string has a line break at byte {offset}; put everything on one line and nothing below it")]
        LineBreak {
            /// Where, in bytes.
            offset: usize,
        },
        /// Quotes or brackets left round the string.
        #[error("{what} stand round the connection string; remove them")]
        Wrapped {
            /// What stands there.
            what: &'static str,
        },
        /// A key and nothing round it.
        #[error(
            "this is a key, not a connection string; one begins with `HostName=` and has the key in `SharedAccessKey=`"
        )]
        BareKey,
        /// No `name=value` anywhere.
        #[error("this is not a connection string: it has no `name=value`; one begins with `HostName=`")]
        NotPairs,
        /// A piece between two `;` without a `=`.
        #[error(
            "the piece at byte {offset} of the connection string is not `name=value`; if a value holds a `;` it cannot be \
             written in a connection string, else remove the piece"
        )]
        Piece {
            /// Where it begins, in bytes.
            offset: usize,
        },
        /// White space before or after a name.
        #[error("there is white space round `{name}` in the connection string; remove it")]
        WhiteSpace {
            /// The name that is meant.
            name: &'static str,
        },
        /// A name that stands there twice.
        #[error("`{name}` stands twice in the connection string; remove the wrong one")]
        Duplicate {
            /// The name.
            name: &'static str,
        },
        /// `GatewayHost`, as some documentation prints it.
        #[error("the connection string says `GatewayHost`; the name is `GatewayHostName`")]
        GatewayHost,
        /// A name is missing, and another one looks like it.
        #[error("the connection string has no `{name}`, but a name at byte {offset} that looks like it; mend its spelling")]
        Misspelt {
            /// The name that is meant.
            name: &'static str,
            /// Where the other one begins, in bytes.
            offset: usize,
        },
        /// A required name is missing.
        #[error("the connection string has no `{name}`; add it, or copy the whole string again")]
        Missing {
            /// The name.
            name: &'static str,
        },
        /// `HostName=…` and nothing more: what a shell leaves of an unquoted string.
        #[error("the connection string ends after `HostName`: a shell cuts it at the first `;`; put it in single quotes")]
        CutShort,
        /// A policy's string where a device's is wanted.
        #[error(
            "this is a service connection string (a policy's key, no device), meant for back-end tools; give the \
             connection string of the device or the module"
        )]
        ServiceString,
        /// A device's or a module's string where a policy's is wanted.
        #[error(
            "this is the connection string of a device or a module; give a service connection string, the one with \
             `SharedAccessKeyName` that stands under `Shared access policies`"
        )]
        DeviceString,
        /// Names of the provisioning service.
        #[error(
            "there are no connection strings for device provisioning; give the ID scope, the registration ID and the key \
             each by itself"
        )]
        Provisioning,
        /// `x509=maybe`
        #[error("`x509` is neither `true` nor `false`; write `x509=true` for a certificate, else remove it")]
        X509,
        /// Nothing that proves the identity.
        #[error(
            "the connection string has no credential; it must have one of `SharedAccessKey`, `SharedAccessSignature` and \
             `x509=true`"
        )]
        NoCredential,
        /// Two things that prove the identity.
        #[error("the connection string has both `{first}` and `{second}`; remove the one that is not meant")]
        TwoCredentials {
            /// One of them.
            first: &'static str,
            /// The other.
            second: &'static str,
        },
        /// An id with a `;` has no place in a connection string.
        #[error("`{name}` holds a `;`, which ends it for most readers of connection strings; use the identity by itself")]
        Semicolon {
            /// The name.
            name: &'static str,
        },
        /// A key that signs elsewhere has no place in a connection string.
        #[error("the key is held elsewhere and cannot be written into a connection string; use the identity by itself")]
        ExternalKey,
        /// A value that is not a name of its kind.
        #[error("`{name}`: {error}")]
        Value {
            /// The name before the value.
            name: &'static str,
            /// What is wrong with it.
            #[source]
            error: IdentifierError,
        },
        /// A `SharedAccessKey` that is no key.
        #[error("`SharedAccessKey`: {0}")]
        Key(#[source] KeyError),
        /// A `SharedAccessSignature` that is no token.
        #[error("`SharedAccessSignature`: {0}")]
        Token(#[source] TokenError),
    }
}
