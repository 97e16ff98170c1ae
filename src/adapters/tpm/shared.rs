use super::{Tpm, client::TpmClient, transport::Transport};
use crate::{
    error::TpmError,
    key::{ActivationBlob, KeyUse, Signature},
};
use alloc::vec::Vec;
use core::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A TPM that several parts of a program use at once: a registration, and the handshakes of a certificate whose key is in the
/// same TPM. Copies of it are the same TPM; each operation has the TPM for itself until it ends.
pub struct SharedTpm<T: Transport>(Arc<Mutex<TpmClient<T>>>);

impl<T: Transport> SharedTpm<T> {
    /// Shares a client.
    #[must_use]
    pub fn new(client: TpmClient<T>) -> Self {
        Self(Arc::new(Mutex::new(client)))
    }

    /// The client, as soon as no other operation has it. It flushes what it loads, so that it can be used after a panic of
    /// another thread too.
    pub fn lock(&self) -> MutexGuard<'_, TpmClient<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: Transport> Clone for SharedTpm<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: Transport> fmt::Debug for SharedTpm<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not what is locked: an operation may last minutes.
        f.write_str("SharedTpm(..)")
    }
}

impl<T: Transport> Tpm for SharedTpm<T> {
    fn endorsement_key(&mut self) -> Result<Vec<u8>, TpmError> {
        self.lock().endorsement_key()
    }

    fn storage_root_key(&mut self) -> Result<Vec<u8>, TpmError> {
        self.lock().storage_root_key()
    }

    fn activate(&mut self, blob: &ActivationBlob) -> Result<(), TpmError> {
        self.lock().activate(blob)
    }

    fn sign(&mut self, key_use: KeyUse, data: &[u8]) -> Result<Signature, TpmError> {
        self.lock().sign(key_use, data)
    }
}
