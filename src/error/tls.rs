use alloc::string::String;

/// Why a TLS configuration cannot be created.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The system's root certificates cannot be found.
    #[error("no root certificates were found on this system; install its CA certificates, or give a PEM file")]
    NoPlatformRoots,
    /// The system has root certificates and none can be read.
    #[error("the root certificates of this system cannot be read: {reason}; correct this, or give a PEM file")]
    UnreadablePlatformRoots {
        /// The first error.
        reason: String,
    },
    /// The PEM text contains no certificate.
    #[error("the PEM text contains no certificate; it requires at least one `-----BEGIN CERTIFICATE-----`")]
    NoCertificate,
    /// The PEM text of the root certificates is too long.
    #[error("the PEM text of root certificates is longer than {limit} bytes; give only those of your services")]
    RootsTooLong {
        /// The longest that is read, in bytes.
        limit: usize,
    },
    /// A certificate cannot be used as a trust anchor.
    #[error("certificate {number} of the PEM text cannot be read; export it again")]
    Certificate {
        /// Counted from 1.
        number: usize,
    },
    /// The private key of the client certificate is not in memory.
    #[error(
        "the client certificate's key is held elsewhere; load both from files, or connect with the program that holds the key"
    )]
    KeyElsewhere,
    /// The private key is not that of the client certificate.
    #[error(
        "the private key belongs to another certificate than the client certificate; give the certificate that was issued \
         for this key, or the key of this certificate"
    )]
    KeyMismatch,
    /// The private key has no signature scheme.
    #[error(
        "the private key of the client certificate has no signature scheme; use a key that signs with ECDSA, RSASSA-PSS or \
         RSASSA-PKCS1-v1_5"
    )]
    NoScheme,
    /// TLS cannot use the client certificate.
    #[error("the client certificate cannot be used: {reason}; check that key and certificate belong together")]
    ClientCertificate {
        /// The error of the TLS library.
        reason: String,
    },
    /// The cryptography provider supports no version of TLS that is required.
    #[error("the cryptography provider supports neither TLS 1.2 nor 1.3; use ring's default provider")]
    Provider,
}

impl TlsError {
    /// Whether it is about the client certificate or its key, and not about the trust anchors.
    #[must_use]
    pub const fn is_about_client(&self) -> bool {
        matches!(self, Self::KeyElsewhere | Self::KeyMismatch | Self::NoScheme | Self::ClientCertificate { .. })
    }
}
