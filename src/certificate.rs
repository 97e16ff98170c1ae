//! A client certificate as the core sees it.

/// A client certificate that proves an identity in the TLS handshake.
///
/// For now the library knows only that there is one: the caller's TLS stack holds certificate and key, as an agent
/// does whose connection string says `x509=true`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCertificate(());

impl ClientCertificate {
    /// The caller's TLS stack has it.
    #[must_use]
    pub const fn held_elsewhere() -> Self {
        Self(())
    }
}
