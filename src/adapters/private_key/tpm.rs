use super::{
    hash::{hash, verifies},
    pss,
};
use crate::{
    adapters::tpm::{KeyFile, SharedTpm, SigningKey, Transport},
    error::{AccessError, CommandCause, CommandError, SigningKeyError, TpmError, TpmKeyKind},
    key::{PrivateKey, PrivateKeyError, SignatureScheme as Scheme},
};
use alloc::{format, vec::Vec};
use core::fmt;
use ring::digest::digest;

/// What a key signs when it is opened, to find out what it can.
const PROBE: &[u8] = b"which signature schemes this key has";

/// A private key in a TPM 2.0: P-256, P-384 or RSA.
///
/// When it is opened, it signs once with each scheme, and offers those whose signatures verify. So a wrong password, a
/// lockout or a key that cannot sign is reported then. TLS 1.3 requires RSASSA-PSS with a salt of the length of the hash; if
/// the TPM's own has another length, and the key also decrypts, the padding is done here. If it does not decrypt, the key
/// has RSASSA-PKCS1-v1_5 only, and so TLS 1.2.
///
/// The TPM is [shared](SharedTpm) with whatever else uses it. A key from a file is loaded as long as there is room for it: an
/// activation on a TPM without a resource manager flushes it, and the next signature loads it again. Each signature is
/// verified before it is returned, and not a second time by TLS: a handle may hold another program's key since a reset of the
/// TPM. Then the key is loaded again, once.
///
/// A signature takes as long as the TPM needs, within the time limit of the [`Transport`].
///
/// ```no_run
/// use defender_auth::{private_key::TpmKey, tpm::{Connection, Endpoint, KeyFile, SharedTpm, TpmClient}};
///
/// let tpm = SharedTpm::new(TpmClient::new(Connection::open_reopening(&Endpoint::default())?));
/// let key = TpmKey::open(&tpm, &KeyFile::from_pem(&std::fs::read("key.pem")?)?, None)?;
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// ```
pub struct TpmKey<T: Transport> {
    tpm: SharedTpm<T>,
    key: SigningKey,
    schemes: Vec<Scheme>,
    /// RSASSA-PSS is padded here, and the TPM does the private operation.
    pads: bool,
}

impl<T: Transport> TpmKey<T> {
    /// Opens the key of a file. `None` as the password is for a key without one.
    ///
    /// # Errors
    /// When the key cannot sign for TLS ([`TpmError::SigningKey`]), when it was made by another TPM or below another parent,
    /// when the password is wrong, when the TPM rejects a command or cannot be accessed.
    pub fn open(tpm: &SharedTpm<T>, file: &KeyFile, password: Option<&[u8]>) -> Result<Self, TpmError> {
        let key = tpm.lock().open_key(file, password)?;
        Self::probed(tpm, key)
    }

    /// Opens the key at a persistent handle. `None` as the password is for a key without one.
    ///
    /// # Errors
    /// When there is no key at the handle, and those of [`open`](Self::open).
    pub fn open_at(tpm: &SharedTpm<T>, handle: u32, password: Option<&[u8]>) -> Result<Self, TpmError> {
        let key = tpm.lock().open_key_at(handle, password)?;
        Self::probed(tpm, key)
    }

    /// The kind of the key.
    #[must_use]
    pub const fn kind(&self) -> TpmKeyKind {
        self.key.kind()
    }

    /// Whether RSASSA-PSS is padded in software, because the TPM's own is not that of TLS.
    #[must_use]
    pub const fn pads_in_software(&self) -> bool {
        self.pads
    }

    fn probed(tpm: &SharedTpm<T>, key: SigningKey) -> Result<Self, TpmError> {
        let mut this = Self { tpm: tpm.clone(), key, schemes: Vec::new(), pads: false };
        let mut problem = SigningKeyError::NoScheme;
        for scheme in this.key.possible_schemes() {
            let is_pss = matches!(scheme, Scheme::RsaPssSha256 | Scheme::RsaPssSha384 | Scheme::RsaPssSha512);
            let is_known = if is_pss && this.pads {
                // The padding does not depend on the TPM.
                true
            } else if matches!(scheme, Scheme::RsaPkcs1Sha384 | Scheme::RsaPkcs1Sha512)
                && this.schemes.contains(&Scheme::RsaPkcs1Sha256)
            {
                // Every server that accepts these accepts that one, and each costs a signature.
                false
            } else if this.is_right(scheme, false, &mut problem)? {
                true
            } else {
                this.pads = is_pss
                    && this.schemes.is_empty()
                    && this.key.decrypts()
                    && this.is_right(scheme, true, &mut problem)?;
                this.pads
            };
            if is_known {
                this.schemes.push(scheme);
            }
        }
        if this.schemes.is_empty() { Err(problem.into()) } else { Ok(this) }
    }

    /// Whether the key signs with a scheme, and as TLS requires it.
    fn is_right(&self, scheme: Scheme, pads: bool, problem: &mut SigningKeyError) -> Result<bool, TpmError> {
        match self.sign_once(scheme, pads, PROBE) {
            Ok(signature) => {
                let is_right = self.verifies(scheme, PROBE, &signature);
                if !is_right {
                    *problem = SigningKeyError::Signature;
                }
                Ok(is_right)
            }
            Err(TpmError::Command(CommandError {
                cause: CommandCause::OtherScheme | CommandCause::NotDecrypting,
                ..
            })) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn sign_once(&self, scheme: Scheme, pads: bool, message: &[u8]) -> Result<Vec<u8>, TpmError> {
        let hashed = digest(hash(scheme), message);
        let length = match self.key.kind() {
            TpmKeyKind::Rsa { bits } if pads => usize::from(bits / 8),
            _ => return self.tpm.lock().sign_digest(&self.key, scheme, hashed.as_ref()),
        };
        let block = pss::encode(scheme, hashed.as_ref(), length).map_err(|_| SigningKeyError::NoRandomness)?;
        self.tpm.lock().decrypt_raw(&self.key, &block)
    }

    fn sign_and_verify(&self, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, TpmError> {
        let pads = self.pads && matches!(scheme, Scheme::RsaPssSha256 | Scheme::RsaPssSha384 | Scheme::RsaPssSha512);
        let signature = self.sign_once(scheme, pads, message)?;
        if self.verifies(scheme, message, &signature) {
            return Ok(signature);
        }
        // After a reset of the TPM, the handle may be that of another program's key.
        self.tpm.lock().reload_key(&self.key)?;
        let signature = self.sign_once(scheme, pads, message)?;
        if self.verifies(scheme, message, &signature) { Ok(signature) } else { Err(SigningKeyError::Signature.into()) }
    }

    fn verifies(&self, scheme: Scheme, message: &[u8], signature: &[u8]) -> bool {
        verifies(scheme, self.key.bare_public_key(), message, signature)
    }
}

impl<T: Transport + Send> PrivateKey for TpmKey<T> {
    fn public_key(&self) -> &[u8] {
        self.key.public_key()
    }

    fn schemes(&self) -> &[Scheme] {
        &self.schemes
    }

    fn sign(&self, scheme: Scheme, message: &[u8]) -> Result<Vec<u8>, PrivateKeyError> {
        if !self.schemes.contains(&scheme) {
            let kind = self.key.kind();
            let text = format!("the key ({kind}) in the TPM does not sign with {scheme}; use one of its own schemes");
            return Err(PrivateKeyError::permanent(text));
        }
        self.sign_and_verify(scheme, message).map_err(failed)
    }

    fn verifies_signatures(&self) -> bool {
        true
    }
}

/// The error of a signature. What another program uses now may be free later.
fn failed(error: TpmError) -> PrivateKeyError {
    let text = format!("the key in the TPM did not sign: {error}");
    let is_full = matches!(
        error,
        TpmError::Command(CommandError { cause: CommandCause::ObjectMemory { .. } | CommandCause::SessionMemory, .. })
    );
    let is_without_random = matches!(error, TpmError::SigningKey(SigningKeyError::NoRandomness));
    // For a connection that is opened again.
    let is_away = matches!(&error, TpmError::Access(AccessError { problem, .. }) if problem.is_temporary());
    if error.is_retryable() || is_full || is_without_random || is_away {
        PrivateKeyError::temporary(text).with_source(error)
    } else {
        PrivateKeyError::permanent(text).with_source(error)
    }
}

impl<T: Transport> Drop for TpmKey<T> {
    /// Flushes the key. A failure cannot be reported here; the TPM's client flushes again what it still has.
    fn drop(&mut self) {
        let _ = self.tpm.lock().close_key(&self.key);
    }
}

impl<T: Transport> fmt::Debug for TpmKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.key)
    }
}
