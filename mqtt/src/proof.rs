use defender_auth::{credential::ClientCertificate, sas::SasToken};

/// What authenticates a login.
#[derive(Clone, Copy, Debug)]
pub enum Proof<'a> {
    /// A SAS token, sent as the password.
    Token(&'a SasToken),
    /// A client certificate, used in the TLS handshake; there is no password.
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
