use super::client_certificate::ClientCertificate;
use crate::sas::{SasToken, StringToSign};

/// The password of a login, or what is needed instead of one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Password {
    /// This token is the password.
    Token(SasToken),
    /// An external signer has to sign this; then `string_to_sign.token(&signature)` is the token.
    Sign(StringToSign),
    /// No password: the certificate authenticates in the TLS handshake.
    Certificate(ClientCertificate),
}

impl Password {
    /// The token, if there is one already.
    #[must_use]
    pub fn into_token(self) -> Option<SasToken> {
        match self {
            Self::Token(token) => Some(token),
            Self::Sign(_) | Self::Certificate(_) => None,
        }
    }
}
