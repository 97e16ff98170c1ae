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
