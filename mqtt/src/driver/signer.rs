#[cfg(feature = "local-signer")]
use defender_auth::local_signer::Client;
use defender_auth::{
    Error,
    key::{ActivationBlob, KeyUse, Signature},
    sas::StringToSign,
};

/// Holds a key that is not in memory: a TPM, another process, a hardware module.
pub trait Signer: Send {
    /// HMAC-SHA256 of the string's bytes by that key.
    ///
    /// # Errors
    /// When the key cannot sign. The session then tries its next credential.
    fn sign(&mut self, key: KeyUse, string_to_sign: &StringToSign) -> Result<Signature, Error>;

    /// Loads a key that the provisioning service has sent for a TPM. Unless implemented, it is not supported.
    ///
    /// # Errors
    /// When it cannot be loaded. The registration fails.
    fn activate(&mut self, blob: &ActivationBlob) -> Result<(), Error> {
        let _ = blob;
        Err(Error::NotSupported { what: "loading a key into this signer" })
    }
}

/// A daemon of this device. For a source whose plan is [`Signer::plan`](defender_auth::local_signer::Signer::plan).
#[cfg(feature = "local-signer")]
impl Signer for defender_auth::local_signer::Signer {
    fn sign(&mut self, key: KeyUse, string_to_sign: &StringToSign) -> Result<Signature, Error> {
        Self::sign(self, key, string_to_sign)
    }
}

/// The workload API of IoT Edge.
#[cfg(feature = "local-signer")]
impl Signer for defender_auth::workload::Workload {
    fn sign(&mut self, key: KeyUse, string_to_sign: &StringToSign) -> Result<Signature, Error> {
        for_hub(key)?;
        Client::default().run(|now, limit| Self::sign(self, string_to_sign, now, limit))
    }
}

/// The identity service of a host, which is asked for the identity and its key for each signature. Unlike a signer that was
/// made of it, it can be had before its daemons run.
#[cfg(feature = "local-signer")]
impl Signer for defender_auth::identity_service::IdentityService {
    fn sign(&mut self, key: KeyUse, string_to_sign: &StringToSign) -> Result<Signature, Error> {
        for_hub(key)?;
        Client::default().run(|now, limit| Self::sign(self, None, string_to_sign, now, limit)).map(|it| it.signature)
    }
}

#[cfg(feature = "local-signer")]
fn for_hub(key: KeyUse) -> Result<(), Error> {
    match key {
        KeyUse::Hub => Ok(()),
        KeyUse::Registration => Err(Error::NotSupported { what: "a registration that a daemon of this device signs" }),
    }
}

/// A TPM as a signer.
#[cfg(feature = "tpm")]
pub struct TpmSigner<T>(pub T);

#[cfg(feature = "tpm")]
impl<T: defender_auth::tpm::Tpm + Send> Signer for TpmSigner<T> {
    fn sign(&mut self, key: KeyUse, string_to_sign: &StringToSign) -> Result<Signature, Error> {
        Ok(self.0.sign(key, string_to_sign.as_bytes())?)
    }

    fn activate(&mut self, blob: &ActivationBlob) -> Result<(), Error> {
        Ok(self.0.activate(blob)?)
    }
}
