use super::{
    command::Auth,
    handles::{Handles, is_transient},
    key::{Key, Loaded},
    rejection::is_done,
    transport::Transport,
};
use crate::{
    base::secret::SecretBytes,
    error::{Hierarchy, KeyRole, TpmError},
};
use alloc::vec::Vec;
use core::fmt;

/// The longest password of a hierarchy or of a key, in bytes: the largest digest.
pub(super) const PASSWORD_LIMIT: usize = 64;

/// A TPM 2.0 that imports the keys of the provisioning service and signs with them, and signs TLS handshakes.
///
/// It flushes what it loads: sessions and unfinished keys at the end of each call, a registration key after its
/// signature, a key for TLS when its room is required, everything else by [`close`](Self::close) or when it is dropped.
pub struct TpmClient<T: Transport> {
    pub(super) transport: T,
    handles: Handles,
    owner: SecretBytes,
    endorsement_hierarchy: SecretBytes,
    endorsement: Option<Key>,
    storage: Option<Key>,
    /// The key of one registration, until it has signed.
    pub(super) registration: Option<u32>,
    /// The keys for TLS that were opened from files.
    pub(super) signing: Vec<Loaded>,
    /// Sessions and objects of the current call.
    pub(super) work: Vec<u32>,
}

impl<T: Transport> TpmClient<T> {
    /// A client of the TPM behind a transport. Nothing is sent yet.
    pub fn new(transport: T) -> Self {
        Self {
            transport,
            handles: Handles::default(),
            owner: SecretBytes::zeros(0),
            endorsement_hierarchy: SecretBytes::zeros(0),
            endorsement: None,
            storage: None,
            registration: None,
            signing: Vec::new(),
            work: Vec::new(),
        }
    }

    /// Sets the persistent handles of the keys.
    ///
    /// # Errors
    /// Those of [`Handles::check`].
    pub fn set_handles(&mut self, handles: Handles) -> Result<(), TpmError> {
        handles.check()?;
        self.forget_keys();
        self.handles = handles;
        Ok(())
    }

    /// The persistent handles of the keys.
    #[must_use]
    pub const fn handles(&self) -> Handles {
        self.handles
    }

    /// Sets the password of a hierarchy. Zero bytes at its end make no difference to a TPM. The copy that is kept is wiped
    /// when dropped.
    ///
    /// # Errors
    /// [`TpmError::PasswordTooLong`] if it is longer than 64 bytes.
    pub fn set_password(&mut self, hierarchy: Hierarchy, password: &[u8]) -> Result<(), TpmError> {
        if password.len() > PASSWORD_LIMIT {
            return Err(TpmError::PasswordTooLong { limit: PASSWORD_LIMIT });
        }
        let kept = match hierarchy {
            Hierarchy::Owner => &mut self.owner,
            Hierarchy::Endorsement => &mut self.endorsement_hierarchy,
        };
        *kept = SecretBytes::copy_of(password);
        Ok(())
    }

    fn password_bytes(&self, hierarchy: Hierarchy) -> &[u8] {
        match hierarchy {
            Hierarchy::Owner => self.owner.expose(),
            Hierarchy::Endorsement => self.endorsement_hierarchy.expose(),
        }
    }

    pub(super) fn password(&self, hierarchy: Hierarchy) -> Auth<'_> {
        Auth::Password(self.password_bytes(hierarchy))
    }

    /// Whether a password was given for a hierarchy.
    pub(super) fn has_password(&self, hierarchy: Hierarchy) -> bool {
        !self.password_bytes(hierarchy).is_empty()
    }

    /// Flushes what is still loaded, and reports whether that failed. Dropping flushes too, without a report.
    ///
    /// # Errors
    /// When the TPM rejects it or cannot be accessed.
    pub fn close(mut self) -> Result<(), TpmError> {
        self.flush_all()
    }

    fn flush_all(&mut self) -> Result<(), TpmError> {
        let mut result = Ok(());
        let primary = [self.endorsement.take(), self.storage.take()];
        self.work.extend(primary.into_iter().flatten().filter_map(|key| key.handle).filter(|h| is_transient(*h)));
        self.work.extend(self.registration.take());
        self.work.extend(self.signing.iter_mut().filter_map(|key| key.handle.take()));
        for handle in core::mem::take(&mut self.work).into_iter().rev() {
            result = result.and(self.flush(handle));
        }
        result
    }

    /// Ends a call: flushes what it loaded. If the TPM is busy or cannot be accessed, the next call tries again. An object
    /// that the TPM no longer has needs no flush.
    pub(super) fn clear_away(&mut self) {
        for handle in core::mem::take(&mut self.work).into_iter().rev() {
            match self.flush(handle) {
                Ok(()) => {}
                Err(TpmError::Command(error)) if !error.code.is_retryable() => {}
                Err(_) => self.work.push(handle),
            }
        }
    }

    pub(super) const fn known(&self, role: KeyRole) -> Option<&Key> {
        match role {
            KeyRole::Endorsement => self.endorsement.as_ref(),
            _ => self.storage.as_ref(),
        }
    }

    pub(super) const fn known_mut(&mut self, role: KeyRole) -> &mut Option<Key> {
        match role {
            KeyRole::Endorsement => &mut self.endorsement,
            _ => &mut self.storage,
        }
    }

    /// Whether this client has loaded the object and still requires it.
    pub(super) fn is_in_use(&self, handle: u32) -> bool {
        let [endorsement, storage] = [&self.endorsement, &self.storage].map(|key| key.as_ref()?.handle);
        [endorsement, storage, self.registration].contains(&Some(handle))
            || self.signing.iter().any(|key| key.handle == Some(handle))
            || self.work.contains(&handle)
    }

    /// Forgets the primary keys, so that they are searched or created again. Returns whether there was one.
    pub(super) fn forget_keys(&mut self) -> bool {
        let known = [self.endorsement.take(), self.storage.take()];
        for handle in known.iter().flatten().filter_map(|key| key.handle).filter(|handle| is_transient(*handle)) {
            // If one of them is lost, the other may still be loaded.
            let _ = self.flush(handle);
        }
        known.iter().any(Option::is_some)
    }

    /// Flushes a primary key that is loaded; its public part stays known. Returns whether there was one.
    pub(super) fn let_go(&mut self, role: KeyRole) -> Result<bool, TpmError> {
        let handle = self.known_mut(role).as_mut().and_then(|key| key.handle.take_if(|handle| is_transient(*handle)));
        handle.map_or(Ok(false), |handle| is_done(self.flush(handle)))
    }
}

impl<T: Transport> Drop for TpmClient<T> {
    fn drop(&mut self) {
        // A failure cannot be reported here: `close` does that.
        let _ = self.flush_all();
    }
}

impl<T: Transport> fmt::Debug for TpmClient<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TpmClient({:x?}, ..)", self.handles)
    }
}
