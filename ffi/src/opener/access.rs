//! What a private key is opened with.

use crate::failure::Failure;
use defender_auth::private_key;
#[cfg(feature = "tpm")]
use defender_auth::{error::TpmError, tpm::Endpoint};
use zeroize::Zeroizing;

#[expect(clippy::unnecessary_wraps, reason = "a build without private keys returns an error")]
pub(super) const fn is_available() -> Result<(), Failure> {
    Ok(())
}

/// Passwords, and the TPM.
#[derive(Default)]
pub(crate) struct Access {
    passphrase: Option<Zeroizing<Vec<u8>>>,
    #[cfg(feature = "tpm")]
    tpm: Option<Endpoint>,
    #[cfg(feature = "tpm")]
    owner: Option<Zeroizing<Vec<u8>>>,
}

impl Access {
    #[expect(clippy::unnecessary_wraps, reason = "a build without private keys returns an error")]
    pub(super) fn new() -> Result<Self, Failure> {
        Ok(Self::default())
    }

    pub(super) fn set_passphrase(&mut self, passphrase: &[u8]) {
        self.passphrase = Some(Zeroizing::new(passphrase.to_vec()));
    }

    /// None and an empty one are the same to a token.
    pub(crate) fn passphrase(&self) -> &[u8] {
        self.passphrase.as_deref().map_or(&[], Vec::as_slice)
    }

    pub(crate) fn opener(&self) -> private_key::Opener<'_> {
        let mut opener = private_key::Opener::new();
        if let Some(passphrase) = &self.passphrase {
            opener = opener.with_passphrase(passphrase);
        }
        #[cfg(feature = "tpm")]
        if let Some(tpm) = &self.tpm {
            opener = opener.with_tpm(tpm);
        }
        #[cfg(feature = "tpm")]
        if let Some(owner) = &self.owner {
            opener = opener.with_owner_password(owner);
        }
        opener
    }
}

#[cfg(feature = "tpm")]
impl Access {
    pub(super) fn set_tpm(&mut self, endpoint: &str) -> Result<(), Failure> {
        self.tpm = match endpoint {
            "" => None,
            text => Some(text.parse().map_err(|error| Failure::from(TpmError::from(error)).field("endpoint"))?),
        };
        Ok(())
    }

    pub(super) fn set_owner_password(&mut self, password: &[u8]) -> Result<(), Failure> {
        /// The longest password of a hierarchy, in bytes.
        const LIMIT: usize = 64;
        if password.len() > LIMIT {
            return Err(Failure::from(TpmError::PasswordTooLong { limit: LIMIT }).field("password"));
        }
        self.owner = Some(Zeroizing::new(password.to_vec()));
        Ok(())
    }
}

#[cfg(not(feature = "tpm"))]
#[expect(clippy::unused_self, reason = "as in a build with TPMs")]
impl Access {
    pub(super) fn set_tpm(&mut self, _: &str) -> Result<(), Failure> {
        Err(Failure::unsupported("TPM support (feature `tpm`)"))
    }

    pub(super) fn set_owner_password(&mut self, _: &[u8]) -> Result<(), Failure> {
        Err(Failure::unsupported("TPM support (feature `tpm`)"))
    }
}
