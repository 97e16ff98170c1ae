use defender_auth::{credential::ClientCertificate, sas::SasToken};

/// What proves who logs in.
#[derive(Clone, Copy, Debug)]
pub enum Proof<'a> {
    /// The password.
    Token(&'a SasToken),
    /// Shown in the TLS handshake; there is no password.
    Certificate(&'a ClientCertificate),
}

impl<'a> From<&'a SasToken> for Proof<'a> {
    fn from(token: &'a SasToken) -> Self {
        Self::Token(token)
    }
}

impl<'a> From<&'a ClientCertificate> for Proof<'a> {
    fn from(certificate: &'a ClientCertificate) -> Self {
        Self::Certificate(certificate)
    }
}
