use super::ForeignText;
use crate::{identity::IdentifierError, key::KeyError, sas::TokenError};

/// Why a text is not a connection string of the requested kind. Names the part, never quotes a value.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectionStringError {
    /// The text is empty.
    #[error("the connection string is empty; copy it from the portal, or print it with the Azure CLI")]
    Empty,
    /// More than [`LIMIT`](super::ConnectionString::LIMIT) bytes.
    #[error("the connection string is longer than {} bytes; give the string alone", super::ConnectionString::LIMIT)]
    TooLong,
    /// Every other byte is zero.
    #[error("the connection string is UTF-16 text; save it as UTF-8 (in PowerShell: `Set-Content -Encoding utf8`)")]
    Utf16,
    /// A line break that is not the one at the end.
    #[error(
        "the connection string has a line break at byte {offset}; put everything on one line, and nothing above or \
         below it"
    )]
    LineBreak {
        /// Where, in bytes.
        offset: usize,
    },
    /// Quotation marks or brackets around the string.
    #[error("the connection string is enclosed in {what}; remove them")]
    Wrapped {
        /// Which.
        what: &'static str,
    },
    /// A text before the string: a label, or the name of a variable.
    #[error(
        "there is text before the connection string (a label, or the name of a variable); give the string alone, \
         beginning with `HostName=`"
    )]
    Labelled,
    /// A text of another kind.
    #[error("this is {0}")]
    Foreign(ForeignText),
    /// `<connection string>`, `$CONNECTION_STRING`
    #[error(
        "this is a placeholder of a template or the name of a variable; put the connection string in its place, and if \
         it has angle brackets or braces, remove them"
    )]
    Template,
    /// `SharedAccessKey={YourSharedAccessKey}`
    #[error("`{name}` contains a placeholder of a template; replace it with the real value")]
    Placeholder {
        /// The name before the value.
        name: &'static str,
    },
    /// A key and nothing else.
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
         written in a connection string, otherwise remove the piece"
    )]
    Piece {
        /// Where it begins, in bytes.
        offset: usize,
    },
    /// White space before or after a name.
    #[error("there is white space before or after `{name}` in the connection string; remove it")]
    WhiteSpace {
        /// The name that is meant.
        name: &'static str,
    },
    /// A name that occurs twice.
    #[error("`{name}` occurs twice in the connection string; remove the wrong one")]
    Duplicate {
        /// The name.
        name: &'static str,
    },
    /// `GatewayHost`, as some documentation prints it.
    #[error("the connection string has `GatewayHost`; the name is `GatewayHostName`")]
    GatewayHost,
    /// A name is missing, and another one looks like it.
    #[error(
        "the connection string has no `{name}`, but a name at byte {offset} that looks like it; correct its spelling"
    )]
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
    /// `HostName=…` and nothing else: what a shell leaves of an unquoted string.
    #[error("the connection string ends after `HostName`: a shell cuts it at the first `;`; put it in single quotes")]
    CutShort,
    /// `contoso.service.azure-devices.net`, where no device can log in.
    #[error(
        "`{name}` is the hub's name for back ends (`.service.`), where no device can log in; use the name without \
         `.service`, or with `.device` in its place"
    )]
    BackEndHost {
        /// The name before the value.
        name: &'static str,
    },
    /// A policy's string in place of a device's.
    #[error(
        "this is a service connection string (a policy's key, no device), meant for back-end tools; give the \
         connection string of the device or the module"
    )]
    ServiceString,
    /// A device's or a module's string in place of a policy's.
    #[error(
        "this is the connection string of a device or a module; give a service connection string, the one with \
         `SharedAccessKeyName` under `Shared access policies` in the portal"
    )]
    DeviceString,
    /// Names of the provisioning service.
    #[error(
        "there are no connection strings for device provisioning; give the ID scope, the registration ID and the key \
         each by itself"
    )]
    Provisioning,
    /// `x509=maybe`
    #[error("`x509` is neither `true` nor `false`; write `x509=true` for a certificate, otherwise remove it")]
    X509,
    /// No credential.
    #[error(
        "the connection string has no credential; it must have one of `SharedAccessKey`, `SharedAccessSignature` and \
         `x509=true`"
    )]
    NoCredential,
    /// Two credentials.
    #[error("the connection string has both `{first}` and `{second}`; remove the one that is not meant")]
    TwoCredentials {
        /// One of them.
        first: &'static str,
        /// The other.
        second: &'static str,
    },
    /// An ID with a `;` cannot be written in a connection string.
    #[error(
        "`{name}` holds a `;`, which ends it for most readers of connection strings; use the identity without a connection string"
    )]
    Semicolon {
        /// The name.
        name: &'static str,
    },
    /// A key that is held elsewhere cannot be written in a connection string.
    #[error("the key is held elsewhere and cannot be written in a connection string; use the identity without one")]
    ExternalKey,
    /// A value that is not a valid name of its kind.
    #[error("`{name}`: {error}")]
    Value {
        /// The name before the value.
        name: &'static str,
        /// What is wrong with it.
        #[source]
        error: IdentifierError,
    },
    /// A `SharedAccessKey` that is not a key.
    #[error("`SharedAccessKey`: {0}")]
    Key(#[source] KeyError),
    /// A `SharedAccessSignature` that is not a token.
    #[error("`SharedAccessSignature`: {0}")]
    Token(#[source] TokenError),
}
