use super::{resource::Resource, token::SasToken};
use crate::{
    base::{secret::on_wiped_stack, time::UnixTime},
    key::{SharedAccessKey, Signature},
};
use alloc::string::String;
use defender_auth_signer::text::{DIGITS_MAX, expiry_text};

/// The bytes that a key, a TPM or any other signer signs, and everything that completes the token afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StringToSign {
    resource: Resource,
    expiry: UnixTime,
    text: String,
}

impl StringToSign {
    /// `resource LF expiry`.
    #[must_use]
    pub fn new(resource: Resource, expiry: UnixTime) -> Self {
        let mut text = String::with_capacity(resource.as_str().len() + 1 + DIGITS_MAX);
        text.extend([resource.as_str(), "\n", expiry_text(expiry.as_secs(), &mut [0; DIGITS_MAX])]);
        Self { resource, expiry, text }
    }

    /// The bytes to sign with HMAC-SHA256.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// Expiry of the token.
    #[must_use]
    pub const fn expires_at(&self) -> UnixTime {
        self.expiry
    }

    /// The resource that the token will grant access to.
    #[must_use]
    pub const fn resource(&self) -> &Resource {
        &self.resource
    }

    /// The token, with a signature that a TPM or another process has computed.
    #[must_use]
    pub fn token(&self, signature: &Signature) -> SasToken {
        on_wiped_stack(|| {
            let mut words = [0; 8];
            for (word, bytes) in words.iter_mut().zip(signature.as_bytes().as_chunks::<4>().0) {
                *word = u32::from_be_bytes(*bytes);
            }
            SasToken::assemble(&self.resource, self.expiry, &words)
        })
    }

    /// The token, with a key in memory.
    #[must_use]
    pub fn sign_with(&self, key: &SharedAccessKey) -> SasToken {
        SasToken::sign(key, &self.resource, self.expiry)
    }
}

impl AsRef<[u8]> for StringToSign {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}
