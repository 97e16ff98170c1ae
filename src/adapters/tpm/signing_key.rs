use super::{
    client::{PASSWORD_LIMIT, TpmClient},
    handles::is_transient,
    key::Loaded,
    key_file::KeyFile,
    parent::Parent,
    public_area::PublicArea,
    rejection,
    transport::Transport,
};
use crate::{
    base::secret::SecretBytes,
    error::{CommandCause, CommandError, ResponseCode, SigningKeyError, TpmError, TpmKeyKind},
};
use alloc::vec::Vec;
use core::fmt;

/// A key of a TPM that signs TLS handshakes and certificate requests: one from a file, or one at a persistent handle.
///
/// It is opened by [`TpmClient::open_key`] and [`TpmClient::open_key_at`], and used with the same client.
pub struct SigningKey {
    pub(super) place: SigningKeyPlace,
    /// The complete `TPM2B_PUBLIC`.
    pub(super) public: Vec<u8>,
    pub(super) area: PublicArea,
    pub(super) password: SecretBytes,
}

/// Where a key is.
pub(super) enum SigningKeyPlace {
    /// In its file, from which it is loaded when it is used.
    File { parent: Parent, private: Vec<u8> },
    /// At a persistent handle.
    Persistent(u32),
}

impl SigningKey {
    /// The kind of the key.
    #[must_use]
    pub const fn kind(&self) -> TpmKeyKind {
        self.area.kind
    }

    /// The public key: a `SubjectPublicKeyInfo` in DER.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        self.area.key.as_der()
    }

    /// The public key alone: an uncompressed point, or an `RSAPublicKey` in DER.
    #[must_use]
    pub fn bare_public_key(&self) -> &[u8] {
        &self.area.bare
    }

    /// The persistent handle, if the key is at one.
    #[must_use]
    pub const fn persistent_handle(&self) -> Option<u32> {
        match self.place {
            SigningKeyPlace::Persistent(handle) => Some(handle),
            SigningKeyPlace::File { .. } => None,
        }
    }

    /// Whether the key also decrypts and has no scheme of its own, so that [`TpmClient::decrypt_raw`] works with it.
    #[must_use]
    pub fn decrypts(&self) -> bool {
        matches!(self.area.kind, TpmKeyKind::Rsa { .. })
            && self.area.attributes.decrypts()
            && self.area.scheme.is_none()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            SigningKeyPlace::File { parent, .. } => {
                write!(f, "the key ({}) of a file, below {:#010x} in the TPM", self.area.kind, parent.handle())
            }
            SigningKeyPlace::Persistent(handle) => {
                write!(f, "the key ({}) at {handle:#010x} in the TPM", self.area.kind)
            }
        }
    }
}

impl<T: Transport> TpmClient<T> {
    /// Opens the key of a file and loads it. `None` as the password is for a key without one.
    ///
    /// # Errors
    /// When the key cannot sign ([`TpmError::SigningKey`]), when it was made by another TPM or below another parent, when
    /// the TPM rejects a command or cannot be accessed. A wrong password is reported by the first signature.
    pub fn open_key(&mut self, file: &KeyFile, password: Option<&[u8]>) -> Result<SigningKey, TpmError> {
        let attributes = file.area.attributes;
        attributes.check()?;
        if password.is_none() && file.has_empty_auth == Some(false) && !attributes.no_da() {
            return Err(SigningKeyError::PasswordUnknown.into());
        }
        let key = SigningKey {
            place: SigningKeyPlace::File { parent: file.parent, private: file.private.clone() },
            public: file.public.clone(),
            area: file.area.clone(),
            password: checked(password.unwrap_or_default())?,
        };
        self.signing_handle(&key)?;
        Ok(key)
    }

    /// Opens the key at a persistent handle. `None` as the password is for a key without one.
    ///
    /// # Errors
    /// When there is no key or one that cannot sign, when the TPM rejects a command or cannot be accessed. A wrong password
    /// is reported by the first signature.
    pub fn open_key_at(&mut self, handle: u32, password: Option<&[u8]>) -> Result<SigningKey, TpmError> {
        if !matches!(Parent::of(handle), Ok(Parent::Persistent(_))) {
            return Err(TpmError::Handle { handle });
        }
        let password = checked(password.unwrap_or_default())?;
        let absent = CommandError {
            command: "ReadPublic",
            code: ResponseCode::NO_OBJECT,
            cause: CommandCause::NoSigningKey { handle },
        };
        let public = self.read_public(handle, Self::run_sparing)?.ok_or(absent)?;
        let area = PublicArea::read(&public)?;
        area.attributes.check()?;
        Ok(SigningKey { place: SigningKeyPlace::Persistent(handle), public, area, password })
    }

    /// Flushes a key that was loaded from its file. It is loaded again when it is used.
    ///
    /// # Errors
    /// When the TPM cannot be accessed.
    pub fn close_key(&mut self, key: &SigningKey) -> Result<(), TpmError> {
        let found = self.signing.iter().position(|loaded| loaded.public == key.public);
        let Some(handle) = found.and_then(|at| self.signing.swap_remove(at).handle) else { return Ok(()) };
        rejection::is_done(self.flush(handle)).map(drop)
    }

    /// Loads a key from its file again: its handle may hold another object since, which is not flushed.
    ///
    /// # Errors
    /// Those of [`open_key`](Self::open_key).
    pub fn reload_key(&mut self, key: &SigningKey) -> Result<(), TpmError> {
        let Some(handle) = self.forget_handle(key) else { return Ok(()) };
        let found = match self.read_public(handle, Self::ask) {
            Err(TpmError::Command(_)) => None,
            found => found?,
        };
        if found.is_some_and(|public| public == key.public) {
            rejection::is_done(self.flush(handle))?;
        }
        self.signing_handle(key).map(drop)
    }

    /// The handle of a key, which is loaded if necessary.
    pub(super) fn signing_handle(&mut self, key: &SigningKey) -> Result<u32, TpmError> {
        let (parent, private) = match &key.place {
            SigningKeyPlace::Persistent(handle) => return Ok(*handle),
            SigningKeyPlace::File { parent, private } => (*parent, private),
        };
        match self.signing.iter().find(|loaded| loaded.public == key.public) {
            Some(Loaded { handle: Some(handle), .. }) => return Ok(*handle),
            Some(_) => {}
            // Before it is loaded, so that what a killed process left of it is recognised.
            None => self.signing.push(Loaded { public: key.public.clone(), handle: None }),
        }
        let loaded = self.load_below(parent, private, &key.public);
        if let Ok(handle) = loaded {
            self.work.retain(|other| *other != handle);
            let known = self.signing.iter_mut().find(|loaded| loaded.public == key.public);
            if let Some(known) = known {
                known.handle = Some(handle);
            }
        }
        self.clear_away();
        loaded
    }

    /// Loads a key from its file. It is flushed with the rest of the call's work.
    pub(super) fn load_below(&mut self, parent: Parent, private: &[u8], public: &[u8]) -> Result<u32, TpmError> {
        let handle = self.parent(parent)?;
        self.load(handle, private, public).map_err(|error| rejection::of_a_key_file(error, handle))
    }

    /// Forgets where a key is loaded.
    pub(super) fn forget_handle(&mut self, key: &SigningKey) -> Option<u32> {
        self.signing.iter_mut().find(|loaded| loaded.public == key.public)?.handle.take()
    }

    /// Whether an object is a key of this client's files: by its public area.
    pub(super) fn is_signing_key(&self, public: &[u8]) -> bool {
        self.signing.iter().any(|loaded| loaded.public == public)
    }

    /// Flushes the keys of files that are not among these handles; they are loaded again when they are used. Returns how
    /// many those were.
    pub(super) fn let_signing_keys_go(&mut self, needed: &[u32]) -> Result<usize, TpmError> {
        let spare = |handle: &mut u32| is_transient(*handle) && !needed.contains(handle);
        let handles: Vec<u32> = self.signing.iter_mut().filter_map(|loaded| loaded.handle.take_if(spare)).collect();
        let mut flushed = 0;
        for handle in handles {
            flushed += usize::from(rejection::is_done(self.flush(handle))?);
        }
        Ok(flushed)
    }
}

fn checked(password: &[u8]) -> Result<SecretBytes, TpmError> {
    if password.len() > PASSWORD_LIMIT {
        return Err(TpmError::PasswordTooLong { limit: PASSWORD_LIMIT });
    }
    Ok(SecretBytes::copy_of(password))
}
