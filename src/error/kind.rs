use core::fmt;

/// Where the fault lies: the first question of the person who has to fix it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The program that calls the library.
    Caller,
    /// The input: a text, a key, a token.
    Input,
    /// A file: it is missing, unreadable, or of another kind than expected.
    File,
    /// The configuration.
    Configuration,
    /// The library: it recognizes the request and does not support it.
    Library,
    /// A time limit has passed, a token has expired, or a clock is wrong.
    Time,
    /// The service rejected the request: the credential, or the entry in the service's registry.
    Service,
    /// The service's registry: its configuration of the device or module cannot be used.
    Registry,
    /// The answer does not follow the protocol, or the service cannot answer now: the service itself, or a proxy or firewall
    /// that answers in its place.
    Peer,
    /// The network path to the service.
    Network,
    /// The TPM, or the connection to it.
    Tpm,
    /// A private key that is held elsewhere, or what holds it.
    PrivateKey,
}

impl ErrorKind {
    /// Its name for programs, which stays the same in all versions. [`Display`](fmt::Display) is for people.
    ///
    /// ```
    /// use defender_auth::error::ErrorKind;
    ///
    /// assert_eq!(ErrorKind::PrivateKey.as_str(), "private_key");
    /// ```
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Caller => "caller",
            Self::Input => "input",
            Self::File => "file",
            Self::Configuration => "configuration",
            Self::Library => "library",
            Self::Time => "time",
            Self::Service => "service",
            Self::Registry => "registry",
            Self::Peer => "peer",
            Self::Network => "network",
            Self::Tpm => "tpm",
            Self::PrivateKey => "private_key",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Caller => "the call",
            Self::Input => "the input",
            Self::File => "the file",
            Self::Configuration => "the configuration",
            Self::Library => "this build of the library",
            Self::Time => "the time",
            Self::Service => "the credential, or the service's registry",
            Self::Registry => "the service's registry",
            Self::Peer => "the service, or a proxy or firewall on the way",
            Self::Network => "the network path to the service",
            Self::Tpm => "the TPM, or the connection to it",
            Self::PrivateKey => "the private key, or what holds it",
        })
    }
}
