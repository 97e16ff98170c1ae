//! Signatures of keys for TLS.

use super::{
    client::TpmClient,
    command::{Auth, Command, Op, Part},
    handles::is_transient,
    public_area::padded,
    response::{Reader, Response},
    signing_key::SigningKey,
    template::{NO_ALGORITHM, NULL, SHA256},
    transport::Transport,
};
use crate::{
    error::{TpmError, TpmKeyKind},
    key::{SignatureScheme, ecdsa_signature},
};
use alloc::vec::Vec;

/// `TPM_ST_HASHCHECK`, the tag of a ticket.
const TICKET: u16 = 0x8024;
/// `TPM_ALG_SHA384`, `TPM_ALG_SHA512`
const LONGER_HASHES: [u16; 2] = [0x000c, 0x000d];
/// `TPM_ALG_RSASSA`, `TPM_ALG_RSAPSS`, `TPM_ALG_ECDSA`
const RSASSA: u16 = 0x0014;
const RSAPSS: u16 = 0x0016;
const ECDSA: u16 = 0x0018;

/// The TPM's scheme and hash for a scheme of TLS.
const fn in_a_tpm(scheme: SignatureScheme) -> (u16, u16) {
    let [sha384, sha512] = LONGER_HASHES;
    match scheme {
        SignatureScheme::EcdsaP256Sha256 => (ECDSA, SHA256),
        SignatureScheme::EcdsaP384Sha384 => (ECDSA, sha384),
        SignatureScheme::RsaPkcs1Sha256 => (RSASSA, SHA256),
        SignatureScheme::RsaPkcs1Sha384 => (RSASSA, sha384),
        SignatureScheme::RsaPkcs1Sha512 => (RSASSA, sha512),
        SignatureScheme::RsaPssSha256 => (RSAPSS, SHA256),
        SignatureScheme::RsaPssSha384 => (RSAPSS, sha384),
        SignatureScheme::RsaPssSha512 => (RSAPSS, sha512),
    }
}

impl SigningKey {
    /// The schemes of TLS that the kind of key, and a scheme of its own, leave: the preferred one first. Whether the TPM makes
    /// them as TLS requires it is another question.
    #[must_use]
    pub fn possible_schemes(&self) -> Vec<SignatureScheme> {
        let all: &[SignatureScheme] = match self.area.kind {
            TpmKeyKind::P256 => &[SignatureScheme::EcdsaP256Sha256],
            TpmKeyKind::P384 => &[SignatureScheme::EcdsaP384Sha384],
            TpmKeyKind::Rsa { .. } => &[
                SignatureScheme::RsaPssSha256,
                SignatureScheme::RsaPssSha384,
                SignatureScheme::RsaPssSha512,
                SignatureScheme::RsaPkcs1Sha256,
                SignatureScheme::RsaPkcs1Sha384,
                SignatureScheme::RsaPkcs1Sha512,
            ],
        };
        let fits = |scheme: &&SignatureScheme| self.area.scheme.is_none_or(|own| own == in_a_tpm(**scheme));
        all.iter().filter(fits).copied().collect()
    }
}

impl<T: Transport> TpmClient<T> {
    /// Signs a digest, which has the length of the scheme's hash. The signature has the form of TLS: `ECDSA-Sig-Value` in DER,
    /// or the bytes of an RSA signature.
    ///
    /// A key that another program has flushed is loaded again, once.
    ///
    /// # Errors
    /// When the password is wrong, when the TPM rejects a command or cannot be accessed.
    pub fn sign_digest(
        &mut self,
        key: &SigningKey,
        scheme: SignatureScheme,
        digest: &[u8],
    ) -> Result<Vec<u8>, TpmError> {
        let (algorithm, hash) = in_a_tpm(scheme);
        // Not a digest of the TPM's own: a ticket without content.
        let ticket = [Part::Short(TICKET), Part::Word(NULL), Part::Short(0)];
        let [tag, hierarchy, content] = ticket;
        let parameters = [Part::Sized(digest), Part::Short(algorithm), Part::Short(hash), tag, hierarchy, content];
        let response = self.run_with_key(key, Op::Sign, &parameters)?;
        response.read(|reader| {
            if (reader.short()?, reader.short()?) != (algorithm, hash) {
                return Err(super::response::Malformed);
            }
            if algorithm == ECDSA {
                // Leading zeros are there or not: it depends on the TPM.
                let (r, s) = (reader.sized()?, reader.sized()?);
                return Ok(ecdsa_signature(r, s));
            }
            padded(reader.sized()?, modulus(key))
        })
    }

    /// The private operation of an RSA key on a block of its length, which is padded for a signature already. The key has to
    /// [decrypt](SigningKey::decrypts).
    ///
    /// # Errors
    /// Those of [`sign_digest`](Self::sign_digest).
    pub fn decrypt_raw(&mut self, key: &SigningKey, block: &[u8]) -> Result<Vec<u8>, TpmError> {
        // Without a padding of the TPM's, and without a label.
        let parameters = [Part::Sized(block), Part::Short(NO_ALGORITHM), Part::Sized(&[])];
        let response = self.run_with_key(key, Op::RsaDecrypt, &parameters)?;
        response.read(|reader: &mut Reader<'_>| padded(reader.sized()?, modulus(key)))
    }

    fn run_with_key(&mut self, key: &SigningKey, op: Op, parameters: &[Part<'_>]) -> Result<Response, TpmError> {
        let auths = [Auth::Password(key.password.expose())];
        let handle = self.signing_handle(key)?;
        match self.run_sparing(&Command::new(op, &[handle], &auths, parameters)) {
            Err(TpmError::Command(error)) if is_transient(handle) && error.code.is_of_a_lost_object() => {
                // It is flushed nevertheless: another layer may have lost it, and not the TPM.
                let lost = self.forget_handle(key);
                self.work.extend(lost);
                let handle = self.signing_handle(key)?;
                self.run_sparing(&Command::new(op, &[handle], &auths, parameters))
            }
            result => result,
        }
    }
}

/// The length of a key's RSA signatures, in bytes.
const fn modulus(key: &SigningKey) -> usize {
    match key.area.kind {
        TpmKeyKind::Rsa { bits } => bits as usize / 8,
        _ => 0,
    }
}
