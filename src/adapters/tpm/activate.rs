use super::{
    blob::Fields,
    client::TpmClient,
    command::{Auth, Command, Op, Part},
    template::{ENDORSEMENT, NO_ALGORITHM, NULL, SHA256, aes_cfb},
    transport::Transport,
};
use crate::{
    base::secret::SecretBytes,
    error::{Hierarchy, KeyRole, TpmError},
    key::{ActivationBlob, KeyUse},
};
use alloc::{boxed::Box, vec::Vec};

/// The nonce of the session. The session is used for a policy only: no HMAC or encryption key is derived from the nonce,
/// so that it may repeat. A TPM requires at least 16 bytes.
const NONCE: [u8; 16] = [0; 16];
/// `TPM_SE_POLICY`
const POLICY: u8 = 1;
/// The possible lengths of the key that the credential holds, in bytes.
const AES_KEYS: [usize; 3] = [16, 24, 32];

impl<T: Transport> TpmClient<T> {
    /// See [`Tpm::activate`](super::Tpm::activate).
    pub(super) fn import_blob(&mut self, blob: &ActivationBlob) -> Result<(), TpmError> {
        let fields = Fields::of(blob)?;
        let replaces = match blob.key_use() {
            KeyUse::Hub => self.has_identity_key()?,
            KeyUse::Registration => {
                self.work.extend(self.registration.take());
                self.clear_away();
                false
            }
        };
        let storage = self.loaded(KeyRole::StorageRoot)?;
        let inner_key = self.activate_credential(storage, &fields)?;
        let private = self.import(storage, &inner_key, &fields)?;
        let key = self.load(storage, &private, fields.public)?;
        match blob.key_use() {
            KeyUse::Hub => self.replace_identity(key, replaces),
            KeyUse::Registration => {
                self.work.retain(|handle| *handle != key);
                self.registration = Some(key);
                Ok(())
            }
        }
    }

    /// The key in the credential, which only the endorsement key of this TPM decrypts.
    fn activate_credential(&mut self, storage: u32, fields: &Fields<'_>) -> Result<SecretBytes, TpmError> {
        let endorsement = self.loaded(KeyRole::Endorsement)?;
        let session = self.start_session()?;
        let auth = self.password(Hierarchy::Endorsement);
        // Without a nonce, a command's hash, a reference, and an expiration.
        let policy = [Part::Sized(&[]), Part::Sized(&[]), Part::Sized(&[]), Part::Word(0)];
        let command = Command::new(Op::PolicySecret, &[ENDORSEMENT, session], &[auth], &policy);
        self.run(&command)?.read(|reader| {
            reader.sized()?;
            reader.take(6)?;
            reader.sized()
        })?;
        let auths = [Auth::Password(&[]), Auth::Policy(session)];
        let parameters = [Part::Bytes(fields.credential), Part::Bytes(fields.credential_seed)];
        let command = Command::new(Op::ActivateCredential, &[storage, endorsement], &auths, &parameters);
        let response = self.run(&command)?;
        // The TPM has ended the session.
        self.work.retain(|handle| *handle != session);
        let key = response.read(super::response::Reader::sized)?;
        if !AES_KEYS.contains(&key.len()) {
            return Err(TpmError::Answer { command: Op::ActivateCredential.name() });
        }
        Ok(SecretBytes::copy_of(key))
    }

    fn start_session(&mut self) -> Result<u32, TpmError> {
        let parameters =
            [Part::Sized(&NONCE), Part::Sized(&[]), Part::Byte(POLICY), Part::Short(NO_ALGORITHM), Part::Short(SHA256)];
        let response = self.run(&Command::new(Op::StartAuthSession, &[NULL, NULL], &[], &parameters))?;
        let session = response.handle()?;
        self.work.push(session);
        response.read(super::response::Reader::sized)?;
        Ok(session)
    }

    /// From the duplicate to a private key that only this storage root key decrypts.
    fn import(&mut self, storage: u32, inner_key: &SecretBytes, fields: &Fields<'_>) -> Result<Vec<u8>, TpmError> {
        let bits = u16::try_from(inner_key.expose().len() * 8).unwrap_or(u16::MAX);
        let [algorithm, bits, mode] = aes_cfb(bits);
        let parameters = [
            Part::Sized(inner_key.expose()),
            Part::Bytes(fields.public),
            Part::Bytes(fields.duplicate),
            Part::Bytes(fields.duplicate_seed),
            algorithm,
            bits,
            mode,
        ];
        let command = Command::new(Op::Import, &[storage], &[Auth::Password(&[])], &parameters);
        self.run(&command)?.read(|reader| reader.whole().map(Vec::from))
    }

    /// Loads a key below its parent: its complete `TPM2B_PRIVATE` and `TPM2B_PUBLIC`.
    pub(super) fn load(&mut self, parent: u32, private: &[u8], public: &[u8]) -> Result<u32, TpmError> {
        let parameters = [Part::Bytes(private), Part::Bytes(public)];
        let response = self.run(&Command::new(Op::Load, &[parent], &[Auth::Password(&[])], &parameters))?;
        let key = response.handle()?;
        self.work.push(key);
        response.read(super::response::Reader::sized)?;
        Ok(key)
    }

    /// Replaces the old key, which has to be removed first: a TPM does not overwrite a persistent key. The new one is loaded
    /// by then.
    fn replace_identity(&mut self, key: u32, replaces: bool) -> Result<(), TpmError> {
        let identity = self.handles().identity;
        if !replaces {
            return self.evict(key, identity);
        }
        let lost = |error| TpmError::IdentityLost { error: Box::new(error) };
        self.evict(identity, identity).map_err(|error| match error {
            // Rejected: the old key is still there.
            TpmError::Command(_) => error,
            error => lost(error),
        })?;
        self.evict(key, identity).map_err(lost)
    }
}
